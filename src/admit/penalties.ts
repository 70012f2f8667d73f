import { LRUCache } from 'lru-cache'
import { placesFor } from '../lib/places.js'
import { sourceOf, type Source } from '../net/source.js'
import { Refusal } from '../terms/denial.js'

/** Each failure adds so much to the penalty of its source. */
const FAILURE_MS = 5_000
/** A penalty above this is in force, until it has run out. */
const TOLERATED_MS = 15_000
const MAX_MS = 600_000
/** Of each family: who has many IPv6 networks does not drive out IPv4 addresses. */
const MAX_SOURCES = placesFor(65_536)

interface Penalty {
  /** On the monotonic clock, in milliseconds. */
  readonly endsAt: number
  readonly inForce: boolean
}

/** Who has presented keys that do not exist, and is not listened to for a while. An unknown address is nobody's. */
export interface Penalties {
  barred(sender: string | undefined): Refusal | undefined
  /** After a failure. It is charged to the source, never to a key: nobody can lock out somebody else. */
  charge(sender: string | undefined): void
}

export function createPenalties(): Penalties {
  const tables: Readonly<Record<Source['family'], LRUCache<string, Penalty>>> = {
    v4: new LRUCache(MAX_SOURCES),
    v6: new LRUCache(MAX_SOURCES),
  }

  /** By seconds, as they were needed. */
  const refusals: Refusal[] = []
  function refusalFor(retryAfter: number): Refusal {
    return (refusals[retryAfter] ??= new Refusal('too_many_failures', { retryAfter }))
  }

  return {
    barred(sender) {
      if (tables.v4.size === 0 && tables.v6.size === 0) return undefined
      const source = find(sender)
      const penalty = source && tables[source.family].get(source.block)
      if (penalty === undefined || !penalty.inForce) return undefined
      const left = penalty.endsAt - performance.now()
      if (left <= 0) return undefined
      return refusalFor(Math.ceil(left / 1_000))
    },
    charge(sender) {
      const source = find(sender)
      if (source === undefined) return
      const table = tables[source.family]
      const before = table.get(source.block)
      const now = performance.now()
      const running = before !== undefined && before.endsAt > now
      const left = running ? before.endsAt - now : 0
      const endsAt = now + Math.min(MAX_MS, left + FAILURE_MS)
      const inForce = (running && before.inForce) || endsAt - now > TOLERATED_MS
      table.set(source.block, { endsAt, inForce })
    },
  }
}

function find(address: string | undefined): Source | undefined {
  return address === undefined ? undefined : sourceOf(address)
}
