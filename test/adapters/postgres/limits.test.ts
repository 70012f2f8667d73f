import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { Pool } from 'pg'
import type { KeyRecord } from 'sallyport'
import { createPostgresKeyStore, type PostgresKeyStore } from 'sallyport/postgres'
import { startProxy, type Proxy } from '../../faults/proxy.js'
import { databaseUrl, describeWith } from '../../services.js'
import { record } from './records.js'
import { createSchema, makeTables, openIn, type Schema } from './schema.js'

/** How long a call took that had to fail, in milliseconds. */
async function failureTime(call: () => unknown): Promise<number> {
  const begun = performance.now()
  await expect(Promise.resolve().then(call)).rejects.toThrow()
  return performance.now() - begun
}

describeWith(databaseUrl, 'a statement ends within its limit', (url) => {
  let schema: Schema
  let proxy: Proxy
  beforeAll(async () => {
    schema = await createSchema(url)
    proxy = await startProxy(schema.url)
    await makeTables(schema)
  })
  afterAll(async () => {
    await proxy.close()
    await schema.drop()
  })

  test('and its pool is listened to once, however many stores it has', async () => {
    const pool = new Pool({ connectionString: schema.url })
    for (let stores = 0; stores < 12; stores++) createPostgresKeyStore(pool)
    expect(pool.listenerCount('error')).toBe(1)
    await pool.end()
  })

  test('and a connection that takes longer is there for the next', async () => {
    proxy.slow(400)
    const pool = await openIn({ ...schema, url: proxy.url }, 1)
    const store = createPostgresKeyStore(pool)
    await expect(store.findById('key_1')).rejects.toThrow('No connection was free within 250 ms.')
    expect(await store.findById('key_1')).toBeUndefined()
    await pool.end()
    proxy.slow(0)
  })

  test('control: where it may not take longer, there never is one', async () => {
    proxy.slow(400)
    const pool = new Pool({ connectionString: proxy.url, max: 1, connectionTimeoutMillis: 250 })
    const store = createPostgresKeyStore(pool)
    await expect(store.findById('key_1')).rejects.toThrow('timeout')
    await expect(store.findById('key_1')).rejects.toThrow('timeout')
    await pool.end()
    proxy.slow(0)
  })

  for (const limited of [true, false]) {
    const name = limited ? 'in a pool with the limits' : 'in any other pool'
    describeWith(url, name, () => {
      let pool: Pick<Pool, 'connect' | 'end' | 'on' | 'options' | 'removeListener'>
      let store: PostgresKeyStore
      let key: KeyRecord
      beforeEach(async () => {
        const through = { ...schema, url: proxy.url }
        pool = limited
          ? ((await openIn(through, 2)) as Pool)
          : new Pool({ connectionString: proxy.url, max: 2 })
        store = createPostgresKeyStore(pool)
        key = record()
        await store.insert(key)
      })
      afterEach(async () => {
        await pool.end()
      })

      test('on the server too, when the row is held by somebody else', async () => {
        await schema.query('BEGIN')
        await schema.query('SELECT FROM sallyport_keys WHERE id = $1 FOR UPDATE', [key.id])
        const took = await failureTime(() => store.update(key.id, { name: 'Late' }, 1))
        const waiting = await schema.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sallyport_keys%'
           AND application_name = $1`,
          [schema.name],
        )
        await schema.query('COMMIT')
        expect(took).toBeGreaterThan(200)
        expect(took).toBeLessThan(1_000)
        expect(waiting).toEqual([])
        expect(await store.findById(key.id)).toEqual(key)
      })

      test('and is not sent when no connection was free in time', async () => {
        const held = await Promise.all([pool.connect(), pool.connect()])
        const late = failureTime(() => store.update(key.id, { name: 'Late' }, 1))
        await new Promise((resolve) => setTimeout(resolve, 260))
        for (const client of held) client.release()
        expect(await late).toBeGreaterThan(240)
        expect(await store.findById(key.id)).toEqual(key)
      })

      test('and its connection is given up when it is silent', async () => {
        proxy.swallow()
        const took = await failureTime(() => store.findById(key.id))
        proxy.heal()
        // The other one of the pool was cut as well.
        await Promise.resolve(store.findById(key.id)).catch(() => 0)
        expect(took).toBeLessThan(1_500)
        expect(await store.findById(key.id)).toEqual(key)
      })

      test('and connections that die while they are idle end no process', async () => {
        await schema.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND query LIKE '%sallyport%' AND application_name = $1`,
          [schema.name],
        )
        for (let left = 3; left > 0; left--)
          await Promise.resolve(store.findById(key.id)).catch(() => 0)
        expect(await store.findById(key.id)).toEqual(key)
      })
    })
  }
})
