import { StatusError, type FetchJson } from './fetch-json.js'
import type { JsonObject } from './strict-json.js'

/**
 * Where an issuer has its keys, as it says itself: OpenID Connect Discovery 1.0 section 4, and RFC 8414 section 3 where it has not that.
 * @throws where its metadata cannot be had, or are another issuer's (RFC 8414 section 3.3)
 */
export async function discoverKeys(issuer: string, fetchJson: FetchJson): Promise<URL> {
  const metadata = await fetchJson(openIdUrl(issuer)).catch((error: unknown) => {
    if (error instanceof StatusError && error.status === 404) return fetchJson(oauthUrl(issuer))
    throw error
  })
  return keysUrl(metadata, issuer)
}

function keysUrl(metadata: JsonObject, issuer: string): URL {
  if (metadata['issuer'] !== issuer) throw new Error('the answer is the metadata of another issuer')
  const url = metadata['jwks_uri']
  if (typeof url !== 'string' || !URL.canParse(url))
    throw new Error("its metadata has no 'jwks_uri'")
  return new URL(url)
}

/** Behind the issuer's own path. */
function openIdUrl(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
}

/** Between host and path. */
function oauthUrl(issuer: string): URL {
  const { origin, pathname } = new URL(issuer)
  return new URL(`${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`)
}
