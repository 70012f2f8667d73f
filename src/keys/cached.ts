import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise, lastly, recover, then, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import type { BoundedKeyStore } from './bounded.js'
import { tellForgotten, toldReading } from './cache-events.js'
import type { KeyChanged } from './feed.js'
import type { KeyRecord } from './record.js'
import type { Search } from './search.js'
import { StoreError } from './store.js'
import type { Watch, WatchListener } from './watch.js'

const CACHE_ENTRIES = placesFor(50_000)
/** How long a key is remembered. */
export const CACHE_TTL_MS = 30_000
/** The same where a change is told only after it is committed: who dies in between has told nobody. */
const UNSURE_TTL_MS = 5_000
const UNKNOWN_TTL_MS = 5_000
/**
 * How long after the last proof of hearing a key is served that neither the feed nor the store tells of. With the time of the request itself,
 * less than the 5 s after which a change is in effect everywhere.
 */
const SPARE_MS = 4_500
/** A store that keeps answering with records older than a change it acknowledged is failing. */
const ATTEMPTS = 3
/** Who comes later than this reads for itself: the process may have been suspended meanwhile. */
const JOIN_MS = 250

/** What a key is remembered under for those who hold no secret of it: its id after a character that no fingerprint begins with. */
export function handleOfId(id: string): string {
  return `#${id}`
}

/** Finds keys by handles, which are the fingerprints of their secrets or `handleOfId`, remembering what `prepare` made of them. */
export interface KeyCache<T> extends Pick<WatchListener, 'forget'> {
  /** What is remembered under a handle. */
  recall(handle: string): T | undefined
  /** Whether this was a key's fingerprint when the store was last asked, and no change of that has been heard. */
  knows(handle: string): boolean
  /** What the key with this handle is, or `undefined` if there is none. @throws {StoreError} */
  find(handle: string): MaybePromise<T | undefined>
  /** Told of a change that the store has acknowledged to this process. */
  readonly changed: (change: KeyChanged) => void
  /** Told of what a management call read: what it says of a key must hold for the next request. */
  readonly seen: (found: KeyChanged) => void
  /** Forgets a key whose change may have been made or not. */
  readonly doubt: (id: string) => void
}

export interface KeyCacheContext<T> {
  readonly store: BoundedKeyStore
  readonly search: Search
  readonly watch: Watch
  readonly elapsed: Elapsed
  readonly prepare: (record: KeyRecord) => T
}

interface Entry<T> {
  readonly id: string
  readonly version: number
  readonly value: T
  /** How often all was forgotten before. */
  readonly era: number
  /** By `elapsed`. */
  readonly until: number
}

interface Read<T> {
  readonly begun: number
  readonly result: Promise<T | undefined>
}

export function createKeyCache<T extends object>(context: KeyCacheContext<T>): KeyCache<T> {
  const { store, search, watch, elapsed, prepare } = context
  const sure = store.changes?.publish === undefined
  const ttl = sure ? CACHE_TTL_MS : UNSURE_TTL_MS
  const handlesById = new Map<string, string>()
  const known = new LRUCache<string, Entry<T>>({
    ...CACHE_ENTRIES,
    dispose: ({ id }, handle) => {
      if (handlesById.get(id) === handle) handlesById.delete(id)
    },
  })
  /** Until when a secret counts as nobody's. */
  const unknown = new LRUCache<string, number>(CACHE_ENTRIES)
  /** The version that a changed key has at least, for as long as an older one could still be on its way. */
  const floors = createFloors()
  /** Those of the changes that the store has acknowledged to this process. Of the others, anybody may have told who can reach the feed. */
  const acknowledged = createFloors()
  let reads = new Map<string, Read<T>>()
  /** What is being read while one of these goes up is answered, and not remembered. */
  let doubts = 0
  let inserts = 0
  let era = 0
  /** The last era in which changes were heard, and until when its keys are served where the store fails. */
  let spared = { era: -1, until: -Infinity }

  function createFloors() {
    return new LRUCache<string, number>({
      ...CACHE_ENTRIES,
      ttl: CACHE_TTL_MS,
      ttlResolution: 0,
      perf: { now: elapsed },
      dispose: (_version, _id, reason) => {
        if (reason === 'evict') doubts += 1
      },
    })
  }

  function read(handle: string, begun: number, attempt = 1): MaybePromise<T | undefined> {
    const before = { stretch: watch.stretch(), doubts, inserts }
    return then(look(handle), (record) => {
      if (record === undefined) {
        known.delete(handle)
        if (inserts === before.inserts) unknown.set(handle, begun + UNKNOWN_TTL_MS)
        return undefined
      }
      const { id, version } = record
      const old = version < (floors.get(id) ?? 0)
      if (old && attempt < ATTEMPTS) return read(handle, begun, attempt + 1)
      if (version < (acknowledged.get(id) ?? 0)) {
        throw new StoreError('The key store answers with outdated records.')
      }
      // Nobody has committed what was told.
      if (old) floors.delete(id)
      const value = prepare(record)
      const heard = before.stretch !== undefined && before.stretch === watch.stretch()
      if (heard && !old && doubts === before.doubts) {
        known.set(handle, { id, version, value, era, until: begun + ttl })
        if (handle !== handleOfId(id)) handlesById.set(id, handle)
      } else if ((known.peek(handle)?.version ?? Infinity) < version) {
        // Who was refused is not let in again when the store fails.
        known.delete(handle)
      }
      return value
    })
  }

  function look(handle: string): MaybePromise<KeyRecord | undefined> {
    // An id comes from a token of ours: it is nobody's guess.
    if (handle.startsWith('#')) return store.findById(handle.slice(1))
    const lately = known.has(handle)
    return search(handle, (digest) =>
      lately ? store.findByDigest(digest) : store.findStranger(digest),
    )
  }

  function drop(id: string, below = Infinity): void {
    for (const handle of [handlesById.get(id) ?? '', handleOfId(id)]) {
      if ((known.peek(handle)?.version ?? Infinity) < below) known.delete(handle)
    }
    // Who comes after the change does not join a read that began before it.
    reads = new Map()
  }

  function forget(provenAt: number): void {
    doubts += 1
    if (provenAt !== -Infinity) {
      spared = { era, until: provenAt + SPARE_MS }
      tellForgotten()
    }
    era += 1
    unknown.clear()
    reads = new Map()
  }

  /** What is remembered of a key whose store fails, as long as no change of it can be in effect. @throws the failure */
  function spare(handle: string, failure: unknown): T {
    const entry = known.get(handle)
    const now = elapsed()
    if (entry === undefined || now >= entry.until) throw failure
    const heard =
      entry.era === era
        ? watch.isCurrent(now, SPARE_MS)
        : entry.era === spared.era && now < spared.until
    if (!heard) throw failure
    return entry.value
  }

  function changed({ id, version }: KeyChanged): void {
    if (version > 1) raise(floors, id, version)
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
    seen(change)
  }

  /** What was read of a key, by whatever way: nothing older is an answer any more. */
  function seen({ id, version }: KeyChanged): void {
    doubts += 1
    drop(id, version)
  }

  return {
    recall(handle) {
      const entry = known.get(handle)
      if (entry === undefined) return undefined
      const now = elapsed()
      return entry.era === era && now < entry.until && watch.isCurrent(now)
        ? entry.value
        : undefined
    },
    knows: (handle) => known.has(handle),
    find(handle) {
      watch.start({ changed: sure ? changed : hinted, forget })
      const now = elapsed()
      if (now < (unknown.get(handle) ?? 0)) return undefined
      const under = reads.get(handle)
      if (under !== undefined && now - under.begun < JOIN_MS) return under.result
      const mine = reads
      const result = recover(
        () => toldReading(() => read(handle, now)),
        (failure) => spare(handle, failure),
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
      if (version > 1) raise(acknowledged, id, version)
      changed(change)
    },
    seen,
    forget,
    doubt(id) {
      doubts += 1
      drop(id)
    },
  }
}

function raise(floors: LRUCache<string, number>, id: string, version: number): void {
  floors.set(id, Math.max(version, floors.get(id) ?? 0))
}
