import { hash } from 'node:crypto'
import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { IdShareError } from 'sallyport'
import { createPostgresKeyStore, createPostgresReplayStore } from 'sallyport/postgres'
import { replayStoreCases } from 'sallyport/testing'
import { databaseUrl, describeWith } from '../../services.js'
import { openEmbedded } from './embedded.js'
import { useInstances } from './instances.js'
import { patient } from './patient.js'
import { openIn } from './schema.js'

/** Ids as the store has them. */
const OF_ORG_1 = `INSERT INTO sallyport_used_ids SELECT
  translate(rtrim(encode(sha256(convert_to(n::text, 'UTF8')), 'base64'), '='), '+/', '-_'), $1, now() + interval '1 hour', ''`

const later = () => Date.now() + 60_000

describeWith(databaseUrl, 'what was used once, in PostgreSQL', (url) => {
  const instances = useInstances(url)

  const openPair = () =>
    [
      patient(createPostgresReplayStore(instances.pools[0])),
      patient(createPostgresReplayStore(instances.pools[1])),
    ] as const
  const openClosed = async () => {
    const pool = await openIn(instances.schema, 1)
    await pool.end()
    return createPostgresReplayStore(pool)
  }
  test.each(replayStoreCases(openPair, openClosed))('$name', ({ run }) => run())

  test('an owner has a share of its own, and others are served', async () => {
    const [store] = openPair()
    const kept = (ownerId: string) => ({ forMs: 60_000, ownerId })
    await instances.schema.query(`${OF_ORG_1} FROM generate_series(1, 105000) n`, [
      hash('sha256', 'org_1', 'base64url'),
    ])
    await expect(store.addIfAbsent('one more', later(), kept('org_1'))).rejects.toThrow(
      IdShareError,
    )
    expect(await store.addIfAbsent('one more', later(), kept('org_2'))).toBe(true)
    expect(await store.addIfAbsent('one more', later(), kept('org_1'))).toBe(false)
    await instances.schema.query('TRUNCATE sallyport_used_ids')
  })

  test('however many an owner has, one more looks at few of them', async () => {
    const pool = await openIn(instances.schema, 1)
    const store = createPostgresReplayStore(pool)
    const kept = { forMs: 60_000, ownerId: 'org_1' }
    await instances.schema.query(`${OF_ORG_1} FROM generate_series(1, 80000) n`, [
      hash('sha256', 'org_1', 'base64url'),
    ])
    const looked = async () => {
      const client = await pool.connect()
      await client.query('SELECT pg_stat_force_next_flush()')
      client.release()
      const [row] = await instances.schema.query(
        `SELECT sum(idx_tup_read)::int + (
        SELECT sum(seq_tup_read)::int FROM pg_stat_user_tables WHERE schemaname = $1) AS looked
        FROM pg_stat_user_indexes WHERE schemaname = $1`,
        [instances.schema.name],
      )
      return Number(row?.['looked'])
    }
    const before = await looked()
    expect(await store.addIfAbsent('one more', later(), kept)).toBe(true)
    const more = (await looked()) - before
    expect(more).toBeGreaterThan(500)
    expect(more).toBeLessThan(5_000)
    await pool.end()
    await instances.schema.query('TRUNCATE sallyport_used_ids')
  })

  test('those that have ended are removed with each that is added', async () => {
    const [store] = openPair()
    await instances.schema.query(`INSERT INTO sallyport_used_ids
      SELECT 'ended_' || n, '', now() - interval '1 hour', '' FROM generate_series(1, 6) n`)
    await store.addIfAbsent('one', later())
    await store.addIfAbsent('two', later())
    const left = `SELECT count(*)::int AS count FROM sallyport_used_ids WHERE until < now()`
    expect(await instances.schema.query(left)).toEqual([{ count: 0 }])
  })
})

describe('what was used once, in PGlite', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await openEmbedded()
    await createPostgresKeyStore(database).migrate()
  }, 60_000)
  afterAll(() => database.close())

  test.each(replayStoreCases(() => createPostgresReplayStore(database)))('$name', ({ run }) =>
    run(),
  )

  test('what is over cannot be kept, and no client is no store', async () => {
    const store = createPostgresReplayStore(database)
    await expect(store.addIfAbsent('late', Date.now() - 1)).rejects.toThrow(RangeError)
    expect(() => createPostgresReplayStore('postgres://db' as never)).toThrow('needs a Pool of pg')
  })
})
