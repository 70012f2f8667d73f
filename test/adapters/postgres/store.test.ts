import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { Pool } from 'pg'
import {
  createPostgresKeyStore,
  type OpenPostgres,
  type PostgresKeyStore,
} from 'sallyport/postgres'
import { keyStoreCases } from 'sallyport/testing'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

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
    const open = () => createPostgresKeyStore(plain)
    let plain: Pool
    beforeAll(() => {
      plain = new Pool({ connectionString: schema.url })
    })
    afterAll(() => plain.end())
    test.each(keyStoreCases(open))('$name', ({ run }) => run())
  })
})

describe('PGlite', () => {
  let database: PGlite
  let store: PostgresKeyStore
  beforeAll(async () => {
    database = await PGlite.create()
    store = createPostgresKeyStore(database)
    await store.migrate()
    await store.migrate()
  }, 60_000)
  afterAll(() => database.close())
  test.each(keyStoreCases(() => store))('$name', ({ run }) => run())
})
