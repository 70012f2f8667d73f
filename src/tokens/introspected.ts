import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import { fingerprint } from '../lib/fingerprint.js'
import { placesFor } from '../lib/places.js'
import { isRefusal, type Refusal } from '../terms/denial.js'
import type { TokenClaims } from './claims.js'
import type { TokenCache } from './verified.js'

const MAX_TOKENS = 20_000

interface Entry<T> {
  readonly value: T
  /** On the clock of what has passed. */
  readonly until: number
}

/**
 * Remembers what was answered about tokens for a short while, the good and the bad apart: bad ones are made easily, and must not push out the others. A
 * failure is not remembered. Tokens that are asked about at the same time are asked about once.
 */
export function createIntrospectedCache<T extends object>(
  ask: (token: string, known: boolean) => Promise<TokenClaims | Refusal>,
  prepare: (claims: TokenClaims) => T | Refusal,
  cacheMs: number,
  clock: Clock,
): TokenCache<T> {
  const elapsed = createElapsed(clock)
  const good = new LRUCache<string, Entry<T>>(placesFor(MAX_TOKENS))
  const bad = new LRUCache<string, Entry<Refusal>>(placesFor(MAX_TOKENS))
  const asked = new Map<string, Promise<T | Refusal>>()

  function recall(token: string): T | Refusal | undefined {
    const handle = fingerprint(token)
    const entry = good.get(handle)
    if (entry !== undefined && elapsed() < entry.until) return entry.value
    const ended = bad.get(handle)
    return ended !== undefined && elapsed() < ended.until ? ended.value : undefined
  }

  async function look(token: string, handle: string): Promise<T | Refusal> {
    // From when it was asked, not answered.
    const until = elapsed() + cacheMs
    const known = good.has(handle)
    const claims = await ask(token, known)
    const value = isRefusal(claims) ? claims : prepare(claims)
    if (!isRefusal(value)) {
      bad.delete(handle)
      good.set(handle, { value, until })
    } else if (value.reason !== 'issuer_unavailable') {
      // What was good stays known: who brings it again is not guessing.
      const ended = good.get(handle)
      if (ended !== undefined) good.set(handle, { ...ended, until: -Infinity })
      bad.set(handle, { value, until })
    }
    return value
  }

  return {
    recall,
    knows: (token) => good.has(fingerprint(token)),
    find(token: string): Promise<T | Refusal> {
      const handle = fingerprint(token)
      const underWay = asked.get(handle)
      if (underWay !== undefined) return underWay
      const looking = look(token, handle).finally(() => asked.delete(handle))
      asked.set(handle, looking)
      return looking
    },
  }
}
