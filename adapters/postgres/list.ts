import * as v from 'valibot'
import {
  understood,
  type KeyQuery,
  type KeyRecord,
  type KeyState,
  type Page,
} from '../../src/index.js'
import { USED_RECORD } from './columns.js'
import { recordOf, timestamp } from './rows.js'
import { NEWS } from './statements.js'
import { isText } from './text.js'
import { understand } from './read-answer.js'

/** A statement with its values. */
export interface Statement {
  readonly text: string
  readonly values: unknown[]
}

const START = `timestamptz '2000-01-01 00:00:00+00'`
/** The instant of a row in microseconds since 2000: a Date has only milliseconds, and no bigint has all of them since 1970. */
const INSTANT = `(extract(epoch FROM k.created_at - ${START}) * 1000000)::bigint::text`
/** What PostgreSQL can have of them. */
const EARLIEST = -211_813_488_000_000_000n
const LATEST = 9_223_371_331_199_999_999n

/** One row more than a page has, to know whether there is another. `undefined` where nothing can be found. */
export function listStatement(query: KeyQuery, limit: number): Statement | undefined {
  const { ownerId, environment, standing, unrotatedSince, cursor, order = 'newest' } = query
  const { createdBy = {}, search, unusedSince, ending } = query
  const texts = [ownerId, environment, search, createdBy.subject, createdBy.issuer, createdBy.keyId]
  if (!texts.every((name) => name === undefined || isText(name))) return undefined
  const values: unknown[] = []
  const place = (value: unknown) => `$${String(values.push(value))}`
  const [direction, beyond] = order === 'newest' ? ['DESC', '<'] : ['ASC', '>']
  const conditions = ['true']
  if (ownerId !== undefined) conditions.push(`k.owner_id = ${place(ownerId)}`)
  if (environment !== undefined) conditions.push(`k.environment = ${place(environment)}`)
  for (const [member, value] of Object.entries(createdBy)) {
    conditions.push(
      `k.created_by IS NOT NULL AND k.created_by->>'${member}' = ${place(String(value))}`,
    )
  }
  if (search !== undefined) conditions.push(hasText(place(search)))
  if (unusedSince !== undefined) conditions.push(isUnused(place(timestamp(unusedSince))))
  if (unrotatedSince !== undefined) {
    const since = place(timestamp(unrotatedSince))
    conditions.push(`k.rotated_to IS NULL AND k.created_at <= ${since}::timestamptz`)
  }
  if (ending !== undefined) {
    const placed = (instant: Date) => `${place(timestamp(instant))}::timestamptz`
    const end =
      ending === 'never'
        ? 'k.expires_at IS NULL'
        : `k.expires_at > ${placed(ending.after)} AND k.expires_at <= ${placed(ending.until)}`
    conditions.push(`k.revoked_at IS NULL AND ${end}`)
  }
  if (standing !== undefined) {
    const at = () => `${place(timestamp(standing.at))}::timestamptz`
    conditions.push(inState(standing.state, at))
  }
  if (cursor !== undefined) {
    const position = readCursor(cursor)
    if (position === undefined) return undefined
    const [instant, id] = position
    conditions.push(`(k.created_at, k.id) ${beyond} (${instantAt(place(instant))}, ${place(id)})`)
  }
  const sorting = `ORDER BY k.created_at ${direction}, k.id ${direction}`
  return {
    text: `SELECT ${USED_RECORD} AS record, ${NEWS} AS news, ${INSTANT} AS instant, k.id AS id
      FROM sallyport_migrations m, (
      SELECT * FROM sallyport_keys k WHERE ${conditions.join(' AND ')} ${sorting} LIMIT ${place(limit + 1)}
    ) k WHERE m.part = 'keys' ${sorting}`,
    values,
  }
}

/** Without a language, so that all databases find the same. */
function hasText(text: string): string {
  const lower = (value: string) => `lower(${value} COLLATE "C")`
  const wanted = lower(`${text}::text`)
  return `(strpos(${lower('k.name')}, ${wanted}) > 0 OR strpos(${lower('k.hint')}, ${wanted}) > 0)`
}

function isUnused(since: string): string {
  return `(k.created_at < ${since}::timestamptz AND NOT EXISTS (SELECT FROM sallyport_key_usage u
    WHERE u.key_id = k.id AND u.last_used_at >= ${since}::timestamptz))`
}

function inState(state: KeyState, at: () => string): string {
  if (state === 'revoked') return 'k.revoked_at IS NOT NULL'
  if (state === 'expired') return `k.revoked_at IS NULL AND k.expires_at <= ${at()}`
  const disabled = state === 'disabled' ? 'IS NOT NULL' : 'IS NULL'
  const going = `(k.expires_at IS NULL OR k.expires_at > ${at()})`
  return `k.revoked_at IS NULL AND ${going} AND k.disabled_at ${disabled}`
}

/** A row that cannot be understood is left out: the others are none the worse for it. */
export function pageOf(rows: readonly unknown[], limit: number): Page<KeyRecord> {
  const shown = rows.slice(0, limit)
  const items = understood(shown, recordOf)
  const last = shown.at(-1)
  return { items, ...(rows.length > limit && last !== undefined && { cursor: markOf(last) }) }
}

const mark = v.object({ instant: v.string(), id: v.string() })

function markOf(row: unknown): string {
  const { instant, id } = understand(mark, row)
  return Buffer.from(`${instant} ${id}`).toString('base64url')
}

function readCursor(cursor: string): readonly [instant: string, id: string] | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, instant, id] = /^(-?\d{1,19}) (.+)$/s.exec(text) ?? []
  if (instant === undefined || id === undefined || !isText(id)) return undefined
  const microseconds = BigInt(instant)
  return microseconds >= EARLIEST && microseconds <= LATEST ? [instant, id] : undefined
}

/** Hours and the rest: an interval is multiplied as a double, which has not every microsecond of later centuries. */
function instantAt(place: string): string {
  const hours = `${place}::bigint / 3600000000 * interval '1 hour'`
  const rest = `${place}::bigint % 3600000000 * interval '1 microsecond'`
  return `${START} + ${hours} + ${rest}`
}
