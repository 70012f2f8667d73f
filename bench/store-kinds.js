/** The key stores to measure, each filled with any number of keys by the shortest way there is. */
import { hash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createMemoryKeyStore } from '../dist/index.js'
import { createPostgresKeyStore, openPostgres } from '../dist/postgres.js'
import { createSqliteKeyStore } from '../dist/sqlite.js'

const DATABASE_URL = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/test'
const SINCE = Date.UTC(2030, 0, 1)
/** Keys of one owner. */
const OWNED = 100

export const idOf = (n) => `key_${hash('md5', String(n), 'hex').slice(0, 22)}`
export const digestOf = (n) => hash('sha256', String(n), 'base64url')
export const ownerOf = (n) => `org_${Math.floor(n / OWNED)}`

/** The key with this number. What is looked up is spread evenly, as ids and digests are. */
export function recordOf(n) {
  return {
    id: idOf(n),
    version: 1,
    digest: digestOf(n),
    hint: 'acme_live_sk_...abcd',
    name: 'Production server',
    ownerId: ownerOf(n),
    environment: 'live',
    kind: 'sk',
    scopes: ['read:orders', 'write:orders'],
    metadata: {},
    createdAt: new Date(SINCE + n),
  }
}

export const KINDS = { memory: openMemory, sqlite: openSqlite, postgres: openPostgresPools }

async function openMemory() {
  return {
    open(size) {
      const store = createMemoryKeyStore()
      for (let n = 0; n < size; n++) store.insert(recordOf(n))
      return store
    },
    close: () => undefined,
  }
}

async function openSqlite() {
  const { DatabaseSync } = await import('node:sqlite').catch(() => import('@photostructure/sqlite'))
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  const databases = []
  return {
    async open(size) {
      const database = new DatabaseSync(join(folder, `${size}.db`))
      databases.push(database)
      const store = createSqliteKeyStore(database)
      await store.migrate()
      fillSqlite(database, size)
      return store
    },
    close() {
      for (const database of databases) database.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Without triggers and indices, which are made again as they were. */
function fillSqlite(database, size) {
  const parts = database
    .prepare(
      `SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'sallyport_keys' AND type IN ('index', 'trigger') AND sql IS NOT NULL`,
    )
    .all()
  for (const { type, name } of parts) database.exec(`DROP ${type} ${name}`)
  const insert = database.prepare(
    `INSERT INTO sallyport_keys (id, version, digest, hint, name, owner_id, environment, kind, scopes, metadata, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  database.exec('BEGIN')
  for (let n = 0; n < size; n++) {
    const { scopes, metadata, createdAt, ...texts } = recordOf(n)
    insert.run(
      ...Object.values(texts),
      JSON.stringify(scopes),
      JSON.stringify(metadata),
      Number(createdAt),
    )
  }
  database.exec('COMMIT')
  for (const { sql } of parts) database.exec(sql)
  database.exec('ANALYZE')
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

async function openPostgresPools() {
  const admin = new pg.Client({ connectionString: DATABASE_URL })
  await admin.connect()
  const schemas = []
  const pools = []
  return {
    async open(size) {
      const schema = `bench_${randomUUID().replaceAll('-', '')}`
      await admin.query(`CREATE SCHEMA ${schema}; SET search_path = ${schema}`)
      schemas.push(schema)
      const url = new URL(DATABASE_URL)
      url.searchParams.set('options', `-c search_path=${schema}`)
      const pool = await openPostgres(url.href)
      pools.push(pool)
      const store = createPostgresKeyStore(pool)
      await store.migrate()
      await fillPostgres(admin, size)
      return store
    },
    async close() {
      for (const pool of pools) await pool.end()
      for (const schema of schemas) await admin.query(`DROP SCHEMA ${schema} CASCADE`)
      await admin.end()
    },
  }
}

/** The same keys as `recordOf` makes, made where they are kept. */
async function fillPostgres(admin, size) {
  const { hint, name, environment, kind, scopes } = recordOf(0)
  await admin.query('ALTER TABLE sallyport_keys DISABLE TRIGGER USER')
  await admin.query(
    `INSERT INTO sallyport_keys (id, version, digest, hint, name, owner_id, environment, kind, scopes, metadata, created_at)
     SELECT 'key_' || left(md5(n::text), 22), 1,
       translate(rtrim(encode(sha256(n::text::bytea), 'base64'), '='), '+/', '-_'),
       $2, $3, 'org_' || n / ${OWNED}, $4, $5, $6, '{}', to_timestamp(($7::bigint + n) / 1000.0)
     FROM generate_series(0, $1::int - 1) AS n`,
    [size, hint, name, environment, kind, scopes, SINCE],
  )
  await admin.query('ALTER TABLE sallyport_keys ENABLE TRIGGER USER')
  await admin.query('VACUUM ANALYZE sallyport_keys')
}
