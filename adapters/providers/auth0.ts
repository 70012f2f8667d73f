import type { IssuerOptions } from '../../src/index.js'
import { host, optionsOf } from './check.js'

export interface Auth0Options {
  /** The tenant's domain, or a custom one: `'acme.eu.auth0.com'`. */
  readonly domain: string
  /** The identifier of the API in Auth0. */
  readonly audience: string | readonly string[]
}

/**
 * Access tokens of Auth0, of both dialects. Scopes are those of `scope` and, with RBAC, of `permissions`.
 * @example issuers: [auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.acme.example' })]
 */
export function auth0(options: Auth0Options): IssuerOptions {
  const { domain, audience } = optionsOf(options, 'auth0', ['domain', 'audience'])
  const issuer = `https://${host(domain, 'auth0', "auth0({ domain: 'acme.eu.auth0.com', audience })")}/`
  return {
    ...{ issuer, audience, jwksUri: `${issuer}.well-known/jwks.json` },
    ...{ algorithms: ['RS256'], profile: 'any', scopes: ['scope', 'permissions'] },
  }
}
