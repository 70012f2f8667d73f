import * as v from 'valibot'
import { placeIn, type AccessChanges, type ListPlace } from '../../src/access/index.js'
import { isText } from './text.js'
import { understand } from './read-answer.js'

/** The last time that there is, in milliseconds before and after 1970. */
const LAST_TIME = '8640000000000000'
const PAGE = 50
const recordRow = v.object({ record: v.string() })
const changesRow = v.strictTuple([
  v.object({ revision: v.string(), owners: v.nullable(v.string()) }),
])
const MAX_OWNERS = 1_000

/** The revision of a table, and who has changed since another one; NULL where that is not known. */
export const CHANGES = `SELECT r.revision::text AS revision,
  CASE WHEN $2::bigint <= r.revision THEN (
    SELECT coalesce(json_agg(c.owner_id), '[]') FROM (
      SELECT owner_id FROM sallyport_changed_owners
      WHERE part = $1 AND revision > $2::bigint ORDER BY revision LIMIT ${String(MAX_OWNERS + 1)}
    ) c)::text END AS owners
  FROM sallyport_revisions r WHERE r.part = $1`
const owners = v.array(v.string())

/** The JSON text of a row. @throws {Error} for a row that has none */
export function recordIn(row: unknown): string {
  return understand(recordRow, row).record
}

const placeRow = v.object({ id: v.string(), at: v.string() })

/** The time and the id of a row, by which the list is sorted. */
export function placeOf(row: unknown): ListPlace {
  const { id, at } = understand(placeRow, row)
  return { id, at: Number(at) }
}

/** A revision as `CHANGES` takes it. */
export function sinceIn(since: string | undefined): string | null {
  return since !== undefined && /^\d{1,18}$/.test(since) ? since : null
}

/** @throws {Error} where there is no revision */
export function changesIn(rows: readonly unknown[]): AccessChanges {
  const [{ revision, owners: named }] = understand(changesRow, rows)
  const ownerIds = understand(owners, JSON.parse(named ?? '[""]'))
  // Too many are read anew as if any had changed.
  return ownerIds.includes('') || ownerIds.length > MAX_OWNERS
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

/** The statement for a page of records, with one more than a page has; `undefined` where nothing can be found. */
export function pageStatement(
  { table, time, order = 'newest', limit = PAGE, cursor }: PageQuery,
  wanted: Readonly<Record<string, string | undefined>>,
) {
  const from = cursor === undefined ? undefined : placeIn(cursor)
  if (cursor !== undefined && from === undefined) return undefined
  const values: unknown[] = []
  const place = (value: unknown) => `$${String(values.push(value))}`
  const [direction, beyond] = order === 'newest' ? ['DESC', '<'] : ['ASC', '>']
  // What has no time has no place in a list.
  const conditions = [`${time} BETWEEN -${LAST_TIME} AND ${LAST_TIME}`]
  for (const [column, value] of Object.entries(wanted)) {
    if (value === undefined) continue
    if (!isText(value)) return undefined
    conditions.push(`${column} = ${place(value)}`)
  }
  if (from !== undefined) {
    conditions.push(`(${time}, id) ${beyond} (${place(from.at)}::bigint, ${place(from.id)})`)
  }
  return {
    text: `SELECT id, ${time}::text AS at, record::text AS record FROM ${table} WHERE ${conditions.join(' AND ')}
      ORDER BY ${time} ${direction}, id ${direction} LIMIT ${place(limit + 1)}`,
    values,
    limit,
  }
}
