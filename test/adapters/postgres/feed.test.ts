import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { KeyChanged, KeyChangeSubscription } from 'sallyport'
import {
  createPostgresKeyStore,
  type OpenPostgres,
  type PostgresKeyStore,
} from 'sallyport/postgres'
import { startProxy, type Proxy } from '../../faults/proxy.js'
import { databaseUrl, describeWith } from '../../services.js'
import { openEmbedded } from './embedded.js'
import { record } from './records.js'
import { createSchema, openIn, type Schema } from './schema.js'

const open: KeyChangeSubscription[] = []
afterEach(async () => {
  for (const subscription of open.splice(0)) await subscription.close()
})

/** What a listener of a store is told. */
async function listenTo({ changes }: PostgresKeyStore) {
  const heard: KeyChanged[] = []
  const lost: unknown[] = []
  let tellLoss: () => void = () => undefined
  const loss = new Promise<void>((resolve) => (tellLoss = resolve))
  const subscription = await changes?.listen({
    changed: (change) => void heard.push(change),
    lost(cause) {
      lost.push(cause)
      tellLoss()
    },
  })
  if (subscription === undefined) throw new Error('This store has no feed.')
  open.push(subscription)
  return { heard, lost, loss, subscription, catchUp: async () => subscription.catchUp?.() }
}

describeWith(databaseUrl, 'the feed of PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let store: PostgresKeyStore
  let proxy: Proxy
  /** Listens by way of the proxy. */
  let behind: PostgresKeyStore
  let away: OpenPostgres

  beforeAll(async () => {
    schema = await createSchema(url)
    proxy = await startProxy(schema.url)
    pool = await openIn(schema)
    away = await openIn({ ...schema, url: proxy.url })
    store = createPostgresKeyStore(pool)
    behind = createPostgresKeyStore(pool, { listen: away })
    await store.migrate()
  })
  afterAll(async () => {
    await pool.end()
    await away.end()
    await proxy.close()
    await schema.drop()
  })

  test('has told of every change that was committed before it catches up', async () => {
    const { heard, catchUp } = await listenTo(store)
    for (let time = 0; time < 50; time++) {
      const key = record()
      await store.insert(key)
      await store.update(key.id, { name: 'New' }, 1)
      await catchUp()
      expect(heard.splice(0)).toEqual([
        { id: key.id, version: 1 },
        { id: key.id, version: 2 },
      ])
    }
  })

  test('tells of both keys of a rotation, of changes by hand and of deletions; not of what is rolled back', async () => {
    const [key, successor] = [record(), record()]
    await store.insert(key)
    const { heard, catchUp } = await listenTo(store)
    await store.rotate(key.id, 1, new Date(), successor)
    await schema.query('UPDATE sallyport_keys SET revoked_at = now() WHERE id = $1', [key.id])
    await schema.query('BEGIN')
    await schema.query('UPDATE sallyport_keys SET disabled_at = now()')
    await schema.query('ROLLBACK')
    await schema.query('DELETE FROM sallyport_keys WHERE id = $1', [successor.id])
    await catchUp()
    expect(heard).toEqual([
      { id: key.id, version: 2 },
      { id: successor.id, version: 1 },
      { id: key.id, version: 3 },
      { id: successor.id, version: 2 },
    ])
  })

  test('is lost when all keys are gone at once', async () => {
    const { loss } = await listenTo(store)
    await schema.query('TRUNCATE sallyport_keys CASCADE')
    await loss
  })

  test.each(['"id":5', '"what":"all","id":"a","version":"9"'])(
    'is lost at a message of its schema that it does not understand: %s',
    async (rest) => {
      const { loss } = await listenTo(store)
      const message = `{"schema":"${schema.name}",${rest}}`
      await schema.query(`SELECT pg_notify('sallyport_keys', $1)`, [message])
      await loss
    },
  )

  test('says nothing of another schema, nor of what is no message of a store', async () => {
    const other = await createSchema(url)
    const elsewhere = await openIn(other)
    const stranger = createPostgresKeyStore(elsewhere)
    await stranger.migrate()
    const { heard, lost, catchUp } = await listenTo(store)
    await stranger.insert(record())
    for (const payload of ['', '{', '1', 'null', '[]', '{"schema":1}', '{"id":"a","version":9}']) {
      await schema.query(`SELECT pg_notify('sallyport_keys', $1)`, [payload])
    }
    await catchUp()
    expect([heard, lost]).toEqual([[], []])
    await elsewhere.end()
    await other.drop()
  })

  test('is lost once, with its cause, when its connection ends, and does not catch up any more', async () => {
    const { lost, loss, catchUp } = await listenTo(store)
    await catchUp()
    await schema.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE query LIKE 'SELECT pg_notify(%' AND application_name = $1`,
      [schema.name],
    )
    await loss
    await expect(catchUp()).rejects.toThrow()
    expect(lost).toHaveLength(1)
    expect(lost[0]).toBeInstanceOf(Error)
  })

  test('does not catch up where packets are lost; closing ends the wait, at once and in silence', async () => {
    const { heard, lost, catchUp, subscription } = await listenTo(behind)
    proxy.swallow('LISTEN')
    const key = record()
    await store.insert(key)
    const catching = catchUp()
    const failure = expect(catching).rejects.toThrow('over')
    await Promise.race([catching.catch(() => undefined), new Promise((r) => setTimeout(r, 500))])
    const begun = performance.now()
    await subscription.close()
    await failure
    expect(performance.now() - begun).toBeLessThan(250)
    expect([heard, lost]).toEqual([[], []])
    proxy.heal()
  })

  test('does not wait for a connection for ever, nor takes one of the pool', async () => {
    proxy.swallow()
    await expect(listenTo(behind)).rejects.toThrow()
    proxy.heal()
    const small = await openIn(schema, 1)
    const { catchUp } = await listenTo(createPostgresKeyStore(small))
    const held = await small.connect()
    await catchUp()
    held.release()
    await small.end()
  })

  test('is not heard where nobody would tell', async () => {
    const empty = await createSchema(url)
    const elsewhere = await openIn(empty)
    const bare = createPostgresKeyStore(elsewhere)
    await expect(listenTo(bare)).rejects.toThrow('tables of keys are missing')
    await bare.migrate()
    await empty.query('ALTER TABLE sallyport_keys DISABLE TRIGGER sallyport_tell')
    await expect(listenTo(bare)).rejects.toThrow('trigger')
    await elsewhere.end()
    await empty.drop()
    expect(createPostgresKeyStore(pool, { listen: false }).changes).toBeUndefined()
  })
})

describe('the feed of PGlite', () => {
  test('has told of every change before it catches up, and of none after it is closed', async () => {
    const database = await openEmbedded()
    const store = createPostgresKeyStore(database)
    await store.migrate()
    const { heard, catchUp, subscription } = await listenTo(store)
    const key = record()
    await store.insert(key)
    await database.query('UPDATE sallyport_keys SET revoked_at = now()')
    await catchUp()
    expect(heard.splice(0)).toEqual([
      { id: key.id, version: 1 },
      { id: key.id, version: 2 },
    ])
    await subscription.close()
    await store.update(key.id, { name: 'New' }, 2)
    await expect(catchUp()).rejects.toThrow('over')
    expect(heard).toEqual([])
    open.length = 0
    await database.close()
  }, 30_000)
})
