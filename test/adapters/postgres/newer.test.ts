import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import {
  createPostgresKeyStore,
  type OpenPostgres,
  type PostgresKeyStore,
} from 'sallyport/postgres'
import { databaseUrl, describeWith } from '../../services.js'
import { record } from './records.js'
import { createSchema, openIn, type Schema } from './schema.js'
import { failuresInto } from '../../failures.js'
import { until } from '../until.js'

describeWith(databaseUrl, 'on tables of a newer version', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let store: PostgresKeyStore
  beforeEach(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema)
    store = createPostgresKeyStore(pool)
    await store.migrate()
  })
  afterEach(async () => {
    await pool.end()
    await schema.drop()
  })

  /** What a newer version would do: a column that restricts keys, and a higher number. */
  async function renew(readableFrom?: number): Promise<void> {
    await schema.query('ALTER TABLE sallyport_keys ADD COLUMN purposes text[]')
    await schema.query('UPDATE sallyport_migrations SET version = version + 1')
    if (readableFrom !== undefined) {
      await schema.query('UPDATE sallyport_migrations SET readable_from = $1', [readableFrom])
    }
  }

  test('a key with a value that is not known is refused, and no other', async () => {
    const [held, free] = [record(), record()]
    await store.insertAll?.([held, free])
    await renew()
    await schema.query(`UPDATE sallyport_keys SET purposes = '{research}' WHERE id = $1`, [held.id])
    const refused = { name: 'TablesError', message: expect.stringContaining('purposes') as unknown }
    await expect(store.findByDigest(held.digest)).rejects.toMatchObject(refused)
    await expect(store.findById(held.id)).rejects.toMatchObject(refused)
    expect(await store.findByDigest(free.digest)).toEqual(free)
    expect((await store.list({})).items).toEqual([free])
    const successor = record({ rotatedFrom: held.id })
    expect(await store.rotate(held.id, 2, new Date(), successor)).toBe(false)
    expect(await store.findById(successor.id)).toBeUndefined()
  })

  test('without tables, every call says that they are missing, and the table that is not there is no outage of its own', async () => {
    const bare = await createSchema(url)
    const barePool = await openIn(bare)
    const fresh = createPostgresKeyStore(barePool)
    const missing = {
      name: 'TablesError',
      message: expect.stringContaining('are missing') as unknown,
    }
    for (const call of [
      () => fresh.findByDigest(record().digest),
      () => fresh.findById('key_1'),
      () => fresh.insert(record()),
      () => fresh.list({}),
    ]) {
      await expect((async () => await call())()).rejects.toMatchObject(missing)
    }
    expect(await fresh.tables()).toMatchObject({ usable: false })
    const errors: Error[] = []
    const gate = createGate({
      ...{ environment: 'live', scopes: [], keys: { prefix: 'hc', store: fresh } },
      onError: failuresInto(errors),
    })
    await expect(gate.keys.create({ name: 'Server', ownerId: 'org_1' })).rejects.toMatchObject(
      missing,
    )
    await gate.close()
    await fresh.migrate()
    expect(await fresh.findById('key_1')).toBeUndefined()
    await barePool.end()
    await bare.drop()
  })

  test('a running gate lets in a key no more that it remembers, says why once, and is back by itself', async () => {
    const errors: Error[] = []
    const gate = createGate({
      ...{ environment: 'live', scopes: [], keys: { prefix: 'hc', store } },
      onError: failuresInto(errors),
    })
    const { secret } = await gate.keys.create({ name: 'Server', ownerId: 'org_1' })
    const word = async () => {
      const decision = await gate.verify(secret)
      return decision.allowed ? 'allowed' : decision.reason
    }
    await until(async () => (await word()) === 'allowed')
    // No row is touched: nobody is told of a change.
    await schema.query(`ALTER TABLE sallyport_keys ADD COLUMN purposes text DEFAULT 'research'`)
    await schema.query('UPDATE sallyport_migrations SET version = version + 1')
    await until(async () => (await word()) === 'store_unavailable')
    const told = () =>
      errors.filter(({ message }) => /of version \d+, made by a newer/.test(message))
    await until(() => Promise.resolve(told().length > 0))
    await schema.query('ALTER TABLE sallyport_keys DROP COLUMN purposes')
    await schema.query('UPDATE sallyport_migrations SET version = version - 1')
    await until(async () => (await word()) === 'allowed')
    expect(told()).toHaveLength(1)
    await gate.close()
  })

  test('that are no longer for this one, nothing is let through', async () => {
    const key = record()
    await store.insert(key)
    await renew(99)
    const message = /made by a newer sallyport.*from version 99 on/s
    const another = createPostgresKeyStore(pool)
    await expect(store.findByDigest(key.digest)).rejects.toThrow(message)
    await expect(store.findByDigest('nobody')).rejects.toThrow(message)
    await expect(another.insert(record())).rejects.toThrow(message)
    await expect(another.list({})).rejects.toThrow(message)
    await expect(another.recordUsage([])).rejects.toThrow(message)
    await expect(store.migrate()).rejects.toThrow(message)
    expect(await store.tables()).toMatchObject({ usable: false, tables: { readableFrom: 99 } })
  })

  test('that are still for this one, a migration does nothing', async () => {
    await renew()
    const before = await schema.query('SELECT * FROM sallyport_migrations')
    await store.migrate()
    expect(await schema.query('SELECT * FROM sallyport_migrations')).toEqual(before)
    expect(await store.tables()).toMatchObject({ usable: true })
  })

  test("a column that is not of a newer version is the operator's own", async () => {
    const key = record()
    await store.insert(key)
    await schema.query(`ALTER TABLE sallyport_keys ADD COLUMN note text DEFAULT 'mine'`)
    expect(await store.findById(key.id)).toEqual(key)
  })
})
