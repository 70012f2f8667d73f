import type { IssuerOptions } from '../../src/index.js'
import { optionsOf } from './check.js'

/** What a token of an OpenID provider may be signed with, as far as its keys are public. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const

export interface OidcOptions {
  /** The exact value of `iss`, including any trailing slash. The gate finds the keys from it. */
  readonly issuer: string
  /** What this API is called in `aud`. Not the id of a client: ID tokens would be accepted. */
  readonly audience: string | readonly string[]
}

/**
 * Access tokens of any OpenID provider that signs them as JWTs.
 * @example issuers: [oidc({ issuer: 'https://login.example.com', audience: 'https://api.example.com' })]
 */
export function oidc(options: OidcOptions): IssuerOptions {
  const { issuer, audience } = optionsOf(options, 'oidc', ['issuer', 'audience'])
  return { issuer, audience, algorithms: ALGORITHMS, profile: 'any' }
}
