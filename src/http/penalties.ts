import { LRUCache } from 'lru-cache'
import { placesFor } from '../lib/places.js'
import { networkOf, type Source } from './source.js'

/** Of each family: who has many IPv6 networks does not drive out IPv4 addresses. */
const MAX_SOURCES = placesFor(65_536)
/** Of one IPv6 network of 48 bits, which has 65,536 sources: those beyond share one penalty, and drive out nobody. */
const MAX_OF_NETWORK = 256
const SWEEP_MS = 10_000

export interface Penalty {
  /** On the monotonic clock, in milliseconds. */
  readonly endsAt: number
  readonly inForce: boolean
}

/** The penalties of sources, bounded in number. */
export interface Penalties {
  readonly tables: Readonly<Record<Source['family'], LRUCache<string, Penalty>>>
  /** Where the penalty of a source is kept: under its own name, or that of its network where that has too many. */
  readonly nameOf: (source: Source, now: number) => string
}

export function createPenalties(): Penalties {
  /** How many sources of each IPv6 network have a penalty of their own. */
  const counts = new Map<string, number>()
  const tables = {
    v4: new LRUCache<string, Penalty>(MAX_SOURCES),
    v6: new LRUCache<string, Penalty>({
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

  function sweep(now: number): void {
    if (now - sweptAt < SWEEP_MS) return
    sweptAt = now
    for (const [name, { endsAt }] of tables.v6) if (endsAt <= now) tables.v6.delete(name)
  }

  return {
    tables,
    nameOf(source, now) {
      const { family, block } = source
      if (family === 'v4' || tables.v6.has(block)) return block
      const network = networkOf(source)
      const hasRoom = () => (counts.get(network) ?? 0) < MAX_OF_NETWORK
      if (hasRoom()) return block
      sweep(now)
      return hasRoom() ? block : network
    },
  }
}
