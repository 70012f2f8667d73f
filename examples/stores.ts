import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createMemoryKeyStore, createMemoryReplayStore, type KeyStore } from 'sallyport'
import {
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type AccessOptions,
} from 'sallyport/access'
import { createMemoryReviewStore, type ConsoleOptions } from 'sallyport/console'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  createPostgresKeyStore,
  createPostgresReplayStore,
  createPostgresReviewStore,
  openPostgres,
} from 'sallyport/postgres'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  createSqliteReplayStore,
  createSqliteReviewStore,
  openSqliteKeyStore,
  type SqliteDatabase,
} from 'sallyport/sqlite'

/** Runs one statement and returns the rows of a `select` or of `returning`; parameters are `$1`, `$2` and so on. */
export type RunSql = (
  statement: string,
  ...values: readonly (string | number | null)[]
) => Promise<readonly unknown[]>

export type AccessStores = Required<Pick<AccessOptions, 'store' | 'agreements'>>

/** All that an example keeps in one database. */
export interface Stores {
  readonly keys: KeyStore
  readonly access: AccessStores
  readonly console: Pick<ConsoleOptions, 'forms' | 'reviews'>
  readonly runSql: RunSql
  readonly close: () => Promise<void> | void
}

/** @param database a SQLite file, `:memory:`, or the URL of a PostgreSQL */
export async function openStores(database: string): Promise<Stores> {
  if (database === ':memory:') return inMemory()
  return /^postgres(?:ql)?:/.test(database) ? inPostgres(database) : inSqlite(database)
}

/** @param outbox of the key store: steps of access are told with the events of keys */
export function accessInMemory(outbox?: KeyStore['outbox']): AccessStores {
  return { store: createMemoryAccessStore({ outbox }), agreements: createMemoryAgreementStore() }
}

async function inMemory(): Promise<Stores> {
  const keys = createMemoryKeyStore()
  const beside = await openSqliteKeyStore(':memory:')
  return {
    keys,
    access: accessInMemory(keys.outbox),
    console: { forms: createMemoryReplayStore(), reviews: createMemoryReviewStore() },
    runSql: sqlOf(beside.database),
    close() {
      beside.close()
    },
  }
}

async function inSqlite(path: string): Promise<Stores> {
  mkdirSync(dirname(path), { recursive: true })
  const keys = await openSqliteKeyStore(path)
  const { database } = keys
  return {
    keys,
    access: {
      store: createSqliteAccessStore(database),
      agreements: createSqliteAgreementStore(database),
    },
    console: {
      forms: createSqliteReplayStore(database),
      reviews: createSqliteReviewStore(database),
    },
    runSql: sqlOf(database),
    close() {
      keys.close()
    },
  }
}

async function inPostgres(url: string): Promise<Stores> {
  const pool = await openPostgres(url)
  const keys = createPostgresKeyStore(pool)
  await keys.migrate()
  return {
    keys,
    access: {
      store: createPostgresAccessStore(pool),
      agreements: createPostgresAgreementStore(pool),
    },
    console: { forms: createPostgresReplayStore(pool), reviews: createPostgresReviewStore(pool) },
    async runSql(statement, ...values) {
      const client = await pool.connect()
      try {
        return (await client.query(statement, [...values])).rows
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

function sqlOf(database: SqliteDatabase): RunSql {
  return (statement, ...values) => {
    const prepared = database.prepare(statement.replaceAll('$', '?'))
    if (/^select|\breturning\b/.test(statement)) return Promise.resolve(prepared.all(...values))
    prepared.run(...values)
    return Promise.resolve([])
  }
}
