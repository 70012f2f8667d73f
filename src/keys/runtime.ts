import { LRUCache } from 'lru-cache'
import type { Auth } from '../core/auth.js'
import type { ChangedBy } from '../core/changed-by.js'
import { doAll } from '../lib/do-all.js'
import { createElapsed } from '../lib/elapsed.js'
import type { MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import { createAnnouncer } from './announce.js'
import { createAuditedKeyStore, type KeyEvent, type KeyJournal } from './audited-key-store.js'
import type { KeyChangeFeed } from './change-feed.js'
import { createDigester } from './digest.js'
import { createFeedMonitor } from './feed-monitor.js'
import { creatorOf } from './creator.js'
import { importLegacyKey, type LegacyKey } from './import.js'
import { createKeyCache, type KeyCache } from './key-cache.js'
import type { KeyContext } from './key-context.js'
import type { CallerCondition, KeyStore } from './key-store.js'
import type { FindPeppers } from './peppers.js'
import type { KeyRecord } from './record.js'
import { renewDigest } from './renew.js'
import { createSearch } from './search.js'
import { createTimedKeyStore, type TimedKeyStore } from './store-timeout.js'
import { createUsageRecorder, type UsageRecorder } from './usage.js'

const RENEWED_KEYS = placesFor(10_000)

/** What the keys of a gate are made from. */
export interface KeysContext<T> extends Pick<
  KeyContext,
  'admitKey' | 'catalogue' | 'checkPlan' | 'clock' | 'environments' | 'prefix' | 'rotateAfter'
> {
  readonly store: KeyStore
  /** Absent: the store's own feed. */
  readonly changes: KeyChangeFeed | undefined
  readonly peppers: readonly string[] | FindPeppers
  /** Absent: nobody is told of changes. */
  readonly journal: KeyJournal | undefined
  /** What a change of the store waits for. Absent: nothing. */
  readonly beforeChange: (() => MaybePromise<void>) | undefined
  /** What is remembered of a record. */
  readonly prepare: (record: KeyRecord) => T
  readonly onError: (error: unknown) => void
}

/** What is stored of a caller who asks for a change. */
export interface StoredCaller {
  readonly provided: CallerCondition
  /** Its key, or the key that its token was made from. Absent: it has none, or that is not there any more. */
  readonly record?: KeyRecord
}

/** Everything about keys that outlives a request. */
export interface KeyRuntime<T> {
  /** What code of the server works with; and whoever acts for the operator, by name. */
  readonly contextFor: (by?: ChangedBy) => KeyContext
  /** What those work with who may not do everything. `provided` must still hold of them when a change is made. */
  readonly heldContextFor: (by: ChangedBy, provided: CallerCondition | undefined) => KeyContext
  /**
   * What is stored now of the key behind a caller; and what is remembered of it is no answer any more. A change lasts longer than what an instance
   * remembers. @throws {StoreError}
   */
  readonly lookAgain: (auth: Auth) => Promise<StoredCaller>
  /** Stores the key of a secret that the app has verified. Resolves to whether the secret is that of a key now. @throws {MisuseError} @throws {StoreError} */
  readonly importLegacy: (secret: string, input: LegacyKey) => Promise<boolean>
  readonly cache: KeyCache<T>
  readonly usage: UsageRecorder
  readonly close: () => Promise<void>
}

export function createKeyRuntime<T extends object>(context: KeysContext<T>): KeyRuntime<T> {
  const { peppers, prepare, clock, onError } = context
  const store = createTimedKeyStore(context.store, context)
  const digester = createDigester(peppers, { clock, onError })
  const elapsed = createElapsed(clock)
  const monitor = createFeedMonitor(store.changes, elapsed, onError)
  const usage = createUsageRecorder(store, clock, onError)
  // Once for each process: instances that disagree about the current pepper would renew against each other.
  const renewed = new LRUCache<string, true>(RENEWED_KEYS)
  const outdated = (record: KeyRecord, fingerprint: string) => {
    if (renewed.has(record.id)) return
    renewed.set(record.id, true)
    const later = () => renewed.delete(record.id)
    renewDigest(shared, record, fingerprint).then(
      (done) => done || later(),
      (error: unknown) => {
        later()
        onError(error)
      },
    )
  }
  const search = createSearch(digester, outdated)
  const cache = createKeyCache({ store, search, monitor, elapsed, prepare })
  const { announce, settledBy } = createAnnouncer({ store, clock, onError, changed: cache.changed })
  const { invalidate, issued, observed } = cache
  const shared: KeyContext = {
    ...context,
    store,
    imports: store,
    digester,
    announce,
    settledBy,
    observed,
    issued,
    invalidate,
    flushUsage: usage.flush,
  }
  const contextFor = (by?: ChangedBy): KeyContext =>
    auditedContext(by ? { ...shared, creator: creatorOf(by.auth) } : shared, store, context, by)
  return {
    contextFor,
    heldContextFor: (by, provided) => ({
      ...contextFor(by),
      ...(provided && { provided }),
    }),
    async lookAgain({ ownerId, keyId }) {
      if (keyId === undefined) return { provided: { ownerId } }
      const record = await store.findById(keyId)
      invalidate(keyId)
      const key = { id: keyId, version: record?.version ?? 0 }
      return { provided: { ownerId, key }, ...(record && { record }) }
    },
    importLegacy: (secret, input) => importLegacyKey(contextFor(), secret, input),
    cache,
    usage,
    close: () => doAll([cache.close, usage.close, () => monitor.close()]),
  }
}

function auditedContext(
  context: KeyContext,
  store: TimedKeyStore,
  { journal }: { readonly journal: KeyJournal | undefined },
  by: ChangedBy | undefined,
): KeyContext {
  if (journal === undefined) return context
  const tell = (events: readonly KeyEvent[]) => journal(events, by)
  const imports = createAuditedKeyStore(store, tell, 'import')
  return { ...context, store: createAuditedKeyStore(store, tell), imports }
}
