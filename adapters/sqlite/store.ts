import type { KeyRecord } from '../../src/index.js'
import { createChangeFeed } from './feed.js'
import { createSqliteJobs, createSqliteReminderChoices } from './jobs.js'
import { listStatement, pageOf } from './list.js'
import { createSqliteOutbox } from './outbox.js'
import { FIND_KEY, KNOWN_COLUMNS, recordOf, SHOW_KEY } from './row.js'
import { migrate } from './schema.js'
import { createSession, isKeepable } from './session.js'
import { createTables } from './tables.js'
import type { SqliteDatabase, SqliteKeyStore } from './types.js'
import { addUsage, readOwnerUsage, readUsage } from './usage.js'
import { createKeyWrites } from './writes.js'

/**
 * Keys in an open database; `migrate` must have made the tables. The connection is the store's: it sets `synchronous`, `foreign_keys`
 * and `busy_timeout`, and runs transactions of its own.
 * @example
 * ```ts
 * const store = createSqliteKeyStore(new DatabaseSync('keys.db'))
 * await store.migrate()
 * ```
 */
export function createSqliteKeyStore(database: SqliteDatabase): SqliteKeyStore {
  const session = createSession(database)
  const tables = createTables(session, KNOWN_COLUMNS)
  const changes = createChangeFeed(session, tables.settle)

  /** After the row was read: what was written of the tables before the row must be seen. */
  function understood(row: unknown): KeyRecord {
    const record = recordOf(row)
    tables.refuseUnknown(record.id)
    return record
  }

  function find(sql: string, value: string): KeyRecord | undefined {
    if (!isKeepable(value)) return undefined
    tables.check()
    const row = session.statement(sql).get(value)
    return row === undefined ? undefined : understood(row)
  }

  return {
    migrate: () => migrate(session),
    tables: tables.report,
    findByDigest: (digest) => find(`${FIND_KEY} WHERE digest = ?`, digest),
    findById: (id) => find(`${SHOW_KEY} WHERE id = ?`, id),
    ...createKeyWrites(session, tables, changes),
    list(query) {
      const statement = listStatement(query)
      if (statement === undefined) return { items: [] }
      const { sql, values, limit } = statement
      tables.check()
      return pageOf(session.statement(sql).all(...values), limit, understood)
    },
    recordUsage(usage, outcomes = []) {
      tables.check()
      return addUsage(session, usage, outcomes)
    },
    usageOfOwner(ownerId, query) {
      tables.check()
      return readOwnerUsage(session, ownerId, query)
    },
    usageOf: (keyId, sinceDay) => readUsage(session, keyId, sinceDay),
    changes,
    outbox: createSqliteOutbox(session, tables.check),
    jobs: createSqliteJobs(session, tables.check),
    reminders: createSqliteReminderChoices(session, tables.check),
  }
}
