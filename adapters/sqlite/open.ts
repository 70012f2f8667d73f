import { closeSync, existsSync, openSync } from 'node:fs'
import { createTablesGuard, MisuseError, type TablesReport } from '../../src/index.js'
import { createSqliteKeyStore } from './store.js'
import type { OpenSqliteKeyStore, SqliteDatabase } from './types.js'

interface ClosableDatabase extends SqliteDatabase {
  close(): unknown
}

type Driver = new (path: string, options?: Readonly<Record<string, true>>) => ClosableDatabase

/**
 * Drivers in the order in which they are tried: under which name each exports its class, and how it calls the option of a connection that only reads. The name of
 * another driver is an error for better-sqlite3, whatever its value.
 */
const DRIVERS = [
  ['node:sqlite', 'DatabaseSync', 'readOnly'],
  ['better-sqlite3', 'default', 'readonly'],
  ['@photostructure/sqlite', 'DatabaseSync', 'readOnly'],
] as const

interface FoundDriver {
  readonly Database: Driver
  readonly readOnlyOption: string
}

export interface OpenSqliteOptions {
  /** `false`: the tables are made elsewhere, and must be of this version. Default true. */
  readonly migrate?: boolean
}

/**
 * Opens a file, or makes it, with the first driver that works here: `node:sqlite`, better-sqlite3, `@photostructure/sqlite`; and
 * migrates it. Its folder must exist. `':memory:'` is a database that ends with its store.
 * @throws {MisuseError} `not_supported` when no driver works.
 * @throws {StoreError} as in `migrate`; with `migrate: false`, also when the tables are missing or of an older version.
 * @example keys: { prefix: 'acme', store: await openSqliteKeyStore('keys.db') }
 */
export async function openSqliteKeyStore(
  path: string,
  options: OpenSqliteOptions = {},
): Promise<OpenSqliteKeyStore> {
  const given: unknown = path
  if (typeof given !== 'string') {
    const message =
      "openSqliteKeyStore: a path must be given; write await openSqliteKeyStore('keys.db')"
    throw new MisuseError('invalid_option', message)
  }
  const { Database } = await findDriver()
  makeFile(path)
  const database = new Database(path)
  try {
    const store = createSqliteKeyStore(database)
    if (options.migrate ?? true) await store.migrate()
    else checkTables(store.tables())
    return { ...store, database, close: () => void database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Whoever can read the digests can try out weak imported secrets: they are for the user of the process alone, whatever the umask. SQLite makes the other two files
 * with the mode of the first. A file that is there keeps its mode.
 */
function makeFile(path: string): void {
  if (path === '' || path.startsWith(':') || path.startsWith('file:')) return
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch {
    // It is there; or SQLite says what is wrong.
  }
}

/**
 * How the tables of a file stand to this version; changes nothing. The last connection that closes a file writes what is in its log into it, unless that
 * connection can only read; one that can only read leaves a log where there was none.
 * @throws {MisuseError} `not_supported` when no driver works. @throws {Error} what SQLite says.
 * @example const { usable } = await reportSqliteTables('keys.db')
 */
export async function reportSqliteTables(path: string): Promise<TablesReport> {
  const { Database, readOnlyOption } = await findDriver()
  const database = existsSync(`${path}-wal`)
    ? new Database(path, { [readOnlyOption]: true })
    : new Database(path)
  try {
    return createSqliteKeyStore(database).tables()
  } finally {
    database.close()
  }
}

/** @throws {StoreError} unless the tables are there and for this version */
function checkTables({ tables, known }: TablesReport): void {
  createTablesGuard('keys', known).check(tables)
}

async function findDriver(): Promise<FoundDriver> {
  const failures: string[] = []
  for (const [name, exported, readOnlyOption] of DRIVERS) {
    try {
      // Not a literal: none of them may be needed to build, or to bundle, an app that has another.
      const module: unknown = await import(name)
      const driver = memberOf(module, exported)
      if (!isDriver(driver)) throw new TypeError(`it exports no ${exported}`)
      // One that was installed and not built fails only now.
      new driver(':memory:').close()
      return { Database: driver, readOnlyOption }
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`)
    }
  }
  throw new MisuseError(
    'not_supported',
    `openSqliteKeyStore: no SQLite driver works here; use Node 22.13 or later, or: npm install better-sqlite3, or: npm install @photostructure/sqlite\n  ${failures.join('\n  ')}`,
  )
}

function memberOf(module: unknown, name: string): unknown {
  return typeof module === 'object' && module !== null ? Reflect.get(module, name) : undefined
}

function isDriver(value: unknown): value is Driver {
  return typeof value === 'function'
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1).join()
}
