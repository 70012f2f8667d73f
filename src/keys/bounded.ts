import { recover, within, type MaybePromise } from '../lib/maybe.js'
import { DuplicateKeyError, StoreError, type KeyStore } from './store.js'

const LIMIT_MS = 250

/** The same store, which answers within 250 ms or throws a StoreError, and throws nothing else but DuplicateKeyError. */
export function createBoundedStore(store: KeyStore, changes = store.changes): KeyStore {
  function bounded<T>(call: () => MaybePromise<T>): MaybePromise<T> {
    const late = () => new StoreError(`The key store did not answer within ${String(LIMIT_MS)} ms.`)
    return recover(() => within(call(), LIMIT_MS, late), rethrow)
  }

  return {
    findByDigest: (digest) => bounded(() => store.findByDigest(digest)),
    findById: (id) => bounded(() => store.findById(id)),
    insert: (record) => bounded(() => store.insert(record)),
    update: (id, patch, version) => bounded(() => store.update(id, patch, version)),
    rotate: (id, version, endsAt, successor) =>
      bounded(() => store.rotate(id, version, endsAt, successor)),
    list: (query) => bounded(() => store.list(query)),
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
    ...(store.concurrency !== undefined && { concurrency: store.concurrency }),
  }
}

function rethrow(cause: unknown): never {
  if (cause instanceof DuplicateKeyError || cause instanceof StoreError) throw cause
  throw new StoreError('The key store failed.', { cause })
}
