import { pageOf } from '../../src/access/index.js'
import { signedReviewFrom, type ReviewStore } from '../../src/console/index.js'
import { besideKeys } from './key-tables.js'
import type { EmbeddedPostgres, PostgresPool } from './client.js'
import { pageStatement, placeOf, recordIn } from './documents.js'
import { isText } from './text.js'

const INSERT = `INSERT INTO sallyport_reviews (id, owner_id, last_day, signed_at, record)
  VALUES ($1, $2, $3, $4, $5)`
const FIND = 'SELECT record::text AS record FROM sallyport_reviews WHERE id = $1'

/**
 * Signed reviews of the console in PostgreSQL 14 or later, or in PGlite; `migrate` of the key store must have made the table.
 * @example const portal = createConsole(gate, { user, secret, reviews: createPostgresReviewStore(pool) })
 * @throws {MisuseError} `invalid_option` where neither a Pool of pg nor PGlite is given
 */
export function createPostgresReviewStore(client: PostgresPool | EmbeddedPostgres): ReviewStore {
  const { read, change } = besideKeys(client)
  const reviewOf = (row: unknown) => signedReviewFrom(recordIn(row))
  return {
    async insert(review) {
      const { id, ownerId, week, at } = review
      await change(INSERT, [id, ownerId, week.to, at.getTime(), JSON.stringify(review)])
    },
    async find(id) {
      const [row] = isText(id) ? await read(FIND, [id]) : []
      return row === undefined ? undefined : reviewOf(row)
    },
    async list({ ownerId, to, limit, cursor }) {
      const page = { table: 'sallyport_reviews', time: 'signed_at', limit, cursor }
      const statement = pageStatement(page, { owner_id: ownerId, last_day: to })
      if (statement === undefined) return { items: [] }
      const rows = await read(statement.text, statement.values)
      return pageOf(rows, statement.limit, { recordOf: reviewOf, placeOf })
    },
  }
}
