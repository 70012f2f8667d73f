import { strict as assert } from 'node:assert'
import { DuplicateKeyError } from '../../core/errors.js'
import { assertStored, atOnce, record, type StoreCase } from './case.js'

const ENDS_AT = new Date('2030-01-02T00:00:00.789Z')

/** Both rows or neither. */
export const ROTATION_CASES: readonly StoreCase[] = [
  {
    id: 'rotate',
    name: 'a rotation ends the key, links it and inserts its successor',
    async run(store, other) {
      const key = record({ expiresAt: new Date('2031-01-01T00:00:00.000Z') })
      const createdAt = new Date('2030-01-01T12:00:00.987Z')
      const successor = record({ rotatedFrom: key.id, ownerId: key.ownerId, createdAt })
      await store.insert(key)
      assert.equal(await store.rotate(key.id, 1, ENDS_AT, successor), true)
      const links = { expiresAt: ENDS_AT, rotatedTo: successor.id, rotatedAt: createdAt }
      await assertStored(other, { ...key, ...links, version: 2 })
      await assertStored(other, successor)
    },
  },
  {
    id: 'rotate-atomic',
    name: 'a rotation from an old version, or to a taken id or digest, leaves both as they were',
    async run(store) {
      const key = record()
      const successor = record({ ownerId: key.ownerId })
      await store.insert(key)
      for (const version of [0, 2, 7]) {
        assert.equal(await store.rotate(key.id, version, ENDS_AT, successor), false)
        assert.equal(await store.findById(successor.id), undefined)
        assert.equal(await store.findByDigest(successor.digest), undefined)
      }
      for (const taken of [{ digest: key.digest }, { id: key.id }]) {
        const rotate = async () => store.rotate(key.id, 1, ENDS_AT, { ...successor, ...taken })
        await assert.rejects(rotate, DuplicateKeyError)
        await assertStored(store, key)
        assert.equal(await store.findById(successor.id), undefined)
      }
      assert.equal(await store.rotate(key.id, 1, ENDS_AT, successor), true)
    },
  },
  {
    id: 'rotate-unknown',
    name: 'a rotation of a key that is not there is refused, and inserts no successor',
    async run(store) {
      const successor = record()
      assert.equal(await store.rotate('key_missing', 1, ENDS_AT, successor), false)
      assert.equal(await store.findById(successor.id), undefined)
    },
  },
  {
    id: 'rotate-at-once',
    name: 'of a rotation and a revocation from the same version, one is refused and leaves nothing',
    async run(store, other) {
      for (let time = 0; time < 5; time++) {
        const key = record()
        const successor = record({ rotatedFrom: key.id })
        await store.insert(key)
        const revokedAt = new Date(0)
        const rotate = () => store.rotate(key.id, 1, ENDS_AT, successor)
        const revoke = () => other.update(key.id, { revokedAt }, 1)
        const first = time % 2 === 0
        const results = await atOnce(first ? [rotate, revoke] : [revoke, rotate])
        const done = results.map((result) => result.status === 'fulfilled' && result.value)
        const [rotated, revoked] = first ? done : [...done].reverse()
        assert.notEqual(rotated, revoked)
        const found = await store.findById(key.id)
        assert.deepEqual([found?.version, found?.revokedAt !== undefined], [2, revoked])
        assert.equal((await store.findById(successor.id)) !== undefined, rotated)
      }
    },
  },
]
