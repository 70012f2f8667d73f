import { isRefusal, Refusal } from '../core/denial.js'
import { refuse, unproven, type Finding } from '../core/refuse.js'
import { PUBLIC_ALGORITHMS } from '../jwt/algorithms.js'
import { BOUNDS } from '../jwt/bounds.js'
import { readClaims } from '../jwt/claims.js'
import { readShape } from '../jwt/parse.js'
import { proveToken } from '../jwt/verify.js'
import { fingerprint } from '../keys/digest.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { ReplayStore } from './replay-store.js'
import { isAccountId, keysOf, type ServiceAccount } from './service-accounts.js'

/** From `iat` to `exp`; without `iat`, from now. */
const MAX_ASSERTION_MS = 300_000
const TOLERANCE_MS = 30_000
/** The id of an assertion is kept until it has ended. */
const ASSERTION_BOUNDS = { ...BOUNDS, id: 256 }

/** An access token is of another type, and none of these (RFC 8725 section 3.12). */
const TYPES: readonly (string | undefined)[] = ['jwt', 'application/jwt', undefined]

export interface AssertionContext<A extends ServiceAccount> {
  /** Whom an assertion is for: the gate, as it is called in its tokens. */
  readonly issuer: string
  readonly find: (id: string) => MaybePromise<A | undefined>
  /** Asked before an account is looked for whose id may be a guess. */
  readonly refuseGuess: (id: string) => Refusal | undefined
  readonly replays: ReplayStore
  /** Ids that were presented again after their use. */
  readonly spent: Pick<Map<string, true>, 'has'> & {
    readonly set: (id: string, value: true) => unknown
  }
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** An assertion that is good by itself. */
export interface Proven<A extends ServiceAccount> {
  readonly account: A
  /** Uses up its id: a refusal where that was done before. Of several calls at the same time, one succeeds. */
  readonly use: () => Promise<Refusal | undefined>
}

/**
 * Whose assertion this is (RFC 7523 section 3): signed by a key of the account, about itself, for this gate alone, and short-lived. Whoever makes a token for it must `use` it first.
 * `unknown_key` where there is no such account. What the finder and the store of used assertions throw goes through.
 */
export async function verifyAssertion<A extends ServiceAccount>(
  assertion: string,
  context: AssertionContext<A>,
): Promise<Proven<A> | Refusal> {
  const { issuer, find, replays, spent } = context
  const shape = readShape(assertion)
  if (isRefusal(shape)) return shape
  const { header, claims } = shape
  const { iss: id } = claims
  if (!isAccountId(id)) return refuseClaimed('iss', 'the id of a service account', id)
  if (!TYPES.includes(header.typ?.toLowerCase())) return refuseClaimed('typ', TYPES, header.typ)
  if (!PUBLIC_ALGORITHMS.some((algorithm) => algorithm === header.alg)) {
    return refuseClaimed('alg', PUBLIC_ALGORITHMS, header.alg)
  }
  const rules = {
    ...{ issuer: id, audience: [issuer], algorithms: PUBLIC_ALGORITHMS, profile: 'any' as const },
    ...{ toleranceMs: TOLERANCE_MS, maxLifetimeMs: MAX_ASSERTION_MS, bounds: ASSERTION_BOUNDS },
  }
  const said = readClaims(claims, rules, context.clock())
  if (isRefusal(said)) return ofAssertion(unproven(said))
  const { subject, tokenId } = said
  if (subject !== id) return refuseClaimed('sub', [id], subject)
  if (tokenId === undefined) return refuseClaimed('jti', 'a text', undefined)
  if (!isForOne(claims['aud'])) return refuseClaimed('aud', [issuer], claims['aud'])
  // Nobody is asked about what could not be good whoever has signed it.
  const refused = context.refuseGuess(id)
  if (refused !== undefined) return refused
  const account = await find(id)
  if (account === undefined) {
    const finding = {
      check: 'account',
      expected: 'a service account of this gate',
      got: id,
    } as const
    return refuse('unknown_key', { ...finding, isUnproven: true })
  }
  const proven = await proveToken(assertion, shape, rules, keysOf(account.jwks), context)
  if (isRefusal(proven)) return ofAssertion(proven)
  const replayed = () =>
    refuse('token_invalid', {
      check: 'replay',
      expected: "a 'jti' that was not used before",
      got: tokenId,
    })
  const used = fingerprint(JSON.stringify([issuer, id, tokenId]))
  // Else, whoever has seen one that is used could use up the limits of its account with it.
  if (spent.has(used)) return replayed()
  return {
    account,
    async use() {
      const until = proven.expiresAt + TOLERANCE_MS
      const kept = { forMs: until - context.clock(), ownerId: account.ownerId }
      const isFirst = await replays.addIfAbsent(used, until, kept)
      if (isFirst) return undefined
      spent.set(used, true)
      return replayed()
    },
  }
}

/** Whose assertion it is has been written by anyone, and no option has a part in what is wrong with it. */
function ofAssertion(refusal: Refusal): Refusal {
  const { reason, diagnose } = refusal
  return new Refusal(
    reason,
    {},
    diagnose && ((presented) => ({ cause: diagnose(presented).cause })),
  )
}

function refuseClaimed(
  check: Finding['check'],
  expected: Finding['expected'],
  got: unknown,
): Refusal {
  return refuse('token_invalid', { check, expected, got, isUnproven: true })
}

/** For several, it could be presented here by one of the others. */
function isForOne(aud: unknown): boolean {
  return typeof aud === 'string' || (Array.isArray(aud) && aud.length === 1)
}
