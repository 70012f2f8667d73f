import type { KeyStore, TablesReport } from '../../src/index.js'

/** What is bound to a parameter of a statement. */
export type SqliteValue = string | number | null

/** What is used of a prepared statement. */
export interface SqliteStatement {
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
}

/** What is used of an open database of `node:sqlite`, better-sqlite3 or `@photostructure/sqlite`. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}

/** Keys in a SQLite database. Every method but `migrate` answers at once. */
export interface SqliteKeyStore extends KeyStore {
  /**
   * Makes the tables, or brings them to what this version needs; again is harmless, also from several processes at once. Waits up to
   * 5 s for others to let go of the database. Tables of a newer version are left alone. @throws {TablesError} when those are no longer for this version.
   */
  migrate(): Promise<void>
  /** How the tables stand to this version; changes nothing. @throws {Error} what SQLite says. */
  tables(): TablesReport
}

/** A store with a connection of its own. */
export interface OpenSqliteKeyStore extends SqliteKeyStore {
  /** The connection, for other stores in the same file: `createSqliteAccessStore(store.database)`. */
  readonly database: SqliteDatabase
  /** Closes the database. Close the gates first: what they have counted is written then. */
  close(): void
}
