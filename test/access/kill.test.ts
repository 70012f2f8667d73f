import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  type OpenPostgres,
} from 'sallyport/postgres'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
  type OpenSqliteKeyStore,
} from 'sallyport/sqlite'
import { createSchema, makeTables, openIn, type Schema } from '../adapters/postgres/schema.js'
import { temporaryFolder } from '../adapters/sqlite/setup.js'
import { firstOf } from '../dose.js'
import { databaseUrl, describeWith } from '../services.js'
import { killEverywhere, type Plan } from './kill.js'

const PLANS: readonly Plan[] = [
  { act: 'approve', when: 'answered' },
  { act: 'accept', when: 'answered' },
  { act: 'approve', when: 'sent' },
]

describe('SQLite, killed at every statement', () => {
  const { file, remove } = temporaryFolder()
  const path = file()
  let store: OpenSqliteKeyStore
  beforeAll(async () => {
    store = await openSqliteKeyStore(path)
  })
  afterAll(() => {
    store.close()
    remove()
  })

  test.each(firstOf(2, PLANS))(
    '%j: all of it or nothing',
    async (plan) => {
      const stores = {
        store: createSqliteAccessStore(store.database),
        agreements: createSqliteAgreementStore(store.database),
      }
      const { killed, broken } = await killEverywhere(stores, { ...plan, path })
      expect(broken).toEqual([])
      expect(killed).toBeGreaterThan(2)
    },
    120_000,
  )
})

describeWith(databaseUrl, 'PostgreSQL, killed at every statement', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  beforeAll(async () => {
    schema = await createSchema(url)
    await makeTables(schema)
    pool = await openIn(schema)
  })
  afterAll(async () => {
    await pool.end()
    await schema.drop()
  })

  test.each(firstOf(1, PLANS))(
    '%j: all of it or nothing',
    async (plan) => {
      const stores = {
        store: createPostgresAccessStore(pool),
        agreements: createPostgresAgreementStore(pool),
      }
      const { killed, broken } = await killEverywhere(stores, { ...plan, url: schema.url })
      expect(broken).toEqual([])
      expect(killed).toBeGreaterThan(2)
    },
    120_000,
  )
})
