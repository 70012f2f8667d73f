import { MisuseError } from '../../src/index.js'
import { checkTables } from './schema.js'
import { openSession } from './session.js'
import { createSqliteKeyStore } from './store.js'
import type { OpenSqliteKeyStore, SqliteDatabase } from './types.js'

interface ClosableDatabase extends SqliteDatabase {
  close(): unknown
}

type Driver = new (path: string) => ClosableDatabase

/** Drivers in the order in which they are tried, and under which name each exports its class. */
const DRIVERS = [
  ['node:sqlite', 'DatabaseSync'],
  ['better-sqlite3', 'default'],
  ['@photostructure/sqlite', 'DatabaseSync'],
] as const

export interface OpenSqliteOptions {
  /** `false`: the tables are made elsewhere, and must be of this version. Default true. */
  readonly migrate?: boolean
}

/**
 * Opens a file, or makes it, with the first driver that works here: `node:sqlite`, better-sqlite3, `@photostructure/sqlite`; and
 * migrates it. Its folder must exist. `':memory:'` is a database that ends with its store.
 * @throws {MisuseError} `not_supported` when no driver works.
 * @throws {StoreError} as in `migrate`; with `migrate: false`, also when the tables are missing or of an older version.
 */
export async function openSqliteKeyStore(
  path: string,
  options: OpenSqliteOptions = {},
): Promise<OpenSqliteKeyStore> {
  const Database = await findDriver()
  const database = new Database(path)
  try {
    const store = createSqliteKeyStore(database)
    if (options.migrate ?? true) await store.migrate()
    else checkTables(openSession(database))
    return { ...store, close: () => void database.close() }
  } catch (error) {
    database.close()
    throw error
  }
}

async function findDriver(): Promise<Driver> {
  const failures: string[] = []
  for (const [name, exported] of DRIVERS) {
    try {
      // Not a literal: none of them may be needed to build, or to bundle, an app that has another.
      const module: unknown = await import(name)
      const driver = memberOf(module, exported)
      if (!isDriver(driver)) throw new TypeError(`it exports no ${exported}`)
      // One that was installed and not built fails only now.
      new driver(':memory:').close()
      return driver
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
