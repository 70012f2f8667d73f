import { afterEach, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateEvent, type KeyStore } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema, makeTables, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const [KEYS, EVENTS] = [40, 25]

/** One owner has 1,000 events of 40 keys; an event of another comes after them. */
async function checkCrowd(store: KeyStore): Promise<void> {
  const seen: GateEvent[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:orders'] },
    notify: (event) => void seen.push(event),
  })
  closing.push(() => gate.close())
  await gate.events.run()
  const subjects = Array.from({ length: KEYS }, (_, index) => `key_crowd${String(index)}`)
  const [at, data] = [new Date(), { ownerId: 'org_1' }]
  for (let round = 0; round < EVENTS; round++) {
    await store.outbox?.add(
      subjects.map((subject) => ({ type: 'key.expiring', subject, at, data: { ...data, round } })),
    )
  }
  const { id } = await gate.keys.create({ name: 'CI', ownerId: 'org_2', environment: 'live' })
  await gate.events.run()
  expect(seen).toHaveLength(KEYS * EVENTS + 1)
  const place = seen.findIndex(({ data: told }) => told['id'] === id)
  // In the order in which they came, it would be the last.
  expect(place).toBeLessThan((KEYS * EVENTS * 3) / 4)
  const rounds = seen.flatMap(({ data: told }) => (told['id'] === id ? [] : [told['round']]))
  expect(new Set(rounds).size).toBe(EVENTS)
}

test('many events of many keys of one owner are not before those of all others, in memory', async () => {
  await checkCrowd(createMemoryKeyStore())
})

test('nor in SQLite', async () => {
  const store = await openSqliteKeyStore(':memory:')
  closing.push(() => {
    store.close()
  })
  await checkCrowd(store)
})

describeWith(databaseUrl, 'in PostgreSQL', (url) => {
  test('nor there', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    await makeTables(schema)
    const pool = await openIn(schema, 4)
    closing.push(() => pool.end())
    await checkCrowd(createPostgresKeyStore(pool))
  })
})
