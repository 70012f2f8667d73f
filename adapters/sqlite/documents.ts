import { pageOf, placeIn, type AccessChanges, type ListPlace } from '../../src/access/index.js'
import type { Page } from '../../src/index.js'
import { integerIn, optional, textIn } from './column.js'
import { stringsIn } from './row.js'
import { isKeepable, type Session } from './session.js'
import type { SqliteStatement, SqliteValue } from './types.js'

/** The last time that there is, in milliseconds before and after 1970. */
const LAST_TIME = '8640000000000000'
const PAGE = 50
const MAX_OWNERS = 1_000

/** The revision of a table, and who has changed since another one; NULL where that is not known. */
const CHANGES = `SELECT CAST(r.revision AS TEXT) AS revision,
  CASE WHEN CAST(? AS INTEGER) <= r.revision THEN (
    SELECT json_group_array(owner_id) FROM (
      SELECT owner_id FROM sallyport_changed_owners
      WHERE part = r.part AND revision > CAST(? AS INTEGER) ORDER BY revision LIMIT ${String(MAX_OWNERS + 1)}
    )) END AS owners
  FROM sallyport_revisions r WHERE r.part = ?`

/** @throws {Error} where there is no revision */
export function readChanges(
  read: (sql: string) => SqliteStatement,
  part: string,
  since: string | undefined,
): AccessChanges {
  const from = since !== undefined && /^\d{1,18}$/.test(since) ? since : null
  const row = read(CHANGES).get(from, from, part)
  const revision = textIn(row, 'revision')
  const ownerIds = optional(row, 'owners', stringsIn)
  // Too many are read anew as if any had changed.
  return ownerIds === undefined || ownerIds.length > MAX_OWNERS
    ? { revision }
    : { revision, ownerIds }
}

/** Which page of which table. */
interface PageQuery {
  readonly table: string
  /** The column by which it is sorted, before the id. */
  readonly time: string
  readonly order?: 'newest' | 'oldest' | undefined
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

interface PageStatement {
  readonly sql: string
  readonly values: readonly SqliteValue[]
  readonly limit: number
}

/** The statement for a page of records; `undefined` where nothing can be found. */
export function pageStatement(
  { table, time, order = 'newest', limit = PAGE, cursor }: PageQuery,
  wanted: Readonly<Record<string, string | undefined>>,
): PageStatement | undefined {
  const from = cursor === undefined ? undefined : placeIn(cursor)
  if (cursor !== undefined && from === undefined) return undefined
  const conditions = Object.entries(wanted).flatMap(([column, value]) =>
    value === undefined ? [] : [{ column, value }],
  )
  if (!conditions.every(({ value }) => isKeepable(value))) return undefined
  const [direction, beyond] = order === 'newest' ? ['DESC', '<'] : ['ASC', '>']
  const all = [
    // What has no time has no place in a list, and drivers throw for what is no number of JavaScript.
    `${time} BETWEEN -${LAST_TIME} AND ${LAST_TIME}`,
    ...conditions.map(({ column }) => `${column} = ?`),
    ...(from ? [`(${time}, id) ${beyond} (?, ?)`] : []),
  ]
  return {
    sql: `SELECT id, ${time} AS at, record FROM ${table} WHERE ${all.join(' AND ')} ORDER BY ${time} ${direction}, id ${direction} LIMIT ?`,
    values: [
      ...conditions.map(({ value }) => value),
      ...(from ? [from.at, from.id] : []),
      limit + 1,
    ],
    limit,
  }
}

export function readPage<T>(
  session: Session,
  statement: PageStatement | undefined,
  recordOf: (row: unknown) => T,
): Page<T> {
  if (statement === undefined) return { items: [] }
  const { sql, values, limit } = statement
  const rows = session.statement(sql).all(...values)
  return pageOf(rows, limit, { recordOf, placeOf })
}

function placeOf(row: unknown): ListPlace {
  return { at: integerIn(row, 'at'), id: textIn(row, 'id') }
}
