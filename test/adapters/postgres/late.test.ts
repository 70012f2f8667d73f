import { randomBytes } from 'node:crypto'
import { setTimeout as rest } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { Client, Pool } from 'pg'
import { createGate, type Gate } from 'sallyport'
import {
  createPostgresAuditSink,
  createPostgresKeyStore,
  openPostgres,
  type PostgresPool,
} from 'sallyport/postgres'
import { databaseUrl, describeWith } from '../../services.js'
import { pgbouncer, startBouncer, type Bouncer } from './bouncer.js'
import { openEmbedded } from './embedded.js'

const AFTER_MS = 150
const TABLES = ['sallyport_keys', 'sallyport_key_usage', 'sallyport_audit']

type Ended = PostgresPool & { end(): Promise<unknown> }

/** A database of its own: what is set for a whole database is no matter of other tests. */
async function createDatabase(server: string) {
  const name = `late_${randomBytes(6).toString('hex')}`
  const admin = new Client(server)
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    name,
    url: url.href,
    async drop() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}

async function connectTo(url: string): Promise<Client> {
  const client = new Client(url)
  await client.connect()
  return client
}

function gateOn(pool: Ended): Gate<never> {
  const store = createPostgresKeyStore(pool, { listen: false })
  return createGate({ environment: 'live', scopes: [], keys: { prefix: 'hc', store } })
}

const KEY = { name: 'Server', ownerId: 'org_1' }
const IMPORTED = {
  secret: 'an-imported-secret-of-some-length-000',
  ...KEY,
  environment: 'live',
}
const DAY = { environment: 'live', day: '2030-01-01', count: 1, lastUsedAt: new Date(0) }

const CHANGES: Record<string, (id: string, pool: Ended) => Promise<unknown>> = {
  revoke: (id, pool) => gateOn(pool).keys.revoke(id),
  rotate: (id, pool) => gateOn(pool).keys.rotate(id),
  create: (_, pool) => gateOn(pool).keys.create(KEY),
  import: (_, pool) => gateOn(pool).keys.import(IMPORTED),
  update: (id, pool) => gateOn(pool).keys.update(id, { name: 'Other' }),
  'counts of uses': async (keyId, pool) => {
    await createPostgresKeyStore(pool).recordUsage([{ keyId, ...DAY }])
  },
  'a record of the trail': async (_, pool) => {
    const line = JSON.stringify({ v: 1, writer: 'w', seq: 0, time: '2030', kind: 'start' })
    await createPostgresAuditSink(pool).write([{ line } as never])
  },
}

/** A first connection takes as long as it takes on a busy machine: it is no subject of these tests. */
async function createKeyThrough(pool: Ended, tries = 20): Promise<{ readonly id: string }> {
  try {
    return await gateOn(pool).keys.create(KEY)
  } catch (error) {
    if (tries === 0) throw error
    return createKeyThrough(pool, tries - 1)
  }
}

describeWith(
  databaseUrl,
  'nothing is changed after the caller was told that it failed',
  (server) => {
    let database: Awaited<ReturnType<typeof createDatabase>>
    let somebody: Client
    let pool: Ended | undefined
    const bouncers: Bouncer[] = []

    beforeAll(async () => {
      database = await createDatabase(server)
      somebody = await connectTo(database.url)
      const direct = await openPostgres(database.url)
      await createPostgresKeyStore(direct).migrate()
      await createPostgresAuditSink(direct).migrate()
      await direct.end()
    })
    afterEach(async () => {
      await pool?.end()
      for (const bouncer of bouncers.splice(0)) await bouncer.close()
      await somebody.query(`ALTER DATABASE ${database.name} RESET statement_timeout`)
    })
    afterAll(async () => {
      await somebody.end()
      await database.drop()
    })

    async function everything(): Promise<string> {
      const rows = TABLES.map((table) => `(SELECT json_agg(t ORDER BY t::text) FROM ${table} t)`)
      const { rows: found } = await somebody.query(
        `SELECT json_build_array(${rows.join()})::text AS all`,
      )
      return JSON.stringify(found)
    }

    /** While a table is held, a change is told as failed; then the table is let go. */
    async function expectNothingLate(
      through: Ended,
      change: (typeof CHANGES)[string],
    ): Promise<void> {
      pool = through
      const { id } = await createKeyThrough(through)
      const before = await everything()
      await somebody.query(`BEGIN; LOCK TABLE ${TABLES.join()} IN SHARE MODE`)
      try {
        await expect(change(id, through)).rejects.toThrow()
      } finally {
        await rest(AFTER_MS)
        await somebody.query('ROLLBACK')
      }
      await rest(AFTER_MS)
      expect(await everything()).toBe(before)
    }

    async function bounced(mode: 'session' | 'transaction', ...lines: string[]): Promise<string> {
      const bouncer = await startBouncer(database.url, mode, ...lines)
      bouncers.push(bouncer)
      return bouncer.url
    }
    const IGNORE = 'ignore_startup_parameters = statement_timeout, extra_float_digits'

    describeWith(server, 'whatever it was:', () => {
      test.each(Object.entries(CHANGES))('%s, straight to the server', async (_, change) => {
        await expectNothingLate(await openPostgres(database.url), change)
      })

      test.each(Object.entries(CHANGES))(
        '%s, with a limit of the pool that the URL takes away',
        async (_, change) => {
          const url = `${database.url}?statement_timeout=0`
          await expectNothingLate(await openPostgres(url), change)
        },
      )
    })

    describeWith(pgbouncer && server, 'behind a PgBouncer that drops the limit:', () => {
      test.each(Object.entries(CHANGES))('%s, in session mode', async (_, change) => {
        await expectNothingLate(await openPostgres(await bounced('session', IGNORE)), change)
      })

      test.each(Object.entries(CHANGES))('%s, in transaction mode', async (_, change) => {
        await expectNothingLate(await openPostgres(await bounced('transaction', IGNORE)), change)
      })

      test('a pool of the app with a limit', async () => {
        const url = await bounced('transaction', IGNORE)
        const own = new Pool({ connectionString: url, statement_timeout: 250 })
        await expectNothingLate(own, CHANGES['revoke'] ?? fail)
      })

      test('and another client has left a limit in one of its sessions', async () => {
        const url = await bounced('transaction', IGNORE)
        const [other, third] = [await connectTo(url), await connectTo(url)]
        await other.query('SET statement_timeout = 100')
        const own = await openPostgres(url, { max: 1 })
        await createPostgresKeyStore(own).findById('key_1')
        // The session with the limit is taken: the next statement runs in another.
        await other.query('BEGIN')
        await third.query('SELECT 1')
        await expectNothingLate(own, CHANGES['counts of uses'] ?? fail)
        await Promise.all([other.end(), third.end()])
      })
    })

    test.each(['0', '100'])('a limit of %s that is set for the database', async (limit) => {
      await somebody.query(`ALTER DATABASE ${database.name} SET statement_timeout = ${limit}`)
      const own = new Pool({ connectionString: database.url })
      await expectNothingLate(own, CHANGES['revoke'] ?? fail)
    })

    test('a connection that was late leaves a statement no more than the rest of the time', async () => {
      const own = new Pool({ connectionString: database.url, max: 1, statement_timeout: 200 })
      const { id } = await gateOn(own).keys.create(KEY)
      const held = await own.connect()
      const told = createPostgresKeyStore(own).update(id, { name: 'Late' }, 1)
      setTimeout(() => {
        held.release()
      }, 150)
      await somebody.query('BEGIN')
      await somebody.query('SELECT FROM sallyport_keys WHERE id = $1 FOR UPDATE', [id])
      await rest(270)
      await somebody.query('COMMIT')
      await expect(Promise.resolve(told)).rejects.toThrow()
      pool = own
      expect((await everything()).includes('Late')).toBe(false)
    })

    test('a server that stood still', async () => {
      const own = await openPostgres(database.url, { max: 1 })
      pool = own
      const { id } = await gateOn(own).keys.create(KEY)
      const client = await own.connect()
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
      client.release()
      const [{ pid }] = rows as [{ pid: number }]
      process.kill(pid, 'SIGSTOP')
      const told = expect(
        createPostgresKeyStore(own).update(id, { name: 'Late' }, 1),
      ).rejects.toThrow()
      await rest(600)
      process.kill(pid, 'SIGCONT')
      await rest(AFTER_MS)
      await told
      expect((await everything()).includes('Late')).toBe(false)
    })
  },
)

test('PGlite makes nothing when its turn comes after the caller was told that it failed', async () => {
  const database = await openEmbedded()
  const store = createPostgresKeyStore(database)
  await store.migrate()
  const gate = createGate({ environment: 'live', scopes: [], keys: { prefix: 'hc', store } })
  const { id } = await gate.keys.create(KEY)
  let told: Promise<unknown> = Promise.resolve()
  await database.transaction(async () => {
    told = expect(store.update(id, { name: 'Late' }, 1)).rejects.toThrow('not free')
    await rest(300)
  })
  await told
  expect(await store.findById(id)).toMatchObject({ name: 'Server' })
  await gate.close()
  await database.close()
}, 60_000)

function fail(): Promise<never> {
  throw new Error('There is no such change.')
}
