import { LRUCache } from 'lru-cache'
import { createElapsed } from '../lib/elapsed.js'
import { placesFor } from '../lib/places.js'
import { createAnnouncer } from './announce.js'
import { createBoundedStore, type BoundedKeyStore } from './bounded.js'
import { createKeyCache, type KeyCache } from './cached.js'
import type { IssuedKey } from './create.js'
import { createKeyOnce, type Occasion } from './create-once.js'
import { createDigester } from './digest.js'
import type { KeyChangeFeed } from './feed.js'
import type { CreateKeyInput } from './input.js'
import { createJudgedKeys, type JudgedKeys } from './judged.js'
import { createKeys, type Keys } from './keys.js'
import type { KeyRecord } from './record.js'
import { createRecordedStore, type KeyEvent, type KeyJournal } from './recorded.js'
import { renewDigest } from './renew.js'
import type { KeyRoom } from './room.js'
import { createSearch } from './search.js'
import type { KeyStore } from './store.js'
import type { Grant } from '../terms/decision.js'
import { createUsageRecorder, type Tally } from './usage.js'
import { createWatch } from './watch.js'

const RENEWED_KEYS = placesFor(10_000)

/** What the keys of a gate are made from. */
export interface KeysContext<T> extends Pick<
  KeyRoom,
  'catalogue' | 'checkPlan' | 'clock' | 'environments' | 'isNetwork' | 'prefix' | 'rotateAfter'
> {
  readonly store: KeyStore
  /** Absent: the store's own feed. */
  readonly changes: KeyChangeFeed | undefined
  readonly peppers: readonly string[]
  /** Absent: nobody is told of changes. */
  readonly journal: KeyJournal | undefined
  /** What is remembered of a record. */
  readonly prepare: (record: KeyRecord) => T
  readonly onError: (error: unknown) => void
}

/** What somebody does with keys. */
export interface ActingOnKeys<S extends string = string> {
  readonly keys: Keys<S>
  /** For requests that may be repeated. */
  readonly createOnce: (input: CreateKeyInput, occasion: Occasion) => Promise<IssuedKey>
  /** For callers of the key endpoints. */
  readonly judged: JudgedKeys
}

/** Everything about keys that outlives a request. */
export interface OpenKeys<S extends string, T> {
  /** The same keys for whoever a request let in; without one, for code of the server. */
  readonly acting: (by?: Grant) => ActingOnKeys<S>
  readonly cache: KeyCache<T>
  readonly used: (tally: Tally) => void
  readonly close: () => Promise<void>
}

export function openKeys<S extends string, T extends object>(
  context: KeysContext<T>,
): OpenKeys<S, T> {
  const { peppers, prepare, clock, onError } = context
  const store = createBoundedStore(context.store, context.changes)
  const digester = createDigester(peppers)
  const elapsed = createElapsed(clock)
  const watch = createWatch(store.changes, elapsed, onError)
  const usage = createUsageRecorder(store, clock, onError)
  // Once for each process: instances that disagree about the current pepper would renew against each other.
  const renewed = new LRUCache<string, true>(RENEWED_KEYS)
  const outdated = (record: KeyRecord, fingerprint: string) => {
    if (renewed.has(record.id)) return
    renewed.set(record.id, true)
    const later = () => renewed.delete(record.id)
    renewDigest(room, record, fingerprint).then(
      (done) => done || later(),
      (error: unknown) => {
        later()
        onError(error)
      },
    )
  }
  const search = createSearch(digester, outdated)
  const cache = createKeyCache({ store, search, watch, elapsed, prepare })
  const { announce, settledBy } = createAnnouncer({ store, clock, onError, changed: cache.changed })
  const { doubt, seen } = cache
  const room: KeyRoom = {
    ...{ ...context, store, imports: store, digester, announce, settledBy, seen, doubt },
    flushUsage: usage.flush,
  }
  const acting = (by?: Grant) => {
    const own = recordedRoom(room, store, context.journal, by)
    return {
      keys: createKeys<S>(own),
      createOnce: (input: CreateKeyInput, occasion: Occasion) =>
        createKeyOnce(own, input, occasion),
      judged: createJudgedKeys(own),
    }
  }
  return {
    acting,
    cache,
    used: usage.used,
    async close() {
      await Promise.all([usage.close(), watch.close()])
    },
  }
}

function recordedRoom(
  room: KeyRoom,
  store: BoundedKeyStore,
  journal: KeyJournal | undefined,
  by: Grant | undefined,
): KeyRoom {
  if (journal === undefined) return room
  const tell = (events: readonly KeyEvent[]) => journal(events, by)
  const imports = createRecordedStore(store, tell, 'import')
  return { ...room, store: createRecordedStore(store, tell), imports }
}
