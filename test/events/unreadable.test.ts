import { afterEach, expect, test } from '@jest/globals'
import { createGate, type GateEvent, type KeyStore } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createTestClock } from 'sallyport/testing'
import { createSchema, makeTables, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const input = {
  name: 'CI',
  ownerId: 'org_1',
  environment: 'live',
  scopes: ['read:orders'],
} as const

/** Something else than this version writes, in a column of an event. */
interface Spoilt {
  readonly subject: string
  readonly columns: Readonly<Record<string, unknown>>
}

/** Every event of the store is delivered, whatever stands in others; and what was given up is listed, for 90 days. */
async function checkUnreadable(
  store: KeyStore,
  spoil: (spoilt: Spoilt) => Promise<void>,
  forms: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const time = createTestClock(new Date())
  const seen: GateEvent[] = []
  const told = { fail: false }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:orders'] },
    clock: time.clock,
    notify(event) {
      if (told.fail) throw new Error('The mail server is away.')
      seen.push(event)
    },
    onError: () => undefined,
  })
  closing.push(() => gate.close())
  await gate.events.run()
  const spoilt = forms.map((columns, at) => ({ subject: `spoilt_${String(at)}`, columns }))
  for (const one of spoilt) await spoil(one)
  const { id } = await gate.keys.create(input)
  await gate.events.run()
  const ids = seen.map(({ data }) => data['id'])
  expect(ids).toContain(id)
  expect(ids.slice(0, -1)).toEqual(spoilt.map(({ subject }) => subject))

  told.fail = true
  for (const one of spoilt) {
    await spoil({ ...one, columns: { attempts: 9, ...one.columns } })
  }
  await gate.events.run()
  const failed = async () => (await gate.events.failed()).items.map(({ event }) => event.data['id'])
  expect((await failed()).sort()).toEqual(spoilt.map(({ subject }) => subject).sort())
}

test('in SQLite, an event that cannot be read is named, and keeps back none of the others', async () => {
  const store = await openSqliteKeyStore(':memory:')
  closing.push(() => {
    store.close()
  })
  const spoil = ({ subject, columns }: Spoilt) => {
    const { at = 1, row = null, data = null, attempts = 0 } = columns
    store.database
      .prepare(
        `INSERT INTO sallyport_outbox (target, event, type, subject, at, row, data, attempts)
           VALUES ('notify', 'ab', 'key.updated', ?, ?, ?, ?, ?)`,
      )
      .run(...([subject, at, row, data, attempts] as string[]))
    return Promise.resolve()
  }
  await checkUnreadable(store, spoil, [
    { row: '5' },
    { row: '{' },
    { row: '{"scopes":5}' },
    { data: '[1]' },
    { data: 'no JSON' },
    { at: 9e15 },
    ...[{ attempts: '9223372036854775807' }, { attempts: '9007199254740993' }],
  ])
  const count = () =>
    (
      store.database.prepare('SELECT count(*) AS n FROM sallyport_outbox').get() as {
        readonly n: number
      }
    ).n
  expect(count()).toBe(8)
  store.database.prepare('UPDATE sallyport_outbox SET ended_at = 9000000000000000000').run()
  expect((await store.outbox?.failures({ limit: 50 }))?.items).toHaveLength(8)
  const days = (ago: number) => Date.now() - ago * 86_400_000
  const age = store.database.prepare('UPDATE sallyport_outbox SET ended_at = ?')
  age.run(days(89))
  await store.outbox?.subscribe(['notify'])
  expect(count()).toBe(8)
  age.run(days(91))
  await store.outbox?.subscribe(['notify'])
  expect(count()).toBe(0)
})

describeWith(databaseUrl, 'in PostgreSQL', (url) => {
  test('an event that cannot be read is named, and keeps back none of the others', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    await makeTables(schema)
    const pool = await openIn(schema, 4)
    closing.push(() => pool.end())
    ;(await pool.connect()).release()
    const store = createPostgresKeyStore(pool)
    const spoil = async ({ subject, columns }: Spoilt) => {
      const { at = 1, key = null, data = null, attempts = 0 } = columns
      await schema.query(
        `INSERT INTO sallyport_outbox (target, event, type, subject, at, key, data, attempts)
           VALUES ('notify', gen_random_uuid(), 'key.updated', $1, $2, $3, $4, $5)`,
        [subject, at, key, data, attempts],
      )
    }
    await checkUnreadable(store, spoil, [
      { key: '5' },
      { key: '{"scopes":5}' },
      { key: '{"created_at":"never"}' },
      { data: '[1]' },
      { data: '"text"' },
      { at: '9000000000000000' },
      { at: '900000000000000000' },
      { attempts: 2_147_483_647 },
    ])
    const count = async () => (await schema.query('SELECT seq FROM sallyport_outbox')).length
    expect(await count()).toBe(8)
    const days = (ago: number) => String(Date.now() - ago * 86_400_000)
    const age = (ago: number) =>
      schema.query('UPDATE sallyport_outbox SET ended_at = $1', [days(ago)])
    await age(89)
    await store.outbox?.subscribe(['notify'])
    expect(await count()).toBe(8)
    await age(91)
    await store.outbox?.subscribe(['notify'])
    expect(await count()).toBe(0)
  })
})
