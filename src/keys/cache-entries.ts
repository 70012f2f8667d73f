import type { Elapsed } from '../lib/elapsed.js'
import { FairCache, type Portion } from '../lib/fair-cache.js'

/** How long a key is remembered. */
export const CACHE_TTL_MS = 30_000
const MAX_KNOWN = 50_000
/** In bytes; with the tables beside it, the cache of keys takes at most 64 MB. */
const MAX_WEIGHT = 46_000_000
const SWEEP_MS = 10_000

/** What is remembered of a key. */
export interface Entry<T> extends Portion {
  readonly id: string
  readonly version: number
  readonly value: T
  /** How often all was forgotten before. */
  readonly generation: number
  /** By `elapsed`. */
  readonly until: number
}

/** A read of the store that is under way. */
export interface Read<T> {
  readonly begun: number
  readonly result: Promise<T | undefined>
}

/**
 * What is remembered of keys, bounded by what it weighs; an owner with many keys pushes out none of others. What has ended goes within `SWEEP_MS`, whether or not
 * somebody asks.
 */
export function createEntries<T>(
  elapsed: Elapsed,
  disposed: (entry: Entry<T>, handle: string) => void,
): { readonly entries: FairCache<Entry<T>>; readonly close: () => void } {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const entries = new FairCache<Entry<T>>({
    // All keys of an API may be of one owner.
    ...{ maxWeight: MAX_WEIGHT, maxEntries: MAX_KNOWN, lendsRoom: true },
    onInserted: sweepLater,
    onRemoved: disposed,
  })

  function sweepLater(): void {
    if (!closed) timer ??= setTimeout(sweep, SWEEP_MS).unref()
  }

  function sweep(): void {
    timer = undefined
    const now = elapsed()
    entries.deleteWhere(({ until }) => until <= now)
    if (entries.size > 0) sweepLater()
  }

  return {
    entries,
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** Fingerprints of keys that were good before; an owner with many keys pushes out none of others. */
export function createFingerprints(most: number) {
  const known = new FairCache<Portion>({ maxWeight: most, maxEntries: most, lendsRoom: true })
  return {
    has: (fingerprint: string) => known.has(fingerprint),
    add: (fingerprint: string, ownerId: string) => {
      known.set(fingerprint, { whose: ownerId, weight: 1 })
    },
    delete: (fingerprint: string) => {
      known.delete(fingerprint)
    },
  }
}
