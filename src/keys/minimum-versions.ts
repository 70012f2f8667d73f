import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'
import { placesFor } from '../lib/places.js'
import { CACHE_TTL_MS } from './cache-entries.js'

const MAX_FLOORS = placesFor(8_000)

/** The version that a changed key has at least, for as long as an older one could still be on its way. */
export interface Floors {
  /** 0 where nothing is known. */
  of(id: string): number
  raise(id: string, version: number): void
  delete(id: string): void
}

/** @param evicted told when one gives way to another: there may be a floor that is not known any more */
export function createFloors(elapsed: Elapsed, evicted: () => void): Floors {
  const floors = new LRUCache<string, number>({
    ...MAX_FLOORS,
    ttl: CACHE_TTL_MS,
    ttlResolution: 0,
    perf: { now: elapsed },
    dispose: (_version, _id, reason) => {
      if (reason === 'evict') evicted()
    },
  })
  return {
    of: (id) => floors.get(id) ?? 0,
    raise(id, version) {
      floors.set(id, Math.max(version, floors.get(id) ?? 0))
    },
    delete(id) {
      floors.delete(id)
    },
  }
}
