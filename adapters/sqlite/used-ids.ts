import { hash } from 'node:crypto'
import { IdShareError, type KeptId, type ReplayStore } from '../../src/index.js'
import { integerIn } from './column.js'
import { KNOWN_COLUMNS } from './row.js'
import { createTables } from './tables.js'
import { createSession } from './session.js'
import type { SqliteDatabase } from './types.js'

/** Of each owner. */
const MAX_OF_OWNER = 100_000
/** Ids are hashes in base64url, each first character as likely as the others: of each, an owner has a part of its share, which is counted fast. */
const MAX_OF_LETTER = Math.floor(MAX_OF_OWNER / 64)

const REMOVE_ENDED = `DELETE FROM sallyport_used_ids WHERE id IN (
  SELECT id FROM sallyport_used_ids WHERE until <= ? ORDER BY until LIMIT 4)`
const REMOVE = 'DELETE FROM sallyport_used_ids WHERE id = ? AND until <= ?'
const COUNT = `SELECT count(*) AS count FROM (
  SELECT 1 FROM sallyport_used_ids WHERE owner = ? AND owner <> '' AND substr(id, 1, 1) = ? AND until > ? LIMIT ?)`
const PROLONG = 'UPDATE sallyport_used_ids SET until = max(until, ?) WHERE id = ?'
const INSERT = 'INSERT INTO sallyport_used_ids (id, owner, until) VALUES (?, ?, ?)'

/**
 * Remembers in an open database what was used once, for all processes that have the file open: forms of a console, or assertions. At most 100,000 of each owner, under their SHA-256.
 * `migrate` of the key store must have made the table. The connection may be that of a key store.
 * @example const portal = createConsole(gate, { user, secret, forms: createSqliteReplayStore(keys.database) })
 * @throws {MisuseError} `invalid_option` where no open database is given
 */
export function createSqliteReplayStore(database: SqliteDatabase): ReplayStore {
  const session = createSession(database)
  const tables = createTables(session, KNOWN_COLUMNS)
  return {
    addIfAbsent(id, until, kept) {
      const now = Date.now()
      const end = endOf(now, until, kept)
      const [name, owner] = [named(id), kept?.ownerId === undefined ? '' : named(kept.ownerId)]
      tables.check()
      const run = (sql: string, ...values: readonly (string | number)[]) =>
        Number(session.statement(sql).run(...values).changes)
      const isFull = () =>
        owner !== '' &&
        integerIn(
          session.statement(COUNT).get(owner, name.charAt(0), now, MAX_OF_LETTER),
          'count',
        ) >= MAX_OF_LETTER
      let isFirst = false
      session.atomically(() => {
        run(REMOVE_ENDED, now)
        run(REMOVE, name, now)
        if (run(PROLONG, end, name) > 0) return true
        if (isFull()) throw new IdShareError(`One owner has ${String(MAX_OF_OWNER)} ids already.`)
        run(INSERT, name, owner, end)
        isFirst = true
        return true
      })
      return isFirst
    },
  }
}

/** In milliseconds since the epoch. @throws {RangeError} */
function endOf(now: number, until: number, kept: KeptId | undefined): number {
  const left = Math.ceil(kept?.forMs ?? until - now)
  if (left >= 1) return now + left
  throw new RangeError('An id cannot be kept until an instant that is over.')
}

/** Whatever characters it has, and however long it is. */
function named(text: string): string {
  return hash('sha256', text, 'base64url')
}
