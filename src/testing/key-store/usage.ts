import { strict as assert } from 'node:assert'
import type { KeyStore, KeyUsage } from '../../keys/key-store.js'
import { assertStored, atOnce, record, type StoreCase } from './case.js'

export function use(keyId: string, fields: Partial<KeyUsage> = {}): KeyUsage {
  return {
    keyId,
    environment: 'live',
    day: '2030-01-31',
    count: 1,
    lastUsedAt: new Date('2030-01-31T10:00:00.123Z'),
    ...fields,
  }
}

/** A store that does not tell its counts is taken at its word. */
async function assertUsage(
  store: KeyStore,
  keyId: string,
  sinceDay: string,
  expected: readonly KeyUsage[],
): Promise<void> {
  const told = (await store.usageOf?.(keyId, sinceDay)) ?? expected
  // A list of the store's own, whatever it is made of.
  assert.deepEqual(
    Array.from(told, (one) => ({ ...one })),
    expected,
  )
}

/** What is remembered of uses, and what it must not touch. */
export const USAGE_CASES: readonly StoreCase[] = [
  {
    id: 'usage-adds-up',
    name: 'counts add up by key, environment and day, where the store tells them',
    async run(store, other) {
      const key = record()
      await store.insert(key)
      await store.recordUsage([])
      await store.recordUsage([use(key.id, { count: 2 }), use(key.id, { count: 3 })])
      await store.recordUsage([use(key.id, { count: 1_000_000 })])
      await assertUsage(other, key.id, '2030-01-01', [use(key.id, { count: 1_000_005 })])
    },
  },
  {
    id: 'usage-at-once',
    name: 'counts that are told at the same time are all counted, where the store tells them',
    async run(store, other) {
      const keys = [record(), record()] as const
      for (const key of keys) await store.insert(key)
      const ids = keys.map(({ id }) => id)
      const calls = [store, other, store, other, store, other].map((handle, at) => async () => {
        const order = at % 2 === 0 ? ids : [...ids].reverse()
        await handle.recordUsage(order.map((id) => use(id, { count: 7 })))
      })
      const failed = (await atOnce(calls)).filter(({ status }) => status === 'rejected')
      assert.deepEqual(failed, [])
      for (const id of ids) await assertUsage(store, id, '1970-01-01', [use(id, { count: 42 })])
    },
  },
  {
    id: 'usage-latest',
    name: 'the latest use is the one that counts, in whatever order uses are told',
    async run(store) {
      const [key, unused] = [record(), record()]
      await store.insert(key)
      await store.insert({ ...unused, ownerId: key.ownerId })
      const early = use(key.id)
      const late = use(key.id, { lastUsedAt: new Date('2030-01-31T10:00:00.124Z') })
      const before = use(key.id, {
        day: '2030-01-30',
        lastUsedAt: new Date('2030-01-30T23:59:00Z'),
      })
      for (const told of [early, late, early, before]) await store.recordUsage([told])
      const listed = (await store.list({ ownerId: key.ownerId })).items
      for (const one of [await store.findById(key.id), listed.find(({ id }) => id === key.id)]) {
        assert.deepEqual({ ...one }, { ...key, lastUsedAt: late.lastUsedAt })
      }
      await assertStored(store, { ...unused, ownerId: key.ownerId })
      await assertUsage(store, key.id, '2030-01-31', [{ ...late, count: 3 }])
    },
  },
  {
    id: 'usage-beside',
    name: 'a use changes no record: a revoked key stays revoked, and its version stays what it was',
    async run(store, other) {
      const key = record()
      await store.insert(key)
      const revokedAt = new Date('2030-01-31T09:00:00.000Z')
      const [, revocation] = await atOnce<unknown>([
        () => other.recordUsage([use(key.id)]),
        () => store.update(key.id, { revokedAt }, 1),
        () => other.recordUsage([use(key.id)]),
      ])
      assert.deepEqual(revocation, { status: 'fulfilled', value: true })
      await store.recordUsage([use(key.id)])
      const { lastUsedAt: _, ...found } = (await store.findByDigest(key.digest)) ?? record()
      assert.deepEqual(found, { ...key, revokedAt, version: 2 })
      assert.equal(await store.update(key.id, { name: 'Used' }, 2), true)
    },
  },
  {
    id: 'usage-unknown',
    name: 'uses of a key that is not there are dropped, and those of others beside them are not',
    async run(store) {
      const key = record()
      await store.insert(key)
      await store.recordUsage([use('key_missing'), use(key.id), use('key_missing')])
      assert.deepEqual((await store.findById(key.id))?.lastUsedAt, use(key.id).lastUsedAt)
      assert.equal(await store.findById('key_missing'), undefined)
      await assertUsage(store, 'key_missing', '1970-01-01', [])
    },
  },
  {
    id: 'usage-of',
    name: 'days on which a key was used, where the store tells them, come latest first, from a day on',
    async run(store) {
      const [key, other] = [record(), record()]
      for (const one of [key, other]) await store.insert(one)
      const days = ['2030-01-02', '2029-12-31', '2030-01-10', '2030-01-09']
      const uses = days.map((day) =>
        use(key.id, { day, lastUsedAt: new Date(`${day}T01:02:03.004Z`) }),
      )
      const test = use(key.id, { environment: 'test', day: '2030-01-05' })
      await store.recordUsage([...uses, test, use(other.id, { count: 9 })])
      const [second = test, , tenth = test, ninth = test] = uses
      await assertUsage(store, key.id, '2030-01-02', [tenth, ninth, test, second])
    },
  },
]
