import { closeSync, existsSync, openSync } from 'node:fs'
import { MisuseError, StoreError, type KeyStore, type MaybePromise } from 'sallyport'
import { UsageError } from './exit.js'

/** A database that is open. */
export interface Database {
  readonly store: KeyStore
  /** Makes the tables, or brings them to what this version needs. */
  migrate(): Promise<void>
  close(): MaybePromise<void>
}

const POSTGRES = /^postgres(?:ql)?:/i

/**
 * Opens the database that a path or a URL names. A file that is not there is made where `make` is true, and only there.
 * @throws {UsageError} @throws {StoreError}
 */
export async function openDatabase(where: string | undefined, make = false): Promise<Database> {
  if (!where) {
    throw new UsageError(
      "say which database: '--database keys.db', '--database postgres://...', or SALLYPORT_DATABASE",
    )
  }
  if (POSTGRES.test(where)) return attempt(() => openPostgresDatabase(where))
  // Not repeated: there may be a password in it.
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(where)) {
    throw new UsageError('--database must be the path of a file, or a URL with postgres://')
  }
  if (!make && !existsSync(where)) {
    throw new UsageError(`there is no database '${where}'; make it with 'sallyport migrate'`)
  }
  // Whoever can read the digests can try out weak imported secrets: they are for the owner of the file alone.
  if (make) closeSync(openSync(where, 'a', 0o600))
  return attempt(() => openSqliteDatabase(where))
}

/** What goes wrong before there is a gate is a failing store as well. @throws {StoreError} */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StoreError) throw cause
    // No driver works here.
    if (cause instanceof MisuseError) throw new StoreError(cause.message, { cause })
    throw new StoreError('The database cannot be used.', { cause })
  }
}

async function openSqliteDatabase(path: string): Promise<Database> {
  const { openSqliteKeyStore } = await import('sallyport/sqlite')
  const store = await openSqliteKeyStore(path)
  return {
    store,
    // As it was opened.
    migrate: () => Promise.resolve(),
    close() {
      store.close()
    },
  }
}

/** It hears of no change: it looks each key up that it is asked about. */
async function openPostgresDatabase(url: string): Promise<Database> {
  const { createPostgresKeyStore, openPostgres } = await import('sallyport/postgres')
  const pool = await openPostgres(url)
  const store = createPostgresKeyStore(pool)
  return { store, migrate: () => attempt(() => store.migrate()), close: () => pool.end() }
}
