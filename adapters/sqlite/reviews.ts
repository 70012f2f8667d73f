import { signedReviewFrom, type ReviewStore } from '../../src/console/index.js'
import { textIn } from './column.js'
import { pageStatement, readPage } from './documents.js'
import { KNOWN_COLUMNS } from './row.js'
import { createTables } from './tables.js'
import { createSession, isKeepable } from './session.js'
import type { SqliteDatabase } from './types.js'

const INSERT = `INSERT INTO sallyport_reviews (id, owner_id, last_day, signed_at, record)
  VALUES (?, ?, ?, ?, ?)`
const FIND = 'SELECT record FROM sallyport_reviews WHERE id = ?'

/**
 * Signed reviews of the console in an open database; `migrate` of the key store must have made the table. The connection may be that of a key store.
 * @example const portal = createConsole(gate, { user, secret, reviews: createSqliteReviewStore(keys.database) })
 * @throws {MisuseError} `invalid_option` where no open database is given
 */
export function createSqliteReviewStore(database: SqliteDatabase): ReviewStore {
  const session = createSession(database)
  const tables = createTables(session, KNOWN_COLUMNS)
  const reviewOf = (row: unknown) => signedReviewFrom(textIn(row, 'record'))
  return {
    insert(review) {
      const { id, ownerId, week, at } = review
      tables.check()
      const values = [id, ownerId, week.to, at.getTime(), JSON.stringify(review)]
      session.statement(INSERT).run(...values)
    },
    find(id) {
      tables.check()
      const row = isKeepable(id) ? session.statement(FIND).get(id) : undefined
      return row === undefined ? undefined : reviewOf(row)
    },
    list({ ownerId, to, limit, cursor }) {
      tables.check()
      const page = { table: 'sallyport_reviews', time: 'signed_at', limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, last_day: to })
      return readPage(session, statement, reviewOf)
    },
  }
}
