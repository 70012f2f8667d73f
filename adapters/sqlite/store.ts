import { DuplicateKeyError, type KeyPatch, type KeyRecord } from '../../src/index.js'
import { createChangeFeed } from './feed.js'
import { listStatement, pageOf } from './list.js'
import { FIND_KEY, INSERT_FREE, INSERT_KEY, recordOf, SHOW_KEY, updateOf, valuesOf } from './row.js'
import { migrate } from './schema.js'
import { isDuplicate, isKeepable, openSession } from './session.js'
import type { SqliteDatabase, SqliteKeyStore } from './types.js'
import { addUsage, readUsage } from './usage.js'

/**
 * Keys in an open database; `migrate` must have made the tables. The connection is the store's: it sets `synchronous`, `foreign_keys`
 * and `busy_timeout`, and runs transactions of its own.
 */
export function createSqliteKeyStore(database: SqliteDatabase): SqliteKeyStore {
  const session = openSession(database)
  const changes = createChangeFeed(session)

  function find(sql: string, value: string): KeyRecord | undefined {
    if (!isKeepable(value)) return undefined
    const row = session.statement(sql).get(value)
    return row === undefined ? undefined : recordOf(row)
  }

  function insert(record: KeyRecord): void {
    session.statement(INSERT_KEY).run(...valuesOf(record))
  }

  function update(id: string, patch: KeyPatch, expectedVersion: number): boolean {
    const { sql, values } = updateOf(id, patch, expectedVersion)
    return Number(session.statement(sql).run(...values).changes) === 1
  }

  /** A write, and word of it when it was made. */
  function change(write: () => boolean): boolean {
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
    findByDigest: (digest) => find(`${FIND_KEY} WHERE digest = ?`, digest),
    findById: (id) => find(`${SHOW_KEY} WHERE id = ?`, id),
    insert(record) {
      change(() => {
        insert(record)
        return true
      })
    },
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
    update: (id, patch, expectedVersion) => change(() => update(id, patch, expectedVersion)),
    updateAll: (wanted) =>
      change(() =>
        session.atomically(() =>
          wanted.every(({ id, patch, expectedVersion }) => update(id, patch, expectedVersion)),
        ),
      ),
    rotate: (id, expectedVersion, endsAt, successor) =>
      change(() =>
        session.atomically(() => {
          const rotatedAt = successor.createdAt
          const patch = { expiresAt: endsAt, rotatedTo: successor.id, rotatedAt }
          if (!update(id, patch, expectedVersion)) return false
          insert(successor)
          return true
        }),
      ),
    list(query) {
      const statement = listStatement(query)
      if (statement === undefined) return { items: [] }
      const { sql, values, limit } = statement
      return pageOf(session.statement(sql).all(...values), limit)
    },
    recordUsage(usage) {
      addUsage(session, usage)
    },
    usageOf: (keyId, sinceDay) => readUsage(session, keyId, sinceDay),
    changes,
  }
}
