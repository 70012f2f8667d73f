import { describe, expect, test } from '@jest/globals'
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
    recordUsage: async (usage) => await store.recordUsage(usage),
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

test('events of an owner that has very many push out none of others', () => {
  const { outbox } = createMemoryKeyStore()
  if (outbox === undefined) throw new Error('There is one.')
  void outbox.subscribe(['notify'])
  const events = (ownerId: string, count: number, name: string) =>
    Array.from({ length: count }, (_, at) => {
      const subject = `${name}_${String(at)}`
      return { type: 'key.due', subject, at: new Date(0), data: { ownerId, id: subject } }
    })
  void outbox.add(events('org_2', 20, 'first'))
  void outbox.add(events('org_1', 15_000, 'many'))
  void outbox.add(events('org_2', 20, 'last'))
  const claim = { target: 'notify', holder: 'one', now: new Date(1), until: new Date(2) }
  const claimed = outbox.claim({ ...claim, limit: 20_000 }) as readonly { subject: string }[]
  const subjects = claimed.map(({ subject }) => subject)
  expect(subjects).toHaveLength(10_000)
  const others = subjects.filter((subject) => !subject.startsWith('many'))
  expect(others).toHaveLength(40)
  // Of its own, the oldest went first.
  expect(subjects).not.toContain('many_0')
  expect(subjects).toContain('many_14999')
})
