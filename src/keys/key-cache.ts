import { StoreError } from '../core/errors.js'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, lastly, recover, then, type MaybePromise } from '../lib/maybe.js'
import { toldReading } from '../telemetry/cache-events.js'
import { isCrowd } from './bulkhead.js'
import { CACHE_TTL_MS } from './cache-entries.js'
import type { KeyChanged } from './change-feed.js'
import { PROOF_MS, type FeedMonitor, type FeedMonitorListener } from './feed-monitor.js'
import { handleOfId, KeyMemory, SERVE_STALE_MS } from './key-memory.js'
import type { KeyRecord } from './record.js'
import type { Search } from './search.js'
import type { TimedKeyStore } from './store-timeout.js'
import { weightOf } from './weight.js'

/** The same where a change is told only after it is committed: who dies in between has told nobody. */
const PUBLISHED_TTL_MS = 5_000
const UNKNOWN_TTL_MS = 5_000
/** A store that keeps answering with records older than a change it acknowledged is failing. */
const ATTEMPTS = 3
/** Who comes later than this reads for itself: the process may have been suspended meanwhile. */
const JOIN_MS = 250

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
  const { store, monitor, elapsed } = context
  const transactionalFeed = store.changes?.publish === undefined
  const memory = new KeyMemory<T>(elapsed)
  const { known, unknown, issuedBefore } = memory
  const read = createReader(context, memory, transactionalFeed ? CACHE_TTL_MS : PUBLISHED_TTL_MS)
  const serveStale = createStaleServer(context, memory)
  const forget = (lastConfirmedAt: number) => {
    memory.forget(lastConfirmedAt)
  }
  const listener: FeedMonitorListener = {
    changed(change) {
      // What anybody may say who can reach the feed: a reason to look again, never one to disbelieve the store.
      if (transactionalFeed || change.version <= 1) memory.changed(change)
      else memory.observed(change)
    },
    forget,
  }

  return {
    recall(handle) {
      const entry = known.get(handle)
      if (entry === undefined) return undefined
      const now = elapsed()
      const isConfirmed = now - monitor.lastConfirmedAt < PROOF_MS
      return entry.generation === memory.generation && now < entry.until && isConfirmed
        ? entry.value
        : undefined
    },
    knows: (handle) => issuedBefore.has(handle),
    find(handle, source = '') {
      monitor.start(listener)
      const now = elapsed()
      if (now < (unknown.get(handle) ?? 0)) return undefined
      const mine = memory.reads
      const under = mine.get(handle)
      if (under !== undefined && now - under.begun < JOIN_MS) return under.result
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
      if (version > 1) memory.acknowledged.raise(id, version)
      memory.changed(change)
    },
    observed: (found) => {
      memory.observed(found)
    },
    issued: (handle, ownerId) => {
      memory.issued(handle, ownerId)
    },
    invalidate: (id) => {
      memory.invalidate(id)
    },
    ...{ forget, close: memory.close },
  }
}

/** Reads a key, and remembers it where no change can have been missed meanwhile. */
function createReader<T extends object>(
  { store, search, monitor, prepare }: KeyCacheContext<T>,
  memory: KeyMemory<T>,
  ttl: number,
) {
  const { known, unknown, issuedBefore, floors, acknowledged, handlesById } = memory

  function look(handle: string, source: string): MaybePromise<KeyRecord | undefined> {
    // An id comes from a token of ours: it is nobody's guess.
    if (handle.startsWith('#')) return store.findById(handle.slice(1))
    const lately = issuedBefore.has(handle)
    return search(handle, (digest) =>
      lately ? store.findByDigest(digest) : store.findStranger(digest, source),
    )
  }

  return function read(
    handle: string,
    begun: number,
    source: string,
    attempt = 1,
  ): MaybePromise<T | undefined> {
    const { invalidations, inserts } = memory
    const epoch = monitor.epoch()
    return then(look(handle, source), (record) => {
      if (record === undefined) {
        known.delete(handle)
        issuedBefore.delete(handle)
        if (memory.inserts === inserts) unknown.set(handle, begun + UNKNOWN_TTL_MS)
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
      const heard = epoch !== undefined && epoch === monitor.epoch()
      if (heard && !old && memory.invalidations === invalidations) {
        const until = begun + ttl
        const [weight, whose] = [weightOf(record), record.ownerId]
        const { generation } = memory
        known.set(handle, { id, version, value, generation, until, weight, whose })
        if (handle !== handleOfId(id)) handlesById.set(id, handle)
      } else {
        // Who was refused is not let in again when the store fails.
        memory.outdate(handle, version)
      }
      return value
    })
  }
}

/** What is remembered of a key whose store fails, as long as no change of it can be in effect. It throws the failure where nothing is. */
function createStaleServer<T extends object>(
  { monitor, elapsed }: KeyCacheContext<T>,
  memory: KeyMemory<T>,
): (handle: string, failure: unknown) => T {
  return (handle, failure) => {
    const entry = memory.known.get(handle)
    const now = elapsed()
    if (entry === undefined || now >= entry.until || isCrowd(failure)) throw failure
    const { generation, staleGeneration } = memory
    const heard =
      entry.generation === generation
        ? now - monitor.lastConfirmedAt < SERVE_STALE_MS
        : entry.generation === staleGeneration.generation && now < staleGeneration.until
    if (!heard) throw failure
    return entry.value
  }
}
