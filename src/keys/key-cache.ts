import { LRUCache } from 'lru-cache'
import { StoreError } from '../core/errors.js'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, lastly, recover, then, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import { tellForgotten, toldReading } from '../telemetry/cache-events.js'
import { isCrowd } from './bulkhead.js'
import { CACHE_TTL_MS, createEntries, createFingerprints, type Read } from './cache-entries.js'
import type { KeyChanged } from './change-feed.js'
import { PROOF_MS, type FeedMonitor, type FeedMonitorListener } from './feed-monitor.js'
import { createFloors } from './floors.js'
import type { KeyRecord } from './record.js'
import type { Search } from './search.js'
import type { TimedKeyStore } from './store-timeout.js'
import { weightOf } from './weight.js'

/** Fingerprints of keys that were good before. */
const MAX_ISSUED_BEFORE = 50_000
const MAX_UNKNOWN = placesFor(50_000)
/** The same where a change is told only after it is committed: who dies in between has told nobody. */
const PUBLISHED_TTL_MS = 5_000
const UNKNOWN_TTL_MS = 5_000
/**
 * How long after the last proof of hearing a key is served that neither the feed nor the store tells of. With the time of the request itself,
 * less than the 5 s after which a change is in effect everywhere.
 */
const SERVE_STALE_MS = 4_500
/** A store that keeps answering with records older than a change it acknowledged is failing. */
const ATTEMPTS = 3
/** Who comes later than this reads for itself: the process may have been suspended meanwhile. */
const JOIN_MS = 250

/** What a key is remembered under for those who hold no secret of it: its id after a character that no fingerprint begins with. */
export function handleOfId(id: string): string {
  return `#${id}`
}

/** Finds keys by handles, which are the fingerprints of their secrets or `handleOfId`, remembering what `prepare` made of them. */
export interface KeyCache<T> extends Pick<FeedMonitorListener, 'forget'> {
  /** What is remembered under a handle. */
  recall(handle: string): T | undefined
  /** Whether this was a key's fingerprint when the store was last asked. */
  knows(handle: string): boolean
  /** What the key with this handle is, or `undefined` if there is none. `source`: who brings it; empty: nobody knows. @throws {StoreError} @throws {CrowdedError} */
  find(handle: string, source?: string): MaybePromise<T | undefined>
  /** Told of a change that the store has acknowledged to this process. */
  readonly changed: (change: KeyChanged) => void
  /** Told of what a management call read: what it says of a key must hold for the next request. */
  readonly observed: (found: KeyChanged) => void
  /** Remembers that this is a key's fingerprint: a look at it is no guess, whatever penalty its address has. The key itself is read when it is used. */
  readonly issued: (handle: string, ownerId: string) => void
  /** Forgets a key whose change may have been made or not: it is read anew. */
  readonly invalidate: (id: string) => void
  /** Leaves no timer. */
  readonly close: () => void
}

export interface KeyCacheContext<T> {
  readonly store: TimedKeyStore
  readonly search: Search
  readonly monitor: FeedMonitor
  readonly elapsed: Elapsed
  readonly prepare: (record: KeyRecord) => T
}

export function createKeyCache<T extends object>(context: KeyCacheContext<T>): KeyCache<T> {
  const { store, search, monitor, elapsed, prepare } = context
  const transactionalFeed = store.changes?.publish === undefined
  const ttl = transactionalFeed ? CACHE_TTL_MS : PUBLISHED_TTL_MS
  const handlesById = new Map<string, string>()
  const { entries: known, close } = createEntries<T>(elapsed, ({ id }, handle) => {
    if (handlesById.get(id) === handle) handlesById.delete(id)
  })
  /** Fingerprints of keys, over their changes, and longer than what they stand for is remembered. */
  const issuedBefore = createFingerprints(MAX_ISSUED_BEFORE)
  /** Until when a secret counts as nobody's. */
  const unknown = new LRUCache<string, number>(MAX_UNKNOWN)
  /** The version that a changed key has at least, for as long as an older one could still be on its way. */
  const floors = createFloors(elapsed, invalidateAll)
  /** Those of the changes that the store has acknowledged to this process. Of the others, anybody may have told who can reach the feed. */
  const acknowledged = createFloors(elapsed, invalidateAll)
  let reads = new Map<string, Read<T>>()
  /** What is being read while one of these goes up is answered, and not remembered. */
  let invalidations = 0
  let inserts = 0
  let generation = 0
  /** The last era in which changes were heard, and until when its keys are served where the store fails. */
  let staleGeneration = { generation: -1, until: -Infinity }

  function invalidateAll(): void {
    invalidations += 1
  }

  function read(
    handle: string,
    begun: number,
    source: string,
    attempt = 1,
  ): MaybePromise<T | undefined> {
    const before = { epoch: monitor.epoch(), invalidations, inserts }
    return then(look(handle, source), (record) => {
      if (record === undefined) {
        known.delete(handle)
        issuedBefore.delete(handle)
        if (inserts === before.inserts) unknown.set(handle, begun + UNKNOWN_TTL_MS)
        return undefined
      }
      const { id, version } = record
      if (handle !== handleOfId(id)) issuedBefore.add(handle, record.ownerId)
      const old = version < floors.of(id)
      if (old && attempt < ATTEMPTS) return read(handle, begun, source, attempt + 1)
      if (version < acknowledged.of(id)) {
        throw new StoreError('The key store answers with outdated records.')
      }
      // Nobody has committed what was told.
      if (old) floors.delete(id)
      const value = prepare(record)
      const heard = before.epoch !== undefined && before.epoch === monitor.epoch()
      if (heard && !old && invalidations === before.invalidations) {
        const until = begun + ttl
        const [weight, whose] = [weightOf(record), record.ownerId]
        known.set(handle, { id, version, value, generation, until, weight, whose })
        if (handle !== handleOfId(id)) handlesById.set(id, handle)
      } else {
        // Who was refused is not let in again when the store fails.
        outdate(handle, version)
      }
      return value
    })
  }

  function look(handle: string, source: string): MaybePromise<KeyRecord | undefined> {
    // An id comes from a token of ours: it is nobody's guess.
    if (handle.startsWith('#')) return store.findById(handle.slice(1))
    const lately = issuedBefore.has(handle)
    return search(handle, (digest) =>
      lately ? store.findByDigest(digest) : store.findStranger(digest, source),
    )
  }

  /** What is dropped is no answer any more, not even where the store fails. */
  function outdate(handle: string, below: number): void {
    if ((known.peek(handle)?.version ?? Infinity) < below) known.delete(handle)
  }

  function drop(id: string, below = Infinity): void {
    for (const handle of [handlesById.get(id) ?? '', handleOfId(id)]) outdate(handle, below)
    // Who comes after the change does not join a read that began before it.
    reads = new Map()
  }

  function forget(lastConfirmedAt: number): void {
    invalidations += 1
    if (lastConfirmedAt !== -Infinity) {
      staleGeneration = { generation, until: lastConfirmedAt + SERVE_STALE_MS }
      tellForgotten()
    }
    generation += 1
    unknown.clear()
    reads = new Map()
  }

  /** What is remembered of a key whose store fails, as long as no change of it can be in effect. @throws the failure */
  function serveStale(handle: string, failure: unknown): T {
    const entry = known.get(handle)
    const now = elapsed()
    if (entry === undefined || now >= entry.until || isCrowd(failure)) throw failure
    const heard =
      entry.generation === generation
        ? now - monitor.lastConfirmedAt < SERVE_STALE_MS
        : entry.generation === staleGeneration.generation && now < staleGeneration.until
    if (!heard) throw failure
    return entry.value
  }

  function changed({ id, version }: KeyChanged): void {
    if (version > 1) floors.raise(id, version)
    else {
      inserts += 1
      // Clearing goes over every place there is, also where none is taken: 0.2 ms for each of many imported keys.
      if (unknown.size > 0) unknown.clear()
    }
    drop(id, version)
  }

  /** What anybody may say who can reach the feed: a reason to look again, never one to disbelieve the store. */
  function hinted(change: KeyChanged): void {
    if (change.version <= 1) {
      changed(change)
      return
    }
    observed(change)
  }

  /** What was read of a key, by whatever way: nothing older is an answer any more. */
  function observed({ id, version }: KeyChanged): void {
    invalidations += 1
    drop(id, version)
  }

  return {
    recall(handle) {
      const entry = known.get(handle)
      if (entry === undefined) return undefined
      const now = elapsed()
      const isConfirmed = now - monitor.lastConfirmedAt < PROOF_MS
      return entry.generation === generation && now < entry.until && isConfirmed
        ? entry.value
        : undefined
    },
    knows: (handle) => issuedBefore.has(handle),
    find(handle, source = '') {
      monitor.start({ changed: transactionalFeed ? changed : hinted, forget })
      const now = elapsed()
      if (now < (unknown.get(handle) ?? 0)) return undefined
      const under = reads.get(handle)
      if (under !== undefined && now - under.begun < JOIN_MS) return under.result
      const mine = reads
      const result = recover(
        () => toldReading(() => read(handle, now, source), isCrowd),
        (failure) => serveStale(handle, failure),
      )
      if (!isPromise(result)) return result
      const ending = lastly(result, () => {
        if (mine.get(handle)?.result === ending) mine.delete(handle)
      }) as Promise<T | undefined>
      mine.set(handle, { begun: now, result: ending })
      return ending
    },
    changed(change) {
      const { id, version } = change
      if (version > 1) acknowledged.raise(id, version)
      changed(change)
    },
    observed,
    forget,
    close,
    issued(handle, ownerId) {
      // A read that began before does not know it.
      inserts += 1
      reads.delete(handle)
      unknown.delete(handle)
      issuedBefore.add(handle, ownerId)
    },
    invalidate(id) {
      invalidations += 1
      drop(id)
    },
  }
}
