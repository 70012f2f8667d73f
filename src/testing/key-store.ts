import { strict as assert } from 'node:assert'
import { hash } from 'node:crypto'
import { randomBase62 } from '../lib/base62.js'
import type { KeyRecord } from '../keys/record.js'
import { DuplicateKeyError, type KeyStore } from '../keys/store.js'
import type { MaybePromise } from '../lib/maybe.js'

/** One case of a suite, for any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface TestCase {
  /** Does not change between versions. */
  readonly id: string
  readonly name: string
  readonly run: () => Promise<void>
}

/** What every KeyStore must do. `open` gives an empty store, or one in which the keys of these cases are new. */
export function keyStoreCases(open: () => MaybePromise<KeyStore>): readonly TestCase[] {
  return CASES.map(({ id, name, run }) => ({
    id,
    name,
    run: async () => {
      await run(await open())
    },
  }))
}

function record(fields: Partial<KeyRecord> = {}): KeyRecord {
  const id = `key_${randomBase62(22)}`
  return {
    id,
    version: 1,
    digest: hash('sha256', id, 'base64url'),
    hint: 'acme_live_sk_...abcd',
    name: 'A key',
    ownerId: `org_${id}`,
    environment: 'live',
    kind: 'sk',
    scopes: ['read:orders'],
    allowedIps: ['203.0.113.0/24'],
    metadata: { team: 'billing', nested: [1, null, true] },
    createdAt: new Date('2030-01-01T00:00:00.123Z'),
    ...fields,
  }
}

interface StoreCase {
  readonly id: string
  readonly name: string
  readonly run: (store: KeyStore) => Promise<void>
}

const CASES: readonly StoreCase[] = [
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
    id: 'duplicate',
    name: 'an id or a digest is taken once',
    async run(store) {
      const key = record()
      await store.insert(key)
      const insert = async (fields: Partial<KeyRecord>) => {
        await store.insert(record(fields))
      }
      await assert.rejects(insert({ id: key.id }), DuplicateKeyError)
      await assert.rejects(insert({ digest: key.digest }), DuplicateKeyError)
    },
  },
  {
    id: 'update',
    name: 'an update applies its patch, takes away what is null and counts the version up',
    async run(store) {
      const key = record({ disabledAt: new Date(0) })
      await store.insert(key)
      const patch = { name: 'New name', disabledAt: null, allowedIps: null }
      assert.equal(await store.update(key.id, patch, 1), true)
      const { disabledAt: _, allowedIps: __, ...rest } = key
      assert.deepEqual(
        { ...(await store.findById(key.id)) },
        { ...rest, name: 'New name', version: 2 },
      )
    },
  },
  {
    id: 'lost-update',
    name: 'of two updates from the same version, one is refused and changes nothing',
    async run(store) {
      const key = record()
      await store.insert(key)
      const attempts = ['first', 'second'].map(async (name) => store.update(key.id, { name }, 1))
      const done = await Promise.all(attempts)
      assert.deepEqual([...done].sort(), [false, true])
      assert.equal((await store.findById(key.id))?.version, 2)
      assert.equal(await store.update('key_missing', { name: 'x' }, 1), false)
    },
  },
  {
    id: 'rotate',
    name: 'a rotation ends the key, links it and inserts its successor',
    async run(store) {
      const key = record()
      const successor = record({ rotatedFrom: key.id })
      const endsAt = new Date('2030-01-02T00:00:00.789Z')
      await store.insert(key)
      assert.equal(await store.rotate(key.id, 1, endsAt, successor), true)
      const old = await store.findById(key.id)
      assert.deepEqual([old?.expiresAt, old?.rotatedTo, old?.version], [endsAt, successor.id, 2])
      assert.deepEqual({ ...(await store.findByDigest(successor.digest)) }, successor)
    },
  },
  {
    id: 'rotate-atomic',
    name: 'a rotation from an old version, or to a taken digest, leaves both as they were',
    async run(store) {
      const key = record()
      const successor = record()
      await store.insert(key)
      assert.equal(await store.rotate(key.id, 7, new Date(), successor), false)
      assert.equal(await store.findById(successor.id), undefined)
      const rotate = async () => store.rotate(key.id, 1, new Date(), record({ digest: key.digest }))
      await assert.rejects(rotate(), DuplicateKeyError)
      assert.deepEqual({ ...(await store.findById(key.id)) }, key)
    },
  },
  {
    id: 'list',
    name: 'a list has the keys of an owner and an environment, newest first, each once over its pages',
    async run(store) {
      const ownerId = `org_${randomBase62(8)}`
      const keys = [1, 2, 3, 4, 5].map((day) =>
        record({ ownerId, createdAt: new Date(Date.UTC(2030, 0, day)) }),
      )
      for (const key of [...keys, record({ ownerId, environment: 'test' }), record()]) {
        await store.insert(key)
      }
      const listed: string[] = []
      let cursor: string | undefined
      do {
        const more = cursor === undefined ? {} : { cursor }
        const page = await store.list({ ownerId, environment: 'live', limit: 2, ...more })
        assert.ok(page.items.length <= 2)
        listed.push(...page.items.map(({ id }) => id))
        cursor = page.cursor
      } while (cursor !== undefined)
      assert.deepEqual(listed, keys.map(({ id }) => id).reverse())
    },
  },
]
