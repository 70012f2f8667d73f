import type { IssuerOptions, Tenants } from '../../src/index.js'
import { optionsOf, wrong } from './check.js'

interface EntraCommon {
  /** What the API is called in `aud`: its client id in tokens of version 2, its application ID URI in those of version 1. */
  readonly audience: string | readonly string[]
  /** The version of access tokens: `requestedAccessTokenVersion` in the manifest of the API. Default 2. */
  readonly version?: 1 | 2
}

/** One tenant, or several. */
export type EntraOptions = EntraCommon &
  (
    | {
        /** The id of the tenant (directory): a GUID, not a domain. */
        readonly tenant: string
      }
    | {
        /** The ids of the tenants whose tokens are accepted, or a function that looks one up. */
        readonly tenants: Tenants
      }
  )

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
/** With continuous access evaluation, tokens live up to 28 hours. */
const MAX_LIFETIME = '29h'
const EXAMPLE = "entra({ tenant: '11111111-2222-3333-4444-555555555555', audience })"

/**
 * Access tokens of Microsoft Entra ID, of users (`scp`) and of programs (app roles, `roles`). ID tokens name no client, and are rejected.
 * @example issuers: [entra({ tenant: '11111111-2222-3333-4444-555555555555', audience: 'client id of the API' })]
 */
export function entra(given: EntraOptions): IssuerOptions {
  const options = optionsOf(given, 'entra', ['audience', 'version', 'tenant', 'tenants'])
  const { audience, version = 2 } = options
  const tenants = 'tenants' in options ? options.tenants : undefined
  const tenant = 'tenant' in options ? options.tenant : '{tenant}'
  const ids = typeof tenants === 'function' ? [] : (tenants ?? [tenant])
  if (!ids.every((id) => GUID.test(id))) {
    throw wrong('entra: a tenant must be given by its id, a GUID in lower case', EXAMPLE)
  }
  const base = `https://login.microsoftonline.com/${tenant}`
  const [issuer, jwksUri] =
    version === 1
      ? [`https://sts.windows.net/${tenant}/`, `${base}/discovery/keys`]
      : [`${base}/v2.0`, `${base}/discovery/v2.0/keys`]
  const ver = version === 1 ? '1.0' : '2.0'
  return {
    ...{ issuer, audience, jwksUri, algorithms: ['RS256'], profile: 'any', clients: 'named' },
    ...{ scopes: ['scp', 'roles'], maxLifetime: MAX_LIFETIME },
    ...(tenants === undefined ? { claims: { tid: tenant, ver } } : { claims: { ver }, tenants }),
  }
}
