import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Pool } from 'pg'
import type { KeyRecord } from 'sallyport'
import {
  createPostgresKeyStore,
  type OpenPostgres,
  type PostgresKeyStore,
} from 'sallyport/postgres'
import { keyStoreCases } from 'sallyport/testing'
import { databaseUrl, describeWith } from '../../services.js'
import { dose } from '../../dose.js'
import { openEmbedded } from './embedded.js'
import { record } from './records.js'
import { createSchema, openIn, type Schema } from './schema.js'

type Query = (text: string, values?: unknown[]) => Promise<unknown>

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let store: PostgresKeyStore

  beforeAll(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema)
    store = createPostgresKeyStore(pool)
    await store.migrate()
  })
  afterAll(async () => {
    await pool.end()
    await schema.drop()
  })

  describe('through a pool with the limits', () => {
    test.each(keyStoreCases(() => store))('$name', ({ run }) => run())
  })

  describe('through a pool without', () => {
    let plain: Pool
    beforeAll(() => {
      plain = new Pool({ connectionString: schema.url })
    })
    afterAll(() => plain.end())
    const cases = keyStoreCases(() => createPostgresKeyStore(plain))
    // Every third one in the smaller dose: statements are the same, and go another way.
    test.each(cases.filter((_, at) => dose(at % 3 === 0, true)))('$name', ({ run }) => run())
  })

  describeStore(
    () => store,
    (text, values) => schema.query(text, values),
  )
})

describe('PGlite', () => {
  let database: PGlite
  let store: PostgresKeyStore
  beforeAll(async () => {
    database = await openEmbedded()
    store = createPostgresKeyStore(database)
    await store.migrate()
  }, 60_000)
  afterAll(() => database.close())

  test.each(keyStoreCases(() => store))('$name', ({ run }) => run())

  describeStore(
    () => store,
    (text, values) => database.query(text, values),
  )
})

function describeStore(open: () => PostgresKeyStore, query: Query): void {
  const insert = async (fields: Partial<KeyRecord> = {}) => {
    const key = record(fields)
    await open().insert(key)
    return key
  }
  const pagesOf = async (filter: object) => {
    const pages: string[][] = []
    let cursor: string | undefined
    do {
      const page = await open().list({ ...filter, ...(cursor !== undefined && { cursor }) })
      pages.push(page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    return pages
  }

  test('every field comes back as it was given, at the ends of what it can be too', async () => {
    const key = await insert({
      name: `'; DROP TABLE "x" -- \\ {a,b} \u{1f511} ${'n'.repeat(100)}`,
      scopes: ['a,b', '"', '\\', 'NULL', ''],
      allowedIps: [],
      plan: '',
      limit: 1_000_000_000,
      metadata: { z: 1, a: { null: null, deep: [[], {}] }, text: '\u2028' },
      createdAt: new Date(0),
      expiresAt: new Date(8.64e15),
      revokedAt: new Date('0099-01-01T00:00:00.001Z'),
      revocationReason: '',
      disabledAt: new Date('2100-12-31T23:59:59.999Z'),
      rotatedFrom: 'key_a',
      rotatedTo: 'key_b',
      rotatedAt: new Date(1),
      retry: { salt: 's', request: 'r' },
    })
    expect(await open().findById(key.id)).toStrictEqual(key)
    expect(JSON.stringify((await open().findById(key.id))?.metadata)).toBe(
      JSON.stringify(key.metadata),
    )
  })

  test('what is no text in PostgreSQL is the name of nothing', async () => {
    expect(await open().findById('key_\0')).toBeUndefined()
    expect(await open().findByDigest('\0')).toBeUndefined()
    expect(await open().list({ ownerId: '\0' })).toEqual({ items: [] })
    expect(await open().usageOf?.('\0', '2030-01-01')).toEqual([])
  })

  test.each(['9999-12-31T23:59:59.123456Z', '4714-11-24 00:00:00+00 BC'])(
    'keys that were made by hand at %s are each on a page',
    async (start) => {
      const ownerId = `org_${record().id}`
      const keys: KeyRecord[] = []
      for (let made = 0; made < 7; made++) keys.push(await insert({ ownerId }))
      for (const [index, { id }] of keys.entries()) {
        const text = `UPDATE sallyport_keys SET created_at = $3::timestamptz + $1 * interval '1 microsecond' WHERE id = $2`
        await query(text, [index, id, start])
      }
      for (const order of ['newest', 'oldest']) {
        const ids = (await pagesOf({ ownerId, limit: 1, order })).flat()
        expect(ids.sort()).toEqual(keys.map(({ id }) => id).sort())
      }
    },
  )

  test('pages do not part at keys of one millisecond, nor of one instant', async () => {
    const ownerId = `org_${record().id}`
    const keys = await Promise.all(Array.from({ length: 9 }, () => insert({ ownerId })))
    for (const [index, { id }] of keys.entries()) {
      const text = `UPDATE sallyport_keys SET created_at = '2030-01-01T00:00:00.123Z'::timestamptz + $1 * interval '1 microsecond' WHERE id = $2`
      await query(text, [Math.floor(index / 3), id])
    }
    const newest = await pagesOf({ ownerId, limit: 2 })
    expect(newest.map(({ length }) => length)).toEqual([2, 2, 2, 2, 1])
    expect(new Set(newest.flat())).toEqual(new Set(keys.map(({ id }) => id)))
    expect((await pagesOf({ ownerId, limit: 4, order: 'oldest' })).flat()).toEqual(
      newest.flat().reverse(),
    )
  })

  test.each([
    '',
    'x',
    'bm90IG91cnM',
    Buffer.from('2030-99-99T00:00:00.000000Z key_1').toString('base64url'),
    Buffer.from('9223371331200000000 key_1').toString('base64url'),
    Buffer.from('-211813488000000001 key_1').toString('base64url'),
    Buffer.from('5 key_\0').toString('base64url'),
  ])('a cursor that is not ours leads nowhere: %j', async (cursor) => {
    await insert()
    expect(await open().list({ cursor })).toEqual({ items: [] })
  })

  test.each([
    ["metadata = '[]'", 'metadata'],
    ["metadata = 'null'", 'metadata'],
    ["kind = 'xx'", 'kind'],
    ["scopes = '{a,NULL}'", 'scopes'],
    ["allowed_ips = '{NULL}'", 'allowed_ips'],
    ["expires_at = 'infinity'", 'expires_at'],
    ["revoked_at = '-infinity'", 'revoked_at'],
    ["expires_at = '290000-01-01'", undefined],
    ["created_at = '294276-12-31T23:59:59.999999Z'", undefined],
    ['version = 2147483647', undefined],
    ["retry = '{}'", undefined],
    ["retry = '1'", 'retry'],
  ])('a row with %s is refused, or fails for itself alone', async (setting, column) => {
    const ownerId = `org_${record().id}`
    const [bad, good] = [await insert({ ownerId }), await insert({ ownerId })]
    const spoil = query(`UPDATE sallyport_keys SET ${setting} WHERE id = $1`, [bad.id])
    if (column !== undefined) {
      await expect(spoil).rejects.toMatchObject({ constraint: `sallyport_keys_${column}_check` })
      return
    }
    await spoil
    const failure = { name: 'StoreError', message: `The row of key '${bad.id}' is not a key.` }
    await expect(open().findByDigest(bad.digest)).rejects.toMatchObject(failure)
    await expect(open().findById(bad.id)).rejects.toMatchObject(failure)
    expect(await open().findByDigest(good.digest)).toStrictEqual(good)
    expect((await open().list({ ownerId })).items).toStrictEqual([good])
    for (const order of ['newest', 'oldest']) {
      expect((await pagesOf({ ownerId, limit: 1, order })).flat()).toEqual([good.id])
    }
  })

  test('metadata keeps a name that each object has', async () => {
    const metadata = { constructor: 'Acme', prototype: '1' }
    const { id } = await insert({ metadata })
    expect(JSON.stringify((await open().findById(id))?.metadata)).toBe(JSON.stringify(metadata))
  })

  test('a change by hand counts the version up, and none takes it back', async () => {
    const { id } = await insert()
    const versionAfter = async (setting: string) => {
      await query(`UPDATE sallyport_keys SET ${setting} WHERE id = $1`, [id])
      return (await open().findById(id))?.version
    }
    expect(await versionAfter("name = 'By hand'")).toBe(2)
    expect(await versionAfter('version = 1')).toBe(3)
    await expect(versionAfter("id = 'key_other'")).rejects.toThrow('does not change')
  })
}
