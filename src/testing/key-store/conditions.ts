import { strict as assert } from 'node:assert'
import { assertStored, record, type StoreCase } from './case.js'

const MINUTE_MS = 60_000

/**
 * Changes that are made for a caller, and only while that is as it was judged. A store without `suspendCreation` does not offer this: the gate then
 * goes by a read that it has made a moment before.
 */
export const CONDITION_CASES: readonly StoreCase[] = [
  {
    id: 'condition-insert',
    name: 'an insertion is made only while the key that asks is of the version that was judged',
    async run(store, other) {
      if (store.suspendCreation === undefined) return
      const { caller, ownerId } = await openCaller(store)
      for (const key of [
        { id: caller.id, version: 2 },
        { id: 'key_missing', version: 1 },
      ]) {
        const made = record({ ownerId })
        assert.equal(await store.insert(made, { ownerId, key }), false)
        assert.equal(await other.findById(made.id), undefined)
      }
      const made = record({ ownerId })
      const key = { id: caller.id, version: 1 }
      assert.notEqual(await store.insert(made, { ownerId, key }), false)
      await assertStored(other, made)
    },
  },
  {
    id: 'condition-change',
    name: 'an update and a rotation are made only while the key that asks is of that version',
    async run(store, other) {
      if (store.suspendCreation === undefined) return
      const { caller, ownerId } = await openCaller(store)
      const target = record({ ownerId })
      await store.insert(target)
      const stale = { ownerId, key: { id: caller.id, version: 7 } }
      const successor = record({ ownerId, rotatedFrom: target.id })
      assert.equal(await store.update(target.id, { name: 'Other' }, 1, stale), false)
      assert.equal(await store.rotate(target.id, 1, target.createdAt, successor, stale), false)
      await assertStored(other, target)
      assert.equal(await other.findById(successor.id), undefined)
      const sound = { ownerId, key: { id: caller.id, version: 1 } }
      assert.equal(await store.update(target.id, { name: 'Other' }, 1, sound), true)
      const itself = await store.update(caller.id, { name: 'Other' }, 1, sound)
      assert.equal(itself, true)
    },
  },
  {
    id: 'condition-suspended',
    name: 'while the making of keys is suspended, no caller of that owner makes one',
    async run(store, other) {
      if (store.suspendCreation === undefined) return
      const { caller, ownerId } = await openCaller(store)
      const conditions = [{ ownerId }, { ownerId, key: { id: caller.id, version: 1 } }]
      await other.suspendCreation?.(ownerId, 'call_1', MINUTE_MS)
      for (const provided of conditions) {
        const made = record({ ownerId })
        assert.equal(await store.insert(made, provided), false)
        const ends = caller.createdAt
        const rotated = await store.rotate(caller.id, 1, ends, record({ ownerId }), provided)
        assert.equal(rotated, false)
      }
      assert.notEqual(await store.insert(record({ ownerId })), false)
      assert.notEqual(await store.insert(record(), { ownerId: 'org_other' }), false)
      await other.suspendCreation?.(ownerId, 'call_1', 0)
      for (const provided of conditions) {
        assert.notEqual(await store.insert(record({ ownerId }), provided), false)
      }
    },
  },
  {
    id: 'condition-suspended-twice',
    name: 'the making of keys is suspended until the last who asked for it has lifted that',
    async run(store, other) {
      if (store.suspendCreation === undefined) return
      const { ownerId } = await openCaller(store)
      const canMake = async () => (await store.insert(record({ ownerId }), { ownerId })) !== false
      await store.suspendCreation(ownerId, 'call_1', MINUTE_MS)
      await other.suspendCreation?.(ownerId, 'call_2', MINUTE_MS)
      await store.suspendCreation(ownerId, 'call_1', 0)
      assert.equal(await canMake(), false)
      // Who lifts again, or what was never there, lifts nothing else.
      await store.suspendCreation(ownerId, 'call_1', 0)
      await store.suspendCreation('org_other', 'call_2', 0)
      assert.equal(await canMake(), false)
      await store.suspendCreation(ownerId, 'call_2', 0)
      assert.equal(await canMake(), true)
    },
  },
  {
    id: 'condition-suspension-ends',
    name: 'a suspension ends by itself unless it is renewed',
    async run(store, other) {
      if (store.suspendCreation === undefined) return
      const { ownerId } = await openCaller(store)
      const canMake = async () => (await store.insert(record({ ownerId }), { ownerId })) !== false
      await store.suspendCreation(ownerId, 'call_1', 300)
      await other.suspendCreation?.(ownerId, 'call_2', 300)
      await store.suspendCreation(ownerId, 'call_1', MINUTE_MS)
      await pause(400)
      assert.equal(await canMake(), false)
      await store.suspendCreation(ownerId, 'call_1', 0)
      assert.equal(await canMake(), true)
    },
  },
  {
    id: 'update-any-version',
    name: 'several updates of any version are made, or refused and not made',
    async run(store, other) {
      if (store.updateAll === undefined) return
      const key = record()
      await store.insert(key)
      await store.update(key.id, { name: 'Other' }, 1)
      const revokedAt = new Date('2030-01-02T00:00:00.000Z')
      const done = await store.updateAll([{ id: key.id, patch: { revokedAt } }])
      const expected = done ? { revokedAt, version: 3 } : { version: 2 }
      await assertStored(other, { ...key, name: 'Other', ...expected })
      const missing = [{ id: 'key_missing', patch: { revokedAt } }]
      assert.equal(await store.updateAll(missing), false)
    },
  },
]

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

async function openCaller(store: Parameters<StoreCase['run']>[0]) {
  const caller = record()
  await store.insert(caller)
  return { caller, ownerId: caller.ownerId }
}
