import * as z from 'zod/mini'
import { placeIn } from '../../src/access/index.js'
import { isText } from './text.js'

const PAGE = 50
const recordRow = z.object({ record: z.string() })
const revisionRow = z.tuple([z.object({ revision: z.string() })])

/** The JSON text of a row. @throws {Error} for a row that has none */
export function recordIn(row: unknown): string {
  return recordRow.parse(row).record
}

/** @throws {Error} where there is no revision */
export function revisionIn(rows: readonly unknown[]): string {
  return revisionRow.parse(rows)[0].revision
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
  const conditions = ['true']
  for (const [column, value] of Object.entries(wanted)) {
    if (value === undefined) continue
    if (!isText(value)) return undefined
    conditions.push(`${column} = ${place(value)}`)
  }
  if (from !== undefined) {
    conditions.push(`(${time}, id) ${beyond} (${place(from.at)}::bigint, ${place(from.id)})`)
  }
  return {
    text: `SELECT record::text AS record FROM ${table} WHERE ${conditions.join(' AND ')}
      ORDER BY ${time} ${direction}, id ${direction} LIMIT ${place(limit + 1)}`,
    values,
    limit,
  }
}
