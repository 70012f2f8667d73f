import { isDeeperThan } from '../lib/depth.js'
import { recover, then, within, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../terms/outages.js'
import { createBulkhead, type Bulkhead } from './bulkhead.js'
import { MAX_METADATA_DEPTH, type KeyRecord } from './record.js'
import { DuplicateKeyError, StoreError, type KeyStore } from './store.js'

const LIMIT_MS = 250
/** Under load some calls come too late and others do not: an outage is over when none has failed for so long. */
const STEADY_MS = 1_000

/** A store that answers in time, and keeps some of itself back from a flood. */
export interface BoundedKeyStore extends KeyStore {
  /** `findByDigest` for a secret that was not seen lately: such look-ups take half of what the store can do at once. */
  findStranger(digest: string): ReturnType<KeyStore['findByDigest']>
}

/** The same store, which answers within 250 ms or throws a StoreError, and throws nothing else but DuplicateKeyError. */
export function createBoundedStore(store: KeyStore, changes = store.changes): BoundedKeyStore {
  const { concurrency } = store
  const inTurn: Bulkhead =
    concurrency === undefined
      ? (call) => call()
      : createBulkhead(Math.max(1, Math.floor(concurrency / 2)))

  const outage = new OutageReporter('key_store', { store })
  let failedAt: number | undefined

  function answered<T>(value: T): T {
    if (failedAt !== undefined && performance.now() - failedAt >= STEADY_MS) {
      failedAt = undefined
      outage.over()
    }
    return value
  }

  function failed(cause: unknown): never {
    if (cause instanceof DuplicateKeyError) throw cause
    const error = storeErrorOf(cause)
    failedAt = performance.now()
    outage.begun(error)
    throw error
  }

  function bounded<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    const late = () => new StoreError(`The key store did not answer within ${String(LIMIT_MS)} ms.`)
    return then(
      recover(() => within(call(), LIMIT_MS, late), failed),
      answered,
    )
  }

  /** What is wrong with one record is no outage. */
  function found(call: () => ReturnType<KeyStore['findById']>): ReturnType<KeyStore['findById']> {
    return recover(
      () => then(bounded(call), understood),
      (cause) => {
        throw storeErrorOf(cause)
      },
    )
  }

  return {
    findByDigest: (digest) => found(() => store.findByDigest(digest)),
    findStranger: (digest) => found(() => inTurn(() => store.findByDigest(digest))),
    findById: (id) => found(() => store.findById(id)),
    insert: (record) => bounded(() => store.insert(record)),
    update: (id, patch, version) => bounded(() => store.update(id, patch, version)),
    rotate: (id, version, endsAt, successor) =>
      bounded(() => store.rotate(id, version, endsAt, successor)),
    list: (query) =>
      bounded(() =>
        then(store.list(query), (page) => ({ ...page, items: page.items.filter(isUnderstood) })),
      ),
    recordUsage: (usage) => bounded(() => store.recordUsage(usage)),
    ...(store.insertAll && {
      insertAll: (records) => bounded(() => store.insertAll?.(records) ?? []),
    }),
    ...(store.updateAll && {
      updateAll: (changes) => bounded(() => store.updateAll?.(changes) ?? false),
    }),
    ...(store.usageOf && {
      usageOf: (id, since) => bounded(() => store.usageOf?.(id, since) ?? []),
    }),
    ...(changes && { changes }),
  }
}

/** What is nested without end cannot be copied: a hand that wrote it closes that key, and no other. */
function isUnderstood({ metadata }: KeyRecord): boolean {
  return !isDeeperThan(metadata, MAX_METADATA_DEPTH)
}

/** @throws {StoreError} */
function understood(record: KeyRecord | undefined): KeyRecord | undefined {
  if (record === undefined || isUnderstood(record)) return record
  throw new StoreError(`The metadata of key '${record.id}' is nested too deep.`)
}

function storeErrorOf(cause: unknown): StoreError {
  return cause instanceof StoreError ? cause : new StoreError('The key store failed.', { cause })
}
