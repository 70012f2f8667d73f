import type { Clock } from '../lib/clock.js'
import { fingerprint } from '../lib/fingerprint.js'
import type { MaybePromise } from '../lib/maybe.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { PUBLIC_ALGORITHMS } from './algorithms.js'
import { readClaims } from './claims.js'
import type { ReplayStore } from './replay-store.js'
import { isAccountId, keysOf, type ServiceAccount } from './service-accounts.js'
import { readShape } from './shape.js'
import { proveToken } from './verify.js'

/** From `iat` to `exp`; without `iat`, from now. */
const MAX_ASSERTION_MS = 300_000
const TOLERANCE_MS = 30_000

/** An access token is of another type, and none of these (RFC 8725 section 3.12). */
const TYPES: readonly (string | undefined)[] = ['jwt', 'application/jwt', undefined]

const INVALID = new Refusal('token_invalid')
const UNKNOWN = new Refusal('unknown_key')

export interface AssertionContext<A extends ServiceAccount> {
  /** Whom an assertion is for: the gate, as it is called in its tokens. */
  readonly issuer: string
  readonly find: (id: string) => MaybePromise<A | undefined>
  /** Asked before an account is looked for whose id may be a guess. */
  readonly refuseGuess: (id: string) => Refusal | undefined
  readonly replays: ReplayStore
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/**
 * Whose assertion this is (RFC 7523 section 3): signed by a key of the account, about itself, for this gate alone, short-lived, and never seen before.
 * `unknown_key` where there is no such account. What the finder and the store of used assertions throw goes through.
 */
export async function verifyAssertion<A extends ServiceAccount>(
  assertion: string,
  context: AssertionContext<A>,
): Promise<A | Refusal> {
  const { issuer, find, replays } = context
  const shape = readShape(assertion)
  if (shape === undefined) return new Refusal('token_malformed')
  const { header, claims } = shape
  const { iss: id } = claims
  if (!isAccountId(id) || !TYPES.includes(header.typ?.toLowerCase())) return INVALID
  if (!PUBLIC_ALGORITHMS.some((algorithm) => algorithm === header.alg)) return INVALID
  const rules = {
    ...{ issuer: id, audience: [issuer], algorithms: PUBLIC_ALGORITHMS, profile: 'any' as const },
    ...{ toleranceMs: TOLERANCE_MS, maxLifetimeMs: MAX_ASSERTION_MS },
  }
  const said = readClaims(claims, rules, context.clock())
  if (isRefusal(said)) return said
  const { subject, tokenId } = said
  if (subject !== id || tokenId === undefined || !isForOne(claims['aud'])) return INVALID
  // Nobody is asked about what could not be good whoever has signed it.
  const refused = context.refuseGuess(id)
  if (refused !== undefined) return refused
  const account = await find(id)
  if (account === undefined) return UNKNOWN
  const proven = await proveToken(assertion, shape, rules, keysOf(account.jwks), context)
  if (isRefusal(proven)) return proven
  // Last: what is not good by itself must not use up an id.
  const used = fingerprint(JSON.stringify([issuer, id, tokenId]))
  const first = await replays.addIfAbsent(used, proven.expiresAt + TOLERANCE_MS)
  return first ? account : INVALID
}

/** For several, it could be presented here by one of the others. */
function isForOne(aud: unknown): boolean {
  return typeof aud === 'string' || (Array.isArray(aud) && aud.length === 1)
}
