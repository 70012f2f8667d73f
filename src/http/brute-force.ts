import { Refusal } from '../core/denial.js'
import type { BruteForce } from '../core/request-context.js'
import { milliseconds } from '../lib/duration.js'
import { isLoopback } from '../lib/ip-address.js'
import { createAddressRules } from './networks.js'
import type { BruteForceSettings } from './options-schema.js'
import { createPenalties, type Penalty } from './penalties.js'
import { networkOf, sourceOf, type Source } from './source.js'

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
  const { tables, nameOf } = createPenalties()

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
