import { strict as assert } from 'node:assert'
import { DuplicateKeyError } from '../../core/errors.js'
import { assertStored, atOnce, record, type StoreCase } from './case.js'

/** What is in a store, and what is not. */
export const FIND_CASES: readonly StoreCase[] = [
  {
    id: 'find',
    name: 'a key is found by its digest and by its id, with all its fields',
    async run(store) {
      const key = record({ expiresAt: new Date('2031-01-01T00:00:00.456Z') })
      await store.insert(key)
      assert.deepEqual({ ...(await store.findByDigest(key.digest)) }, key)
      assert.deepEqual({ ...(await store.findById(key.id)) }, key)
    },
  },
  {
    id: 'find-nothing',
    name: 'what was never stored is undefined, not an error',
    async run(store) {
      assert.equal(await store.findByDigest(record().digest), undefined)
      assert.equal(await store.findById('key_missing'), undefined)
    },
  },
  {
    id: 'find-exactly',
    name: 'an id or a digest in other letters is another',
    async run(store) {
      const key = record()
      await store.insert(key)
      const other = (text: string) =>
        text.replace(/[a-z]/gi, (letter) =>
          letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
        )
      assert.equal(await store.findByDigest(other(key.digest)), undefined)
      assert.equal(await store.findById(other(key.id)), undefined)
    },
  },
  {
    id: 'duplicate',
    name: 'an id or a digest is taken once, and the key that has it stays as it is',
    async run(store) {
      const key = record()
      await store.insert(key)
      for (const taken of [{ id: key.id }, { digest: key.digest }]) {
        const insert = async () => {
          await store.insert(record({ name: 'Another', ...taken }))
        }
        await assert.rejects(insert, DuplicateKeyError)
        await assertStored(store, key)
      }
    },
  },
  {
    id: 'duplicate-at-once',
    name: 'of two keys with one digest that are stored at the same time, one is refused',
    async run(store, other) {
      const keys = [record(), record()] as const
      const { digest } = keys[0]
      const results = await atOnce([
        () => store.insert(keys[0]),
        () => other.insert({ ...keys[1], digest }),
      ])
      const refused = results.filter((result) => result.status === 'rejected')
      assert.equal(refused.length, 1)
      assert.ok(refused.every(({ reason }) => reason instanceof DuplicateKeyError))
      const found = await Promise.all(keys.map(async ({ id }) => store.findById(id)))
      assert.equal(found.filter((one) => one !== undefined).length, 1)
    },
  },
  {
    id: 'insert-all',
    name: 'of several new keys, where the store can insert them together, those that are free are, and it says which',
    async run(store, other) {
      if (store.insertAll === undefined) return
      const [first, second, third] = [record(), record(), record()]
      const taken = [record({ id: first.id }), record({ digest: second.digest })]
      assert.deepEqual(
        [...(await store.insertAll([first, second, ...taken]))],
        [true, true, false, false],
      )
      assert.deepEqual([...((await other.insertAll?.([second, third])) ?? [])], [false, true])
      for (const key of [first, second, third]) {
        assert.deepEqual({ ...(await other.findByDigest(key.digest)) }, key)
      }
    },
  },
  {
    id: 'stale-read',
    name: 'what is written is read at once, by digest, by id and in a list, through any handle',
    async run(store, other) {
      for (let time = 0; time < 5; time++) {
        const key = record()
        await store.insert(key)
        await assertStored(other, key)
        const revokedAt = new Date('2030-02-01T00:00:00.321Z')
        assert.equal(await store.update(key.id, { revokedAt }, 1), true)
        for (const handle of [other, store]) {
          await assertStored(handle, { ...key, revokedAt, version: 2 })
        }
      }
    },
  },
]
