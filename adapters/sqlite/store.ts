import {
  DuplicateKeyError,
  type CallerCondition,
  type KeyPatch,
  type KeyRecord,
} from '../../src/index.js'
import { createChangeFeed } from './feed.js'
import { createSqliteJobs, createSqliteReminderChoices } from './jobs.js'
import { listStatement, pageOf } from './list.js'
import { createSqliteOutbox } from './outbox.js'
import {
  FIND_KEY,
  INSERT_FREE,
  INSERT_KEY,
  KNOWN_COLUMNS,
  recordOf,
  SHOW_KEY,
  updateOf,
  valuesOf,
} from './row.js'
import { migrate } from './schema.js'
import { isDuplicate, isKeepable, createSession } from './session.js'
import { createTables } from './tables.js'
import type { SqliteDatabase, SqliteKeyStore } from './types.js'
import { addUsage, readOwnerUsage, readUsage } from './usage.js'

const HOLDS = 'SELECT 1 FROM sallyport_keys WHERE id = ? AND version = ?'
/** Milliseconds since the epoch, by the clock of the machine that all processes with this file share. */
const NOW = `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`
const SUSPENDED = `SELECT 1 FROM sallyport_key_suspensions WHERE owner_id = ? AND until > ${NOW}`
const SUSPEND = `INSERT INTO sallyport_key_suspensions (owner_id, id, until) VALUES (?, ?, ${NOW} + ?)
  ON CONFLICT (owner_id, id) DO UPDATE SET until = max(until, excluded.until)`
/** With it goes what a process has left that died. */
const RESUME = `DELETE FROM sallyport_key_suspensions
  WHERE (owner_id = ? AND id = ?) OR until < ${NOW} - 3600000`

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

  function insert(record: KeyRecord): void {
    session.statement(INSERT_KEY).run(...valuesOf(record))
  }

  /** Whether the key that asks is as it was when it was judged. */
  function holds({ key }: CallerCondition): boolean {
    return key === undefined || session.statement(HOLDS).get(key.id, key.version) !== undefined
  }

  function mayCreate(provided: CallerCondition): boolean {
    return holds(provided) && session.statement(SUSPENDED).get(provided.ownerId) === undefined
  }

  function update(id: string, patch: KeyPatch, expectedVersion?: number): boolean {
    const { sql, values } = updateOf(id, patch, expectedVersion)
    return Number(session.statement(sql).run(...values).changes) === 1
  }

  /** A write, and word of it when it was made. */
  function change(write: () => boolean): boolean {
    tables.check()
    try {
      const done = write()
      if (done) changes.tell()
      return done
    } catch (error) {
      if (!isDuplicate(error)) throw error
      throw new DuplicateKeyError()
    }
  }

  return {
    migrate: () => migrate(session),
    tables: tables.report,
    findByDigest: (digest) => find(`${FIND_KEY} WHERE digest = ?`, digest),
    findById: (id) => find(`${SHOW_KEY} WHERE id = ?`, id),
    insert: (record, provided) =>
      change(() =>
        session.atomically(() => {
          if (provided !== undefined && !mayCreate(provided)) return false
          insert(record)
          return true
        }),
      ),
    insertAll(records) {
      const inserted: boolean[] = []
      change(() =>
        session.atomically(() => {
          for (const record of records) {
            const { changes: rows } = session.statement(INSERT_FREE).run(...valuesOf(record))
            inserted.push(Number(rows) === 1)
          }
          return true
        }),
      )
      return inserted
    },
    update: (id, patch, expectedVersion, provided) =>
      change(() =>
        provided === undefined
          ? update(id, patch, expectedVersion)
          : session.atomically(() => holds(provided) && update(id, patch, expectedVersion)),
      ),
    updateAll: (wanted) =>
      change(() =>
        session.atomically(() =>
          wanted.every(({ id, patch, expectedVersion }) => update(id, patch, expectedVersion)),
        ),
      ),
    rotate: (id, expectedVersion, endsAt, successor, provided) =>
      change(() =>
        session.atomically(() => {
          if (provided !== undefined && !mayCreate(provided)) return false
          const rotatedAt = successor.createdAt
          const patch = { expiresAt: endsAt, rotatedTo: successor.id, rotatedAt }
          if (!update(id, patch, expectedVersion)) return false
          tables.refuseUnknown(id)
          insert(successor)
          return true
        }),
      ),
    suspendCreation(ownerId, id, durationMs) {
      if (durationMs > 0) session.statement(SUSPEND).run(ownerId, id, durationMs)
      else session.statement(RESUME).run(ownerId, id)
    },
    list(query) {
      const statement = listStatement(query)
      if (statement === undefined) return { items: [] }
      const { sql, values, limit } = statement
      tables.check()
      return pageOf(session.statement(sql).all(...values), limit, understood)
    },
    recordUsage(usage, outcomes = []) {
      tables.check()
      addUsage(session, usage, outcomes)
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
