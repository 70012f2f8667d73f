import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'
import { placesFor } from '../lib/places.js'
import { tellForgotten } from '../telemetry/cache-events.js'
import { createEntries, createFingerprints, type Read } from './cache-entries.js'
import type { KeyChanged } from './change-feed.js'
import { createFloors, type Floors } from './minimum-versions.js'

/** Fingerprints of keys that were good before. */
const MAX_ISSUED_BEFORE = 50_000
const MAX_UNKNOWN = placesFor(50_000)
/**
 * How long after the last proof of hearing a key is served that neither the feed nor the store tells of. With the time of the request itself,
 * less than the 5 s after which a change is in effect everywhere.
 */
export const SERVE_STALE_MS = 4_500

/** What a key is remembered under for those who hold no secret of it: its id after a character that no fingerprint begins with. */
export function handleOfId(id: string): string {
  return `#${id}`
}

/** What a cache of keys remembers, and what changes of keys make of it. */
export class KeyMemory<T extends object> {
  readonly known: ReturnType<typeof createEntries<T>>['entries']
  /** Leaves no timer. */
  readonly close: () => void
  readonly handlesById = new Map<string, string>()
  /** Fingerprints of keys, over their changes, and longer than what they stand for is remembered. */
  readonly issuedBefore = createFingerprints(MAX_ISSUED_BEFORE)
  /** Until when a secret counts as nobody's. */
  readonly unknown = new LRUCache<string, number>(MAX_UNKNOWN)
  /** The version that a changed key has at least, for as long as an older one could still be on its way. */
  readonly floors: Floors
  /** Those of the changes that the store has acknowledged to this process. Of the others, anybody may have told who can reach the feed. */
  readonly acknowledged: Floors
  reads = new Map<string, Read<T>>()
  /** What is being read while one of these goes up is answered, and not remembered. */
  invalidations = 0
  inserts = 0
  generation = 0
  /** The last era in which changes were heard, and until when its keys are served where the store fails. */
  staleGeneration = { generation: -1, until: -Infinity }

  constructor(elapsed: Elapsed) {
    const { entries, close } = createEntries<T>(elapsed, ({ id }, handle) => {
      if (this.handlesById.get(id) === handle) this.handlesById.delete(id)
    })
    this.known = entries
    this.close = close
    const invalidateAll = () => {
      this.invalidations += 1
    }
    this.floors = createFloors(elapsed, invalidateAll)
    this.acknowledged = createFloors(elapsed, invalidateAll)
  }

  /** What is dropped is no answer any more, not even where the store fails. */
  outdate(handle: string, below: number): void {
    if ((this.known.peek(handle)?.version ?? Infinity) < below) this.known.delete(handle)
  }

  /** All that is remembered, as changes may have been missed. */
  forget(lastConfirmedAt: number): void {
    this.invalidations += 1
    if (lastConfirmedAt !== -Infinity) {
      const until = lastConfirmedAt + SERVE_STALE_MS
      this.staleGeneration = { generation: this.generation, until }
      tellForgotten()
    }
    this.generation += 1
    this.unknown.clear()
    this.reads = new Map()
  }

  changed({ id, version }: KeyChanged): void {
    if (version > 1) this.floors.raise(id, version)
    else {
      this.inserts += 1
      // Clearing goes over every place there is, also where none is taken: 0.2 ms for each of many imported keys.
      if (this.unknown.size > 0) this.unknown.clear()
    }
    this.#drop(id, version)
  }

  /** What was read of a key, by whatever way: nothing older is an answer any more. */
  observed({ id, version }: KeyChanged): void {
    this.invalidations += 1
    this.#drop(id, version)
  }

  issued(handle: string, ownerId: string): void {
    // A read that began before does not know it.
    this.inserts += 1
    this.reads.delete(handle)
    this.unknown.delete(handle)
    this.issuedBefore.add(handle, ownerId)
  }

  invalidate(id: string): void {
    this.invalidations += 1
    this.#drop(id)
  }

  #drop(id: string, below = Infinity): void {
    for (const handle of [this.handlesById.get(id) ?? '', handleOfId(id)])
      this.outdate(handle, below)
    // Who comes after the change does not join a read that began before it.
    this.reads = new Map()
  }
}
