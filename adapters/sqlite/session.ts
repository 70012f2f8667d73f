import { hasMethods, MisuseError } from '../../src/index.js'
import { placeOf } from './database-file.js'
import type { SqliteDatabase, SqliteStatement, SqliteValue } from './types.js'

/** How long a statement waits for another process to end its write; below the 250 ms in which a store must answer. */
const BUSY_MS = 200

/** A connection as the store works with it. */
export interface Session {
  exec(sql: string): void
  /** The statement of this SQL, prepared once. */
  statement(sql: string): SqliteStatement
  /** Runs `work` in one transaction of its own: what it wrote stays when it answers true, and goes when it answers false or throws. */
  atomically(work: () => boolean): boolean
}

/**
 * Sets what keys need of a connection. A commit is on the disk when it returns (`synchronous = FULL`): with less, SQLite may lose the
 * last commits when the power goes, and a key that was revoked would work again.
 * @throws {MisuseError} where no open database is given
 */
export function createSession(database: SqliteDatabase): Session {
  checkDatabase(database)
  const statements = new Map<string, SqliteStatement>()
  database.exec(`PRAGMA busy_timeout = ${String(BUSY_MS)}`)
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA foreign_keys = ON')
  const place = placeOf(database)

  function statement(sql: string): SqliteStatement {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const raw = database.prepare(sql)
    // What has begun is ended wherever it is.
    const isEnd = sql === 'COMMIT' || sql === 'ROLLBACK'
    const bound = (values: SqliteValue[]) => {
      if (!isEnd) place.check()
      return checked(values)
    }
    const prepared: SqliteStatement = {
      run: (...values) => raw.run(...bound(values)),
      get: (...values) => raw.get(...bound(values)),
      all: (...values) => raw.all(...bound(values)),
    }
    statements.set(sql, prepared)
    return prepared
  }

  function undo(): void {
    try {
      statement('ROLLBACK').run()
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full.
    }
  }

  return {
    exec: (sql) => void database.exec(sql),
    statement,
    atomically(work) {
      // The lock is taken before anything is read: a transaction that begins with a read cannot wait for it.
      statement('BEGIN IMMEDIATE').run()
      try {
        const done = work()
        if (done) statement('COMMIT').run()
        else undo()
        return done
      } catch (error) {
        undo()
        throw error
      }
    },
  }
}

/**
 * Whether text comes back as it went in. Each driver cuts it at a NUL in its own way, and halves of surrogate pairs all turn into
 * one character: two owners would become one.
 */
export function isKeepable(text: string): boolean {
  return !text.includes('\0') && !/\p{Cs}/u.test(text)
}

function checked(values: SqliteValue[]): SqliteValue[] {
  for (const value of values) {
    if (typeof value === 'string' && !isKeepable(value)) {
      throw new TypeError('Text with a NUL, or with half of a surrogate pair, cannot be kept.')
    }
    // SQLite takes NaN for NULL: an end that is no date would be no end.
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError(`${String(value)} cannot be kept; it is no whole number.`)
    }
  }
  return values
}

/** Whether another process has the database, and did not let go of it in time. The drivers agree on the words alone. */
export function isBusy(error: unknown): boolean {
  return String(error).includes('database is locked')
}

/** Whether an id or a digest is taken. */
export function isDuplicate(error: unknown): boolean {
  return String(error).includes('UNIQUE constraint failed: sallyport_keys.')
}

function checkDatabase(given: unknown): void {
  if (hasMethods(given, 'exec', 'prepare')) return
  throw new MisuseError(
    'invalid_option',
    "A store in SQLite needs an open database of node:sqlite, better-sqlite3 or @photostructure/sqlite; write createSqliteKeyStore(new DatabaseSync('keys.db')), or await openSqliteKeyStore('keys.db') for a path",
  )
}
