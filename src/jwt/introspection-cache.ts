import { LRUCache } from 'lru-cache'
import { isRefusal, type Refusal } from '../core/denial.js'
import { fingerprint } from '../keys/digest.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'
import type { MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import type { Question } from './breaker.js'
import { isVerdict } from './caller-refusals.js'
import type { TokenClaims } from './claim-rules.js'
import { SingleFlight } from '../lib/single-flight.js'
import { whoseIs, type TokenCache, type Weighed } from './token-cache.js'

const MAX_TOKENS = 20_000
/** Of the good ones, in bytes. */
const MAX_WEIGHT = 32_000_000

interface Entry<T> {
  readonly value: T
  /** On the clock of what has passed. */
  readonly until: number
}

interface Good<T> extends Entry<T>, Portion {
  readonly claims: TokenClaims
}

/**
 * Remembers what was answered about tokens for a short while, the good and the bad apart: bad ones are made easily, and must not push out the others. A
 * failure is no answer. Tokens that are asked about at the same time are asked about once.
 */
export function createIntrospectedCache<T extends Weighed>(
  ask: (token: string, question: Question) => Promise<TokenClaims | Refusal>,
  prepare: (claims: TokenClaims) => MaybePromise<T | Refusal>,
  cacheMs: number,
  clock: Clock,
): TokenCache<T> {
  const elapsed = createElapsed(clock)
  const good = new FairCache<Good<T>>({ maxWeight: MAX_WEIGHT, maxEntries: MAX_TOKENS })
  /** Tokens that were good before, whatever has become of them: who brings one again is not guessing. */
  const met = new FairCache<Portion>({ maxWeight: MAX_TOKENS, maxEntries: MAX_TOKENS })
  // A refusal is small, and who makes others be asked about again has gained nothing.
  const bad = new LRUCache<string, Entry<Refusal>>(placesFor(MAX_TOKENS))
  const questions = new SingleFlight<T | Refusal>()

  function recall(token: string): T | Refusal | undefined {
    const handle = fingerprint(token)
    const entry = good.get(handle)
    if (entry !== undefined && elapsed() < entry.until) return entry.value
    const ended = bad.get(handle)
    return ended !== undefined && elapsed() < ended.until ? ended.value : undefined
  }

  async function look(
    token: string,
    { handle, source, known }: Question,
    isCurrent: () => boolean,
  ): Promise<T | Refusal> {
    // From when it was asked, not answered.
    const until = elapsed() + cacheMs
    const claims = await ask(token, { handle, source, known })
    if (isRefusal(claims)) return refuse(handle, claims, until)
    const value = await prepare(claims)
    if (isRefusal(value)) return refuse(handle, value, until)
    bad.delete(handle)
    const whose = whoseIs(claims)
    if (isCurrent()) {
      good.set(handle, { value, claims, until, whose, weight: value.weight })
    }
    met.set(handle, { whose, weight: 1 })
    return value
  }

  function refuse(handle: string, value: Refusal, until: number): Refusal {
    if (isVerdict(value)) {
      good.delete(handle)
      bad.set(handle, { value, until })
    }
    return value
  }

  return {
    recall,
    knows: (token) => met.has(fingerprint(token)),
    find(token, source, anew = false): MaybePromise<T | Refusal> {
      const handle = fingerprint(token)
      const underWay = anew ? undefined : questions.underWay(handle)
      if (underWay !== undefined) return underWay
      // Callers without an address are not one: each counts as a source of its own.
      const question = { handle, source: source ?? handle, known: met.has(handle) }
      return questions.ask(handle, (isCurrent) => look(token, question, isCurrent))
    },
    forget(whose) {
      questions.forget()
      bad.clear()
      good.deleteWhere(({ claims }) => whose(claims))
    },
  }
}
