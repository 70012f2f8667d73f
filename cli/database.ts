import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs'
import {
  AuditError,
  MisuseError,
  StoreError,
  type KeyStore,
  type MaybePromise,
  type TablesReport,
} from 'sallyport'
import type { AccessStore, AgreementStore } from 'sallyport/access'
import { UsageError } from './exit.js'
import { fileFault } from './file-fault.js'
import { NO_DATABASE } from './settings.js'

/** A database that is open. */
export interface Database {
  readonly store: KeyStore
  readonly access: AccessStore
  readonly agreements: AgreementStore
  close(): MaybePromise<void>
}

/** Opens the database that a path or a URL names, as it is. @throws {UsageError} @throws {StoreError} */
export async function openDatabase(named: string | undefined): Promise<Database> {
  const where = checkPlace(named)
  if (isServer(where)) return attempt(() => openServer(where))
  if (existsSync(where)) return attempt(() => openFile(where))
  throw new UsageError(`there is no database${nameOf(where)}; make it with 'sallyport migrate'`)
}

/** What a migration found, and what it left. */
export interface Migrated {
  /** The file that it made. */
  readonly madeFile?: string
  readonly before: readonly TablesReport[]
  readonly after: readonly TablesReport[]
}

/**
 * Makes the tables, or brings them to what this version needs. A file that is not there is made; nothing else makes or changes one.
 * @throws {UsageError} @throws {StoreError}
 */
export async function migrateDatabase(named: string | undefined): Promise<Migrated> {
  const where = checkPlace(named)
  return attempt(() => (isServer(where) ? migrateServer(where) : migrateFile(where)))
}

/** How the tables stand to this version; changes nothing. @throws {UsageError} @throws {StoreError} */
export async function reportTables(named: string | undefined): Promise<readonly TablesReport[]> {
  const where = checkPlace(named)
  if (!isServer(where) && !existsSync(where)) {
    throw new UsageError(`there is no database${nameOf(where)}; make it with 'sallyport migrate'`)
  }
  return attempt(() => (isServer(where) ? reportServer(where) : reportFile(where)))
}

async function reportServer(url: string): Promise<readonly TablesReport[]> {
  const { report, close } = await openServer(url)
  try {
    return await report()
  } finally {
    await close()
  }
}

async function reportFile(path: string): Promise<readonly TablesReport[]> {
  const { reportSqliteTables } = await import('sallyport/sqlite')
  return [await reportSqliteTables(path)]
}

/** @throws {UsageError} */
function checkPlace(where: string | undefined): string {
  if (!where) {
    throw new UsageError(NO_DATABASE)
  }
  // Not repeated: there may be a password in it.
  if (!isServer(where) && /:\/\/|:.*@|\bpass\w*\s*=/is.test(where)) {
    throw new UsageError('--database must be the path of a file, or a URL with postgres://')
  }
  return where
}

export function isServer(where: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(where)
}

/** The name of a file for a message; nothing where it may be something else, with a password in it. */
function nameOf(path: string): string {
  return /^[\w./\\:~+-]+$/.test(path) ? ` '${path}'` : ''
}

/** What goes wrong before there is a gate is a failing store as well. @throws {StoreError} */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StoreError || cause instanceof AuditError) throw cause
    // No driver works here.
    if (cause instanceof MisuseError) throw new StoreError(cause.message, { cause })
    throw new StoreError('The database cannot be used.', { cause })
  }
}

async function openFile(path: string): Promise<Database> {
  const { createSqliteAccessStore, createSqliteAgreementStore, openSqliteKeyStore } =
    await import('sallyport/sqlite')
  const store = await openSqliteKeyStore(path, { migrate: false })
  return {
    store,
    access: createSqliteAccessStore(store.database),
    agreements: createSqliteAgreementStore(store.database),
    close() {
      store.close()
    },
  }
}

async function migrateFile(path: string): Promise<Migrated> {
  const { openSqliteKeyStore } = await import('sallyport/sqlite')
  // Whoever can read the digests can try out weak imported secrets: they are for the owner of the file alone.
  const isNew = !existsSync(path)
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new StoreError(`The file${nameOf(path)} cannot be opened: ${fileFault(error)}`)
  }
  try {
    const before = await reportFile(path)
    const store = await openSqliteKeyStore(path)
    store.close()
    return { ...(isNew && { madeFile: path }), before, after: await reportFile(path) }
  } catch (error) {
    // Without a driver, nothing was written: no empty file is left behind.
    if (isNew && statSync(path).size === 0) rmSync(path)
    throw error
  }
}

async function openServer(url: string) {
  const postgres = await import('sallyport/postgres')
  const { createPostgresAuditSink, createPostgresKeyStore, openPostgres } = postgres
  const pool = await openPostgres(url)
  // Far away, a connection takes longer than a call of the store may: it is made beforehand.
  const client = await pool.connect()
  client.release()
  const store = createPostgresKeyStore(pool)
  const trail = createPostgresAuditSink(pool)
  return {
    ...{ store, trail },
    access: postgres.createPostgresAccessStore(pool),
    agreements: postgres.createPostgresAgreementStore(pool),
    report: async () => [await store.tables(), await trail.tables()],
    close: () => pool.end(),
  }
}

async function migrateServer(url: string): Promise<Migrated> {
  const { store, trail, report, close } = await openServer(url)
  try {
    const before = await report()
    await store.migrate()
    await trail.migrate()
    return { before, after: await report() }
  } finally {
    await close()
  }
}

/** Opens the audit trail that is in a database of PostgreSQL. @throws {StoreError} */
export async function openTrailTable(url: string) {
  const { trail, close } = await attempt(() => openServer(url))
  return { trail, close }
}

/** A URL as it may be shown: without what leads into it. */
export function serverName(url: string): string {
  try {
    const { host, pathname } = new URL(url)
    return `postgres://${host}${pathname}`
  } catch {
    return 'PostgreSQL'
  }
}
