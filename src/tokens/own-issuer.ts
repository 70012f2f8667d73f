import type { JWK } from 'jose'
import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { createIssuance, type Holder, type IssuedToken, type TokenWish } from './exchange.js'
import type { Issuer } from './issuers.js'
import {
  createOwnKeySource,
  createSigningKeys,
  SIGNING_ALGORITHMS,
  type SigningKeys,
} from './signing-keys.js'
import type { Refusal } from '../terms/denial.js'

/** How far the clocks of two instances may be apart. */
export const OWN_TOLERANCE_MS = 30_000
/** No token of a gate lives longer, whatever its options say. */
export const MAX_LIFETIME_MS = 86_400_000

/** How a gate issues tokens, as its options say it, with every default. */
export interface OwnIssuerDescription {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly lifetime: Duration
  readonly signingKeys: readonly (JWK | string)[]
}

/** A gate as the issuer of tokens. */
export interface OwnIssuer {
  /** By which rules its tokens are verified: those of any other issuer. */
  readonly rules: Issuer
  issue(holder: Holder, wish: TokenWish): Promise<IssuedToken | Refusal>
  jwks(): Promise<SigningKeys['jwks']>
}

export function createOwnIssuer(description: OwnIssuerDescription, clock: Clock): OwnIssuer {
  const { issuer, audience, lifetime, signingKeys } = description
  const load = createSigningKeys(signingKeys)
  return {
    rules: {
      ...{ issuer, audience, algorithms: SIGNING_ALGORITHMS, profile: 'rfc9068' },
      ...{ toleranceMs: OWN_TOLERANCE_MS, maxLifetimeMs: MAX_LIFETIME_MS },
      keys: createOwnKeySource(load),
    },
    issue: createIssuance({
      ...{ issuer, audience, load, clock },
      lifetimeMs: milliseconds(lifetime),
    }),
    jwks: async () => (await load()).jwks,
  }
}
