import { describe, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyStore } from 'sallyport'
import { keyStoreCases } from 'sallyport/testing'

/** The same store, answering later: what is written for stores that answer at once must hold for these too. */
function deferred(store: KeyStore): KeyStore {
  return {
    findByDigest: async (digest) => store.findByDigest(digest),
    findById: async (id) => store.findById(id),
    insert: async (record) => await store.insert(record),
    update: async (id, patch, version) => store.update(id, patch, version),
    rotate: async (id, version, endsAt, successor) => store.rotate(id, version, endsAt, successor),
    list: async (query) => store.list(query),
    recordUsage: async (usage) => store.recordUsage(usage),
    usageOf: async (id, since) => store.usageOf?.(id, since) ?? [],
    updateAll: async (changes) => store.updateAll?.(changes) ?? false,
  }
}

describe.each([
  ['the memory store', createMemoryKeyStore],
  ['the memory store, deferred', () => deferred(createMemoryKeyStore())],
])('%s', (_name, open) => {
  for (const { name, run } of keyStoreCases(open)) test(name, run)
})
