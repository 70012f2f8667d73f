import { LRUCache } from 'lru-cache'
import { fingerprint } from '../lib/fingerprint.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { isRefusal, type Refusal } from '../terms/denial.js'
import type { VerifiedToken } from './verify.js'

const TTL_MS = 300_000
const MAX_TOKENS = 20_000
/** Characters of all tokens together: what is remembered of each is of the order of its own length. */
const MAX_CHARACTERS = 16_777_216

interface Entry<T> {
  readonly value: T
  readonly verified: VerifiedToken
}

/** Tokens that were verified a short while ago. */
export interface TokenCache<T> {
  /** Answers at once for a token that is remembered; asks nobody for anything. */
  recall(token: string): T | Refusal | undefined
  /** Finds out what a token stands for, and remembers it. */
  find(token: string): MaybePromise<T | Refusal>
  /** Whether a token was good before, whatever has become of it since. Absent where none can be guessed. */
  knows?(token: string): boolean
}

/**
 * Remembers what good tokens stand for, under a digest of the whole token: no part of it that is not signed could be another's. Of a gate, whose rules do not
 * change. An entry counts while its issuer has the very keys that it was verified with, and for 5 minutes at most; whether the token has ended is
 * for the caller to ask each time.
 */
export function createTokenCache<T extends object>(
  verify: (token: string) => MaybePromise<VerifiedToken | Refusal>,
  prepare: (verified: VerifiedToken) => T | Refusal,
): TokenCache<T> {
  const cache = new LRUCache<string, Entry<T>>({
    max: MAX_TOKENS,
    maxSize: MAX_CHARACTERS,
    ttl: TTL_MS,
  })

  function recall(token: string): T | undefined {
    const handle = fingerprint(token)
    const entry = cache.get(handle)
    if (entry === undefined) return undefined
    const { issuer, keys } = entry.verified
    if (issuer.keys.current() === keys) return entry.value
    cache.delete(handle)
    return undefined
  }

  function remember(token: string, verified: VerifiedToken): T | Refusal {
    const value = prepare(verified)
    if (!isRefusal(value))
      cache.set(fingerprint(token), { value, verified }, { size: token.length })
    return value
  }

  return {
    recall,
    find: (token) =>
      then(verify(token), (verified) =>
        isRefusal(verified) ? verified : remember(token, verified),
      ),
  }
}
