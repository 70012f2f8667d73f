import { afterEach, expect, test } from '@jest/globals'
import { createGate, StoreError, type KeyStore } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { createSchema, makeTables, openIn } from '../adapters/postgres/schema.js'
import { temporaryStores } from '../adapters/sqlite/stores.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const { open } = temporaryStores()

const TABLES = ['sallyport_usage', 'sallyport_key_usage']

/** A count that is at its end is told of, and keeps no other from being written. */
async function checkFull(store: KeyStore, run: (statement: string) => unknown): Promise<void> {
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
    onError: (error) => void errors.push(error),
  })
  closing.push(() => gate.close())
  for (const table of TABLES) {
    const [full, other] = await Promise.all(
      ['full', 'other'].map((name) => gate.keys.create({ name, ownerId: `${name}_${table}` })),
    )
    if (!full || !other) throw new Error('There are two keys.')
    const used = async () => {
      for (const { secret } of [full, other]) await gate.verify(secret)
      const [day] = await gate.keys.usage(other.id)
      const { totals } = await gate.keys.usageOfOwner(other.ownerId)
      return [day?.count, totals[0]?.total]
    }
    expect(await used()).toEqual([1, 1])
    expect(errors).toEqual([])
    await run(`UPDATE ${table} SET count = 9223372036854775807 WHERE key_id = '${full.id}'`)
    expect(await used()).toEqual([2, 2])
    expect(await used()).toEqual([3, 3])
    const text = 'Counts of usage at their end: 1.'
    const isTold = (error: unknown) => error instanceof StoreError && error.message === text
    expect(errors.splice(0).map(isTold)).toEqual([true, true])
    await run(`DELETE FROM ${table}`)
  }
}

test('SQLite: a count that is at its end keeps no other from being written', async () => {
  const store = await open()
  await checkFull(store, (statement) => store.database.prepare(statement).run())
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  test('a count that is at its end keeps no other from being written', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    await makeTables(schema)
    const pool = await openIn(schema, 3)
    closing.push(() => pool.end())
    await checkFull(createPostgresKeyStore(pool), (statement) => schema.query(statement))
  })
})
