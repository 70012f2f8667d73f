import { afterEach, expect, test } from '@jest/globals'
import { createAccess, type AccessStore, type AgreementStore } from 'sallyport/access'
import { createPostgresAccessStore, createPostgresAgreementStore } from 'sallyport/postgres'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  createSqliteReviewStore,
} from 'sallyport/sqlite'
import { databaseUrl, describeWith } from '../services.js'
import { createSchema, makeTables, openIn } from './postgres/schema.js'
import { temporaryStores } from './sqlite/stores.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const { open } = temporaryStores()

/** Beyond what is a number, and beyond what is a time. */
const TIMES = [
  '9223372036854775807',
  '9007199254740993',
  '8640000000000001',
  '-9000000000000000000',
]
const ACCESS =
  'INSERT INTO sallyport_access (id, version, owner_id, state, requested_at, record) VALUES'
const AGREEMENTS =
  'INSERT INTO sallyport_agreements (id, owner_id, terms, accepted_at, ended, record) VALUES'

/** Rows with a time that is none keep none of the others out of a list, however long its pages are. */
async function checkLists(
  store: AccessStore,
  agreements: AgreementStore,
  run: (statement: string) => unknown,
  zero: string,
): Promise<void> {
  const access = createAccess({ store, agreements, terms: { msa: { version: '1', text: 'x' } } })
  const owners = ['org_1', 'org_2', 'org_3']
  for (const ownerId of owners) {
    const accept = [{ id: 'msa', version: '1' }]
    const asked = {
      ownerId,
      by: { id: 'u', ownerId },
      useCase: 'x',
      environments: ['live'],
      accept,
    }
    await access.request(asked)
  }
  for (const [at, time] of TIMES.entries()) {
    const id = `odd_${String(at)}`
    await run(`${ACCESS} ('${id}', 1, 'org_9', 'ended', ${time}, '{}')`)
    await run(`${AGREEMENTS} ('${id}', 'org_9', 'msa', ${time}, ${zero}, '{}')`)
  }
  for (const limit of [1, 50]) {
    for (const list of [access.list, access.agreements.list]) {
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await list({ limit, ...(cursor !== undefined && { cursor }) })
        expect(page.items.length).toBeGreaterThan(0)
        found.push(...page.items.map(({ ownerId }) => ownerId))
        cursor = page.cursor
      } while (cursor !== undefined)
      expect(found.sort()).toEqual(owners)
    }
  }
}

test('SQLite: rows whose time is none keep no list from being read', async () => {
  const { database } = await open()
  const run = (statement: string) => database.prepare(statement).run()
  const stores = [createSqliteAccessStore(database), createSqliteAgreementStore(database)] as const
  await checkLists(...stores, run, '0')
  const reviews = createSqliteReviewStore(database)
  run(`INSERT INTO sallyport_reviews (id, owner_id, last_day, signed_at, record)
    VALUES ('odd', 'org_1', '2030-01-01', 9000000000000000000, '{}')`)
  expect(await reviews.list({ ownerId: 'org_1' })).toEqual({ items: [] })
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  test('rows whose time is none keep no list from being read', async () => {
    const schema = await createSchema(url)
    closing.push(() => schema.drop())
    await makeTables(schema)
    const pool = await openIn(schema, 2)
    closing.push(() => pool.end())
    const stores = [createPostgresAccessStore(pool), createPostgresAgreementStore(pool)] as const
    await checkLists(...stores, (statement) => schema.query(statement), 'false')
  })
})
