import { LRUCache } from 'lru-cache'
import { Refusal } from '../core/denial.js'
import type { BruteForce } from '../core/request-context.js'
import { milliseconds } from '../lib/duration.js'
import { placesFor } from '../lib/places.js'
import { isLoopback } from '../lib/ip-address.js'
import { createAddressRules } from './networks.js'
import type { BruteForceSettings } from './options-schema.js'
import { networkOf, sourceOf, type Source } from './source.js'

/** Of each family: who has many IPv6 networks does not drive out IPv4 addresses. */
const MAX_SOURCES = placesFor(65_536)
/** Of one IPv6 network of 48 bits, which has 65,536 sources: those beyond share one penalty, and drive out nobody. */
const MAX_OF_NETWORK = 256
const SWEEP_MS = 10_000

interface Penalty {
  /** On the monotonic clock, in milliseconds. */
  readonly endsAt: number
  readonly inForce: boolean
}

/**
 * Slows down addresses that present keys that do not exist. With `isDevelopment`, the machine itself is let off: whoever mistypes a key on a laptop, and the
 * tests of an app, try no keys.
 */
export function createBruteForce(settings: BruteForceSettings, isDevelopment: boolean): BruteForce {
  /** Each failure adds so much to the penalty of its source. */
  const failureMs = milliseconds(settings.penalty)
  /** A penalty above this is in force, until it has run out: it is not added to. */
  const toleratedMs = settings.attempts * failureMs
  const longestMs = settings.maxPenalty === undefined ? Infinity : milliseconds(settings.maxPenalty)
  const exempt = settings.exempt.length > 0 ? createAddressRules(settings.exempt) : undefined
  /** How many sources of each IPv6 network have a penalty of their own. */
  const counts = new Map<string, number>()
  const tables: Readonly<Record<Source['family'], LRUCache<string, Penalty>>> = {
    v4: new LRUCache(MAX_SOURCES),
    v6: new LRUCache({
      ...MAX_SOURCES,
      onInsert: (_penalty, block, reason) => {
        if (reason === 'add') count(block, 1)
      },
      dispose: (_penalty, block, reason) => {
        if (reason !== 'set') count(block, -1)
      },
    }),
  }
  let sweptAt = -Infinity

  function count(block: string, change: number): void {
    const network = networkOf({ family: 'v6', block })
    const now = (counts.get(network) ?? 0) + change
    if (now > 0) counts.set(network, now)
    else counts.delete(network)
  }

  /** Where the penalty of a source is kept: under its own name, or that of its network where that has too many. */
  function nameOf(source: Source, now: number): string {
    const { family, block } = source
    if (family === 'v4' || tables.v6.has(block)) return block
    const network = networkOf(source)
    if ((counts.get(network) ?? 0) < MAX_OF_NETWORK) return block
    if (now - sweptAt >= SWEEP_MS) {
      sweptAt = now
      for (const [name, { endsAt }] of tables.v6) if (endsAt <= now) tables.v6.delete(name)
    }
    return (counts.get(network) ?? 0) < MAX_OF_NETWORK ? block : network
  }

  function penaltyOf(source: Source): Penalty | undefined {
    const { family, block } = source
    const own = tables[family].get(block)
    return own ?? (family === 'v6' ? tables.v6.get(networkOf(source)) : undefined)
  }

  /** By seconds, as they were needed. */
  const refusals: Refusal[] = []
  function refusalFor(retryAfter: number): Refusal {
    return (refusals[retryAfter] ??= new Refusal('too_many_failures', { retryAfter }))
  }

  function find(sender: string | undefined): Source | undefined {
    if (sender === undefined || exempt?.includes(sender)) return undefined
    return isDevelopment && isLoopback(sender) ? undefined : sourceOf(sender)
  }

  return {
    check(sender) {
      if (tables.v4.size === 0 && tables.v6.size === 0) return undefined
      const source = find(sender)
      const penalty = source && penaltyOf(source)
      if (penalty === undefined || !penalty.inForce) return undefined
      const left = penalty.endsAt - performance.now()
      if (left <= 0) return undefined
      return refusalFor(Math.ceil(left / 1_000))
    },
    recordFailure(sender) {
      const source = find(sender)
      if (source === undefined) return
      const table = tables[source.family]
      const now = performance.now()
      const name = nameOf(source, now)
      const before = table.get(name)
      const running = before !== undefined && before.endsAt > now
      // Who is barred presents nothing more: this guess was on its way when the penalty came into force. Others share the address.
      if (running && before.inForce) return
      const lasts = (running ? before.endsAt - now : 0) + failureMs
      const inForce = lasts > toleratedMs
      table.set(name, { endsAt: now + (inForce ? Math.min(lasts, longestMs) : lasts), inForce })
    },
  }
}
