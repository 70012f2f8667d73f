import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createGate,
  createMemoryKeyStore,
  DuplicateKeyError,
  type KeyQuery,
  type KeyRecord,
  type KeyStore,
} from 'sallyport'
import { createSqliteKeyStore, openSqliteKeyStore, type OpenSqliteKeyStore } from 'sallyport/sqlite'
import { keyStoreCases } from 'sallyport/testing'
import { DatabaseSync, record, shell, temporaryFolder } from './setup.js'

const folder = temporaryFolder()
const opened: OpenSqliteKeyStore[] = []

async function open(path = ':memory:'): Promise<OpenSqliteKeyStore> {
  const store = await openSqliteKeyStore(path)
  opened.push(store)
  return store
}

afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})
afterAll(folder.remove)

describe.each([
  ['in memory', () => open()],
  ['in a file', () => open(folder.file())],
])('the SQLite store %s', (_, openStore) => {
  for (const { name, run } of keyStoreCases(openStore)) test(name, run)
})

test('brings tables of the first version to what this one needs, with what is in them', async () => {
  const path = folder.file()
  const before = await openSqliteKeyStore(path)
  const key = record()
  await before.insert(key)
  before.close()
  for (const column of ['plan', 'plan_limit']) {
    shell(path, `ALTER TABLE sallyport_keys DROP COLUMN ${column}`)
  }
  shell(path, 'UPDATE sallyport_migrations SET version = 1')
  const store = await open(path)
  expect(await store.findById(key.id)).toEqual(key)
  expect(await store.update(key.id, { plan: 'pro', limit: 5_000 }, 1)).toBe(true)
  expect(await store.findById(key.id)).toEqual({ ...key, plan: 'pro', limit: 5_000, version: 2 })
})

test('keeps every field, whatever it has', async () => {
  const store = await open()
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  const date = fc.date({ noInvalidDate: true })
  const fields = fc.record(
    {
      name: text,
      ownerId: text,
      hint: text,
      environment: text,
      kind: fc.constantFrom('sk', 'pk'),
      scopes: fc.array(text),
      allowedIps: fc.array(text),
      plan: text,
      limit: fc.nat(),
      metadata: fc.dictionary(text, fc.jsonValue()),
      createdAt: date,
      expiresAt: date,
      revokedAt: date,
      revocationReason: text,
      disabledAt: date,
      rotatedFrom: text,
      rotatedTo: text,
      rotatedAt: date,
      retry: fc.record({ salt: text, request: text }),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fields, async (some) => {
      const key = record(some)
      await store.insert(key)
      // Minus nought is nought in JSON.
      const kept = { ...key, metadata: JSON.parse(JSON.stringify(key.metadata)) as object }
      expect(await store.findByDigest(key.digest)).toEqual(kept)
    }),
    {
      examples: [
        [
          {
            metadata: JSON.parse('{"__proto__": {"a": "\\u0000"}}') as Record<string, fc.JsonValue>,
          },
        ],
      ],
    },
  )
})

test.each(['org_1\0', 'org_\ud800'])(
  'refuses text that would come back different: %j',
  async (text) => {
    const store = await open()
    const key = record({ id: 'org_1' })
    await store.insert(key)
    expect(() => store.insert(record({ ownerId: text }))).toThrow(TypeError)
    expect(() => store.update(key.id, { name: text }, 1)).toThrow(TypeError)
    expect(() => store.list({ ownerId: text })).toThrow(TypeError)
    expect(await store.findById(text)).toBeUndefined()
    expect(await store.findById(key.id)).toEqual(key)
  },
)

test('refuses an end that is no date, which would be no end', async () => {
  const store = await open()
  const key = record()
  await store.insert(key)
  expect(() => store.update(key.id, { expiresAt: new Date(NaN) }, 1)).toThrow(TypeError)
  expect(await store.findById(key.id)).toEqual(key)
})

describe('a digest', () => {
  test('is renewed, and the one before it leads nowhere', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    expect(await store.update(key.id, { digest: 'renewed' }, 1)).toBe(true)
    expect(await store.findByDigest('renewed')).toMatchObject({ id: key.id, version: 2 })
    expect(await store.findByDigest(key.digest)).toBeUndefined()
  })

  test('that is taken is not renewed to', async () => {
    const store = await open()
    const [one, other] = [record(), record()]
    await store.insert(one)
    await store.insert(other)
    expect(() => store.update(one.id, { digest: other.digest }, 1)).toThrow(DuplicateKeyError)
    expect(await store.findById(one.id)).toEqual(one)
  })
})

test('several updates are made together or not at all', async () => {
  const store = await open()
  const [one, other] = [record(), record()]
  await store.insert(one)
  await store.insert(other)
  const all = (version: number) =>
    store.updateAll?.([
      { id: one.id, patch: { name: 'new' }, expectedVersion: 1 },
      { id: other.id, patch: { name: 'new' }, expectedVersion: version },
    ])
  expect(await all(7)).toBe(false)
  expect(await store.findById(one.id)).toEqual(one)
  expect(await all(1)).toBe(true)
  for (const { id } of [one, other]) {
    expect(await store.findById(id)).toMatchObject({ name: 'new', version: 2 })
  }
})

describe('a list', () => {
  const DAY = 86_400_000
  const START = Date.UTC(2030, 0, 1)

  /** 200 keys in every state, three of them made in each moment. */
  async function fill(...stores: readonly KeyStore[]) {
    for (let index = 0; index < 200; index++) {
      const at = new Date(START + Math.floor(index / 3) * DAY)
      const maybe = (nth: number, fields: Partial<KeyRecord>) => (index % nth === 0 ? fields : {})
      const key = record({
        // In the order of their making, as the memory has them.
        id: `key_${String(index).padStart(4, '0')}`,
        ownerId: `org_${String(index % 2)}`,
        environment: index % 5 === 0 ? 'test' : 'live',
        createdAt: at,
        ...maybe(3, { expiresAt: new Date(at.getTime() + 30 * DAY) }),
        ...maybe(4, { disabledAt: at }),
        ...maybe(7, { revokedAt: at }),
        ...maybe(6, { rotatedTo: 'key_next', rotatedAt: at }),
      })
      for (const store of stores) await store.insert(key)
    }
  }

  async function everything(store: KeyStore, query: KeyQuery): Promise<string[]> {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    return ids
  }

  test('has what the memory store has, for every filter, order and size of page', async () => {
    const [store, memory] = [await open(), createMemoryKeyStore()]
    await fill(store, memory)
    const at = new Date(START + 40 * DAY)
    const query = fc.record(
      {
        ownerId: fc.constantFrom('org_0', 'org_1', 'org_2'),
        environment: fc.constantFrom('live', 'test'),
        state: fc.constantFrom('active', 'disabled', 'expired', 'revoked'),
        at: fc.constant(at),
        unrotatedSince: fc.constant(new Date(START + 20 * DAY)),
        limit: fc.constantFrom(1, 7, 50, 200),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom('newest', 'oldest'), async (some, order) => {
        const expected = await everything(memory, some)
        const ids = await everything(store, { ...some, order })
        expect(ids).toEqual(order === 'newest' ? expected : expected.reverse())
      }),
    )
  })

  test.each([
    'key_0001',
    '',
    'AAAA',
    Buffer.from('1 a b').toString('base64url'),
    Buffer.from('x key_1').toString('base64url'),
  ])('from an alien cursor leads nowhere: %j', async (cursor) => {
    const store = await open()
    await fill(store)
    expect(await store.list({ cursor })).toEqual({ items: [] })
  })
})

describe('uses', () => {
  const at = (hour: number) => new Date(Date.UTC(2030, 0, 1, hour))
  const use = { environment: 'live', day: '2030-01-01', count: 2, lastUsedAt: at(9) } as const

  test('are added up, the later one is the last, and no record changes', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    const keyId = key.id
    await store.recordUsage([
      { ...use, keyId },
      { ...use, keyId, environment: 'test' },
    ])
    await store.recordUsage([{ ...use, keyId, count: 1, lastUsedAt: at(8) }])
    await store.recordUsage([{ ...use, keyId, day: '2030-01-02', lastUsedAt: at(30) }])
    expect(await store.usageOf?.(keyId, '2030-01-01')).toEqual([
      { ...use, keyId, day: '2030-01-02', lastUsedAt: at(30) },
      { ...use, keyId, count: 3 },
      { ...use, keyId, environment: 'test' },
    ])
    expect(await store.usageOf?.(keyId, '2030-01-02')).toHaveLength(1)
    expect(await store.findById(keyId)).toEqual({ ...key, lastUsedAt: at(30) })
    expect((await store.list({})).items).toEqual([{ ...key, lastUsedAt: at(30) }])
    expect(await store.findByDigest(key.digest)).toEqual(key)
  })

  test('of a key that is not there are dropped, and those beside them kept', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    const keyId = key.id
    await store.recordUsage([
      { ...use, keyId: 'key_none' },
      { ...use, keyId },
    ])
    expect(await store.usageOf?.('key_none', '2030-01-01')).toEqual([])
    expect(await store.usageOf?.(keyId, '2030-01-01')).toHaveLength(1)
  })
})

describe('a row that is spoilt closes its key, and no other', () => {
  test.each([
    ["kind = 'xx'"],
    ["scopes = '[\"read'"],
    ["scopes = '{}'"],
    ["scopes = '[1]'"],
    ["allowed_ips = 'null'"],
    ['allowed_ips = \'"0.0.0.0/0"\''],
    ["metadata = '[]'"],
    ["metadata = ''"],
    ["retry = '{}'"],
    ['created_at = 9000000000000000'],
    ['expires_at = -9000000000000000'],
    ['version = 9007199254740993'],
  ])('%s', async (setting) => {
    const path = folder.file()
    const store = await open(path)
    const errors: unknown[] = []
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme', store },
      scopes: ['read:orders'],
      onError: (error) => errors.push(error),
    })
    const spoilt = await gate.keys.create({ name: 'Spoilt', ownerId: 'org_1' })
    const sound = await gate.keys.create({ name: 'Sound', ownerId: 'org_2' })
    shell(path, `UPDATE sallyport_keys SET ${setting} WHERE id = ?`, spoilt.id)
    expect(await gate.verify(spoilt.secret)).toMatchObject({ reason: 'store_unavailable' })
    expect(await gate.verify(sound.secret)).toMatchObject({ allowed: true })
    expect(errors).toMatchObject([{ name: 'StoreError' }])
    await gate.close()
  })
})

describe('at any size', () => {
  const page = { limit: 50 }
  const at = new Date()
  const created = 'sallyport_keys USING INDEX sallyport_keys'
  const queries: [string, (store: KeyStore) => unknown, string][] = [
    [
      'by digest',
      (store) => store.findByDigest('x'),
      'SEARCH sallyport_keys USING INDEX sqlite_autoindex_sallyport_keys_2 (digest=?)',
    ],
    [
      'by id',
      (store) => store.findById('x'),
      'SEARCH sallyport_keys USING INDEX sqlite_autoindex_sallyport_keys_1 (id=?)',
    ],
    [
      'of an owner',
      (store) => store.list({ ...page, ownerId: 'org_1', environment: 'live' }),
      `SEARCH ${created}_by_owner (owner_id=?)`,
    ],
    [
      'of an environment',
      (store) => store.list({ ...page, environment: 'test', state: 'active', at }),
      `SEARCH ${created}_by_environment (environment=?)`,
    ],
    [
      'revoked',
      (store) => store.list({ ...page, state: 'revoked', at, environment: 'live' }),
      `SCAN ${created}_revoked`,
    ],
    ['expired', (store) => store.list({ ...page, state: 'expired', at }), `SCAN ${created}_ending`],
    [
      'disabled',
      (store) => store.list({ ...page, state: 'disabled', at }),
      `SCAN ${created}_disabled`,
    ],
    ['all', (store) => store.list(page), `SCAN ${created}_by_time`],
    [
      'due',
      (store) => store.list({ ...page, state: 'active', at, unrotatedSince: at, order: 'oldest' }),
      `SEARCH ${created}_unrotated (created_at<?)`,
    ],
  ]

  test.each(queries)('%s: an index leads there, and nothing is sorted', async (_, ask, plan) => {
    const database = new DatabaseSync(':memory:')
    const asked: string[] = []
    const store = createSqliteKeyStore({
      exec: (sql) => {
        database.exec(sql)
      },
      prepare(sql) {
        asked.push(sql)
        return database.prepare(sql)
      },
    })
    await store.migrate()
    await ask(store)
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${asked.at(-1) ?? ''}`).all() as {
      detail: string
    }[]
    const details = steps.map(({ detail }) => detail)
    expect(details[0]).toBe(plan)
    expect(details.join('\n')).not.toMatch(/TEMP B-TREE|SCAN sallyport_key_usage/)
    database.close()
  })

  test('a statement is prepared once, however often it is run', async () => {
    const database = new DatabaseSync(':memory:')
    let prepared = 0
    const store = createSqliteKeyStore({
      exec: (sql) => {
        database.exec(sql)
      },
      prepare(sql) {
        prepared += 1
        return database.prepare(sql)
      },
    })
    await store.migrate()
    const round = async () => {
      const key = record()
      await store.insert(key)
      await store.update(key.id, { name: 'x' }, 1)
      await store.rotate(key.id, 2, new Date(), record())
      await store.list({ ownerId: 'org_1' })
      await store.findByDigest(key.digest)
    }
    await round()
    const before = prepared
    for (let index = 0; index < 20; index++) await round()
    expect(prepared).toBe(before)
    database.close()
  })
})
