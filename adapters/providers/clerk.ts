import type { IssuerOptions } from '../../src/index.js'
import { host, optionsOf } from './check.js'

export interface ClerkOptions {
  /** The domain of the Frontend API: `'clerk.acme.example'`, or `'acme-12.clerk.accounts.dev'` in development. */
  readonly domain: string
  /** The authorized parties: the origins of the apps that users sign in to, such as `'https://app.acme.example'`. */
  readonly clients: readonly string[]
}

/**
 * Session tokens of Clerk, version 2. The one scope is the role of the user in the active organization (`o.rol`).
 * @example issuers: [clerk({ domain: 'clerk.acme.example', clients: ['https://app.acme.example'] })]
 */
export function clerk(options: ClerkOptions): IssuerOptions {
  const { domain, clients } = optionsOf(options, 'clerk', ['domain', 'clients'])
  const example = "clerk({ domain: 'clerk.acme.example', clients: ['https://app.acme.example'] })"
  const issuer = `https://${host(domain, 'clerk', example)}`
  return {
    ...{ issuer, audience: false, clients, jwksUri: `${issuer}/.well-known/jwks.json` },
    ...{ algorithms: ['RS256'], profile: 'any', claims: { v: 2, sts: 'active' }, scopes: 'o.rol' },
  }
}
