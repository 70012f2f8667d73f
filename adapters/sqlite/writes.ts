import {
  DuplicateKeyError,
  type CallerCondition,
  type KeyPatch,
  type KeyRecord,
} from '../../src/index.js'
import type { ChangeFeed } from './feed.js'
import { INSERT_FREE, INSERT_KEY, updateOf, valuesOf } from './row.js'
import { isDuplicate, type Session } from './session.js'
import type { Tables } from './tables.js'
import type { SqliteKeyStore } from './types.js'

const HOLDS = 'SELECT 1 FROM sallyport_keys WHERE id = ? AND version = ?'
/** Milliseconds since the epoch, by the clock of the machine that all processes with this file share. */
const NOW = `CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)`
const SUSPENDED = `SELECT 1 FROM sallyport_key_suspensions WHERE owner_id = ? AND until > ${NOW}`
const SUSPEND = `INSERT INTO sallyport_key_suspensions (owner_id, id, until) VALUES (?, ?, ${NOW} + ?)
  ON CONFLICT (owner_id, id) DO UPDATE SET until = max(until, excluded.until)`
/** With it goes what a process has left that died. */
const RESUME = `DELETE FROM sallyport_key_suspensions
  WHERE (owner_id = ? AND id = ?) OR until < ${NOW} - 3600000`

/** What changes keys, each on its own or all of several. */
export type KeyWrites = Pick<
  SqliteKeyStore,
  'insert' | 'insertAll' | 'update' | 'updateAll' | 'rotate' | 'suspendCreation'
>

export function createKeyWrites(
  session: Session,
  tables: Tables,
  changes: Pick<ChangeFeed, 'tell'>,
): KeyWrites {
  const { insert, holds, mayCreate, update } = createRowWrites(session)

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
  }
}

/** Single statements, without a transaction. */
function createRowWrites(session: Session) {
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

  return { insert, holds, mayCreate, update }
}
