import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { programOf } from '../../program.js'
import { databaseUrl, describeWith } from '../../services.js'
import { record } from './records.js'
import { createSchema, openIn, type Schema } from './schema.js'

const run = promisify(execFile)

describeWith(databaseUrl, 'migrate', (url) => {
  let schema: Schema
  beforeEach(async () => {
    schema = await createSchema(url)
  })
  afterEach(() => schema.drop())

  async function expectWhole(): Promise<void> {
    expect(await schema.query('SELECT version FROM sallyport_migrations')).toEqual([
      { version: 15 },
    ])
    const pool = await openIn(schema)
    const store = createPostgresKeyStore(pool)
    const key = record()
    await store.insert(key)
    expect(await store.findById(key.id)).toEqual(key)
    await pool.end()
  }

  test('by twenty connections at once, and again', async () => {
    const pools = await Promise.all(Array.from({ length: 20 }, () => openIn(schema, 1)))
    for (let time = 0; time < 2; time++) {
      await Promise.all(pools.map((pool) => createPostgresKeyStore(pool).migrate()))
    }
    await Promise.all(pools.map((pool) => pool.end()))
    await expectWhole()
  })

  test('from the first version, with what is in the tables', async () => {
    const pool = await openIn(schema)
    const store = createPostgresKeyStore(pool)
    await store.migrate()
    const key = record()
    await store.insert(key)
    const later = [
      ...['plan', 'plan_limit', 'tenant_ids', 'resources'],
      ...['created_by', 'disabled_over_http_at', 'metadata_over_http'],
    ]
    const drops = later.map((column) => `DROP COLUMN ${column}`).join(', ')
    await schema.query(`ALTER TABLE sallyport_keys ${drops}`)
    const outbox = ['changed_owners', 'outbox', 'outbox_targets', 'outbox_marks']
    const tables = [
      'key_suspensions',
      'access',
      'agreements',
      'revisions',
      'usage',
      'used_ids',
      'reviews',
      'jobs',
      'reminders',
      ...outbox,
    ]
    await schema.query('DROP TRIGGER sallyport_note ON sallyport_keys')
    await schema.query('DROP INDEX sallyport_keys_by_end')
    for (const table of tables) await schema.query(`DROP TABLE sallyport_${table}`)
    const functions = ['count_change', 'one_access', 'note_key', 'note_access']
    for (const name of functions) await schema.query(`DROP FUNCTION sallyport_${name}()`)
    await schema.query('UPDATE sallyport_migrations SET version = 1')
    await store.migrate()
    expect(await store.findById(key.id)).toEqual(key)
    const plan = { plan: 'pro', limit: 5_000 }
    const patch = { ...plan, tenantIds: ['clinic_1'], resources: ['records/*'] }
    expect(await store.update(key.id, patch, 1)).toBe(true)
    expect(await store.findById(key.id)).toEqual({ ...key, ...patch, version: 2 })
    await pool.end()
    await expectWhole()
  })

  test('by three processes at once', async () => {
    const program = programOf(join(import.meta.dirname, 'migrate-once.ts'))
    await Promise.all([1, 2, 3].map(() => run(process.execPath, [program, schema.url])))
    await expectWhole()
  }, 30_000)

  test('makes its tables in the first schema, though another one has them', async () => {
    const other = await createSchema(url)
    const before = await openIn(other)
    await createPostgresKeyStore(before).migrate()
    await before.end()
    const both = new URL(schema.url)
    both.searchParams.set('options', `-c search_path=${schema.name},${other.name}`)
    const pool = await openIn({ ...schema, url: both.href })
    await createPostgresKeyStore(pool).migrate()
    await pool.end()
    await expectWhole()
    await other.drop()
  })

  test('what fails leaves nothing behind, and says what it was', async () => {
    await schema.query('CREATE VIEW sallyport_key_usage AS SELECT 1')
    const pool = await openIn(schema)
    await expect(createPostgresKeyStore(pool).migrate()).rejects.toThrow('already exists')
    await pool.end()
    expect(await schema.query(`SELECT to_regclass('sallyport_keys')::text AS keys`)).toEqual([
      { keys: null },
    ])
  })
})
