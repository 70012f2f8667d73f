import { strict as assert } from 'node:assert'
import { DuplicateKeyError } from '../../core/errors.js'
import type { KeyRecord } from '../../keys/record.js'
import { assertStored, atOnce, insertAll, record, type StoreCase } from './case.js'

/** What an update does, and what it leaves. */
export const CHANGE_CASES: readonly StoreCase[] = [
  {
    id: 'update',
    name: 'an update applies its patch, takes away what is null and counts the version up',
    async run(store) {
      const key = record({
        ...{ disabledAt: new Date(0), expiresAt: new Date(1), plan: 'pro', limit: 5_000 },
        ...{ disabledOverHttpAt: new Date(0), metadataOverHttp: ['team'] },
        ...{ tenantIds: ['clinic_1'], resources: ['records/rec_1'] },
      })
      await store.insert(key)
      const gone = {
        ...{ allowedIps: null, tenantIds: null, resources: null },
        ...{ plan: null, limit: null },
        ...{ expiresAt: null, disabledAt: null },
        ...{ disabledOverHttpAt: null, metadataOverHttp: null },
      }
      const patch = { name: 'New name', ...gone }
      assert.equal(await store.update(key.id, patch, 1), true)
      const rest = Object.entries(key).filter(([field]) => !(field in gone))
      const left = Object.fromEntries(rest) as unknown as KeyRecord
      await assertStored(store, { ...left, name: 'New name', version: 2 })
    },
  },
  {
    id: 'update-everything',
    name: 'an update can change all that a patch names, and changes nothing else',
    async run(store) {
      const key = record({
        ...{ rotatedFrom: 'key_before', retry: { salt: 'a', request: 'b' } },
        createdBy: { keyId: 'key_maker' },
      })
      await store.insert(key)
      const patch = {
        name: '"New" name',
        scopes: [],
        allowedIps: [],
        tenantIds: [],
        resources: ['records/*', 'notes/n_1'],
        plan: 'pro',
        limit: 1,
        metadata: { plan: { seats: 2 } },
        expiresAt: new Date('2031-01-01T00:00:00.456Z'),
        revokedAt: new Date('2030-02-01T00:00:00.321Z'),
        revocationReason: "it's out",
        disabledAt: new Date('2030-01-31T00:00:00.111Z'),
        disabledOverHttpAt: new Date('2030-01-31T00:00:00.111Z'),
        metadataOverHttp: ['plan'],
        rotatedTo: 'key_after',
        rotatedAt: new Date('2030-01-30T00:00:00.222Z'),
        digest: record().digest,
      }
      assert.equal(await store.update(key.id, patch, 1), true)
      await assertStored(store, { ...key, ...patch, version: 2 })
      assert.equal(await store.update(key.id, {}, 2), true)
      await assertStored(store, { ...key, ...patch, version: 3 })
    },
  },
  {
    id: 'update-digest',
    name: 'a key whose digest was renewed is found under the new one, and no longer under the old',
    async run(store, other) {
      const key = record()
      const { digest } = record()
      await store.insert(key)
      assert.equal(await store.update(key.id, { digest }, 1), true)
      await assertStored(other, { ...key, digest, version: 2 })
      assert.equal(await other.findByDigest(key.digest), undefined)
      await store.insert(record({ digest: key.digest }))
    },
  },
  {
    id: 'update-digest-taken',
    name: 'a digest that another key has is refused, and both keys stay as they are',
    async run(store) {
      const [key, taken] = [record(), record()]
      await store.insert(key)
      await store.insert(taken)
      const update = async () => store.update(key.id, { name: 'x', digest: taken.digest }, 1)
      await assert.rejects(update, DuplicateKeyError)
      await assertStored(store, key)
      await assertStored(store, taken)
    },
  },
  {
    id: 'lost-update',
    name: 'of two updates from the same version, one is refused and changes nothing',
    async run(store, other) {
      const key = record()
      await store.insert(key)
      const [first, second] = await atOnce([
        () => store.update(key.id, { name: 'first' }, 1),
        () => other.update(key.id, { disabledAt: new Date(0) }, 1),
      ])
      const done = [first, second].map((result) => result?.status === 'fulfilled' && result.value)
      assert.deepEqual([...done].sort(), [false, true])
      const applied = done[0] ? { name: 'first' } : { disabledAt: new Date(0) }
      await assertStored(store, { ...key, ...applied, version: 2 })
      for (const version of [1, 3]) {
        assert.equal(await store.update(key.id, { name: 'late' }, version), false)
      }
      await assertStored(store, { ...key, ...applied, version: 2 })
    },
  },
  {
    id: 'update-unknown',
    name: 'an update of a key that is not there is refused, and makes none',
    async run(store) {
      assert.equal(await store.update('key_missing', { name: 'x' }, 1), false)
      assert.equal(await store.update('key_missing', { name: 'x' }, 0), false)
      assert.equal(await store.findById('key_missing'), undefined)
    },
  },
  {
    id: 'update-all',
    name: 'several updates, where the store can make them together, are all made',
    async run(store, other) {
      if (store.updateAll === undefined) return
      const keys = await insertAll(store, [{}, {}, {}])
      const revokedAt = new Date('2030-02-01T00:00:00.321Z')
      const changes = keys.map(({ id }, at) => ({
        id,
        patch: { revokedAt, name: `No. ${String(at)}` },
        expectedVersion: 1,
      }))
      assert.equal(await store.updateAll(changes), true)
      for (const [at, key] of keys.entries()) {
        await assertStored(other, { ...key, revokedAt, name: `No. ${String(at)}`, version: 2 })
      }
    },
  },
  {
    id: 'update-all-or-none',
    name: 'of several updates, where the store can make them together, none is made when one cannot be',
    async run(store) {
      if (store.updateAll === undefined) return
      const [key, ...others] = await insertAll(store, [{}, {}])
      const good = { id: key.id, patch: { revokedAt: new Date(0) }, expectedVersion: 1 }
      const id = others[0]?.id ?? ''
      for (const bad of [
        { id, patch: { name: 'late' }, expectedVersion: 7 },
        { id: 'key_missing', patch: { name: 'x' }, expectedVersion: 1 },
      ]) {
        assert.equal(await store.updateAll([good, bad]), false)
        assert.equal(await store.updateAll([bad, good]), false)
      }
      const taken = { id, patch: { digest: key.digest }, expectedVersion: 1 }
      await assert.rejects(async () => store.updateAll?.([good, taken]), DuplicateKeyError)
      for (const one of [key, ...others]) await assertStored(store, one)
    },
  },
]
