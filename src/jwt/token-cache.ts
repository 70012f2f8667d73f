import { isRefusal, type Refusal } from '../core/denial.js'
import { fingerprint } from '../keys/digest.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { isVerdict } from './caller-refusals.js'
import type { TokenClaims } from './claim-rules.js'
import { SingleFlight } from '../lib/single-flight.js'
import type { VerifiedToken, VerifyToken } from './verify.js'

const TTL_MS = 300_000
const MAX_TOKENS = 20_000
/** In bytes. */
const MAX_WEIGHT = 64_000_000

interface Entry<T> extends Portion {
  readonly value: T
  readonly verified: VerifiedToken
}

/** What a token stands for. */
export interface Weighed {
  /** About how many bytes are taken by what is remembered of the token. */
  readonly weight: number
}

/** Whoever can get many tokens for itself gets them with the same subject; a client without a user has none. */
export function whoseIs({ issuer, subject, clientId }: TokenClaims): string {
  return JSON.stringify(subject === undefined ? [issuer, clientId] : [issuer, '', subject])
}

/** Tokens that were verified a short while ago. */
export interface TokenCache<T> {
  /** Answers at once for a token that is remembered; asks nobody for anything. */
  recall(token: string): T | Refusal | undefined
  /**
   * Finds out what a token stands for, and remembers it. `source`: who brings it; absent where that is not known. `anew`: whether what was answered to others, or is
   * being asked for them, is no answer.
   */
  find(token: string, source?: string, anew?: boolean): MaybePromise<T | Refusal>
  /** Whether a token was good before, whatever has become of it since. Absent where none can be guessed. */
  knows?(token: string): boolean
  /** Forgets what these tokens stand for: they are looked at anew. */
  readonly forget: (whose: (token: TokenClaims) => boolean) => void
}

/**
 * Remembers what good tokens stand for, under a digest of the whole token: no part of it that is not signed could be another's. Of a gate, whose rules do not
 * change. An entry counts while its issuer has the very keys that it was verified with, and for 5 minutes at most; whether the token has ended is
 * for the caller to ask each time.
 */
export function createTokenCache<T extends Weighed>(
  verify: VerifyToken,
  prepare: (verified: VerifiedToken) => MaybePromise<T | Refusal>,
): TokenCache<T> {
  const cache = new FairCache<Entry<T>>({
    maxWeight: MAX_WEIGHT,
    maxEntries: MAX_TOKENS,
    ttl: TTL_MS,
  })
  const questions = new SingleFlight<T | Refusal>()

  function recall(token: string): T | undefined {
    const handle = fingerprint(token)
    const entry = cache.get(handle)
    if (entry === undefined) return undefined
    const { issuer, keys } = entry.verified
    if (issuer.keys.current() === keys) return entry.value
    cache.delete(handle)
    return undefined
  }

  function look(
    token: string,
    handle: string,
    isCurrent: () => boolean,
    source: string | undefined,
    anew: boolean,
  ): MaybePromise<T | Refusal> {
    return then(verify(token, source, anew), (verified) => {
      if (isRefusal(verified)) return refuse(handle, verified)
      return then(prepare(verified), (value) => {
        if (isRefusal(value)) return refuse(handle, value)
        if (isCurrent()) {
          const { weight } = value
          cache.set(handle, { value, verified, weight, whose: whoseIs(verified.token) })
        }
        return value
      })
    })
  }

  /** What was remembered before is no answer to anybody any more, unless the app or the issuer could not say. */
  function refuse(handle: string, refusal: Refusal): Refusal {
    if (isVerdict(refusal)) cache.delete(handle)
    return refusal
  }

  return {
    recall,
    find(token, source, anew = false) {
      const handle = fingerprint(token)
      const underWay = anew ? undefined : questions.underWay(handle)
      return (
        underWay ??
        questions.ask(handle, (isCurrent) => look(token, handle, isCurrent, source, anew))
      )
    },
    forget(whose) {
      questions.forget()
      cache.deleteWhere(({ verified }) => whose(verified.token))
    },
  }
}
