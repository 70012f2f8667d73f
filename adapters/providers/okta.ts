import type { IssuerOptions } from '../../src/index.js'
import { host, optionsOf, segment } from './check.js'

export interface OktaOptions {
  /** The domain of the organization, or a custom one: `'acme.okta.com'`. */
  readonly domain: string
  /** The audience of the authorization server. */
  readonly audience: string | readonly string[]
  /** The id of the custom authorization server. Default `'default'`. */
  readonly server?: string
}

/**
 * Access tokens of a custom authorization server of Okta; those of the organization's own server are for Okta alone. Scopes are those of `scp`.
 * @example issuers: [okta({ domain: 'acme.okta.com', audience: 'https://api.acme.example' })]
 */
export function okta(options: OktaOptions): IssuerOptions {
  const {
    domain,
    audience,
    server = 'default',
  } = optionsOf(options, 'okta', ['domain', 'audience', 'server'])
  const example = "okta({ domain: 'acme.okta.com', server: 'default', audience })"
  const issuer = `https://${host(domain, 'okta', example)}/oauth2/${segment(server, "okta: 'server'", example)}`
  return {
    ...{ issuer, audience, jwksUri: `${issuer}/v1/keys` },
    ...{ algorithms: ['RS256'], profile: 'any', clients: 'named', scopes: 'scp' },
  }
}
