import { errors, jwtVerify } from 'jose'
import type { Clock } from '../lib/clock.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { isTyped, readClaims, requiredClaims, type TokenClaims } from './claims.js'
import type { Issuer } from './issuers.js'
import type { KeySet } from './key-set.js'
import { readShape, type TokenShape } from './shape.js'

/** A token that is what it says, and what this was found out with. */
export interface VerifiedToken {
  readonly token: TokenClaims
  readonly issuer: Issuer
  readonly keys: KeySet
}

export interface VerifyContext {
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const MALFORMED = new Refusal('token_malformed')
const INVALID = new Refusal('token_invalid')
const EXPIRED = new Refusal('token_expired')

/**
 * Verifies tokens: first how one is written, then whose it is, then its signature, then its claims. The issuer comes before its keys: a
 * key of one issuer never verifies a token of another (RFC 8725 section 3.8).
 */
export function createTokenVerifier(
  context: VerifyContext,
): (token: string) => MaybePromise<VerifiedToken | Refusal> {
  const { issuers } = context

  return (token) => {
    const shape = readShape(token)
    if (shape === undefined) return MALFORMED
    const { header, claims } = shape
    const issuer = typeof claims['iss'] === 'string' ? issuers.get(claims['iss']) : undefined
    if (issuer === undefined || !isTyped(header.typ, issuer.profile)) return INVALID
    if (!issuer.algorithms.some((algorithm) => algorithm === header.alg)) return INVALID
    return then(issuer.keys.find(header), async (keys) => {
      if (isRefusal(keys)) return keys
      const claims = await proveToken(token, shape, issuer, keys, context)
      return isRefusal(claims) ? claims : { token: claims, issuer, keys }
    })
  }
}

/** Checks the signature of a token, then its claims. */
export async function proveToken(
  token: string,
  shape: TokenShape,
  rules: Omit<Issuer, 'keys'>,
  keys: KeySet,
  { clock, onError }: Pick<VerifyContext, 'clock' | 'onError'>,
): Promise<TokenClaims | Refusal> {
  const now = clock()
  try {
    await jwtVerify(token, keys.getKey, {
      issuer: rules.issuer,
      audience: [...rules.audience],
      algorithms: [...rules.algorithms],
      clockTolerance: rules.toleranceMs / 1_000,
      currentDate: new Date(now),
      requiredClaims: requiredClaims(rules.profile),
    })
  } catch (error) {
    if (error instanceof errors.JWTExpired) return EXPIRED
    // Keys are checked before they are used: whatever else fails here is no verdict on the token, and it is not let in.
    if (!(error instanceof errors.JOSEError)) onError(error)
    return INVALID
  }
  return readClaims(shape.claims, rules, now)
}
