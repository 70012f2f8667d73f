import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'

/** How long a key is remembered. */
export const CACHE_TTL_MS = 30_000
const MAX_KNOWN = 50_000
/** In bytes; with the tables beside it, the cache of keys takes at most 64 MB. */
const MAX_WEIGHT = 46_000_000
const SWEEP_MS = 10_000

/** What is remembered of a key. */
export interface Entry<T> {
  readonly id: string
  readonly version: number
  readonly value: T
  /** How often all was forgotten before. */
  readonly generation: number
  /** By `elapsed`. */
  readonly until: number
  /** About how many bytes it takes. */
  readonly weight: number
}

/** A read of the store that is under way. */
export interface Read<T> {
  readonly begun: number
  readonly result: Promise<T | undefined>
}

/**
 * What is remembered of keys, bounded by what it weighs: that goes first which was not used for longest. What has ended goes within `SWEEP_MS`,
 * whether or not somebody asks.
 */
export function createEntries<T>(
  elapsed: Elapsed,
  disposed: (entry: Entry<T>, handle: string) => void,
): { readonly entries: LRUCache<string, Entry<T>>; readonly close: () => void } {
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const entries = new LRUCache<string, Entry<T>>({
    maxSize: MAX_WEIGHT,
    // As many as there may be of the smallest.
    sizeCalculation: ({ weight }) => Math.max(weight, MAX_WEIGHT / MAX_KNOWN),
    dispose: disposed,
    onInsert: sweepLater,
  })

  function sweepLater(): void {
    if (!closed) timer ??= setTimeout(sweep, SWEEP_MS).unref()
  }

  function sweep(): void {
    timer = undefined
    const now = elapsed()
    const ended = [...entries.entries()].filter(([, { until }]) => until <= now)
    for (const [handle] of ended) entries.delete(handle)
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
