import {
  understood,
  type KeyQuery,
  type KeyRecord,
  type KeyState,
  type Page,
} from '../../src/index.js'
import { textIn } from './column.js'
import { SHOW_KEY } from './row.js'
import { isKeepable } from './session.js'
import type { SqliteValue } from './types.js'

const PAGE = 50

/** A condition with what is bound to it. */
type Condition = readonly [sql: string, ...values: SqliteValue[]]

export interface ListStatement {
  readonly sql: string
  readonly values: readonly SqliteValue[]
  /** How many of the rows are on the page; one more that is there says that the page is not the last. */
  readonly limit: number
}

/** The statement for a page of keys; `undefined` when the cursor is not one of `pageOf`. */
export function listStatement(query: KeyQuery): ListStatement | undefined {
  const { order = 'newest', limit = PAGE, cursor } = query
  const from = cursor === undefined ? [] : positionOf(cursor)
  if (from === undefined) return undefined
  const beyond = order === 'newest' ? '<' : '>'
  const direction = order === 'newest' ? 'DESC' : 'ASC'
  const conditions = [...conditionsOf(query)]
  if (from.length > 0)
    conditions.push([`(created_at, id) ${beyond} (CAST(? AS INTEGER), ?)`, ...from])
  const where = conditions.map(([sql]) => sql).join(' AND ')
  return {
    sql: `${SHOW_KEY} INDEXED BY ${indexOf(query)}${where && ` WHERE ${where}`}
      ORDER BY sallyport_keys.created_at ${direction}, id ${direction} LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), limit + 1],
    limit,
  }
}

/** The indices of the keys that are in a state, or may be. */
const BY_STATE = {
  revoked: 'sallyport_keys_revoked',
  expired: 'sallyport_keys_ending',
  disabled: 'sallyport_keys_disabled',
  active: undefined,
} as const

/** Named, for SQLite does not know by itself that an owner has few keys, and an environment many. */
function indexOf({ ownerId, environment, standing, unrotatedSince, ending }: KeyQuery): string {
  if (ownerId !== undefined) return 'sallyport_keys_by_owner'
  if (typeof ending === 'object') return 'sallyport_keys_by_end'
  const state = standing?.state
  if (unrotatedSince !== undefined && state === 'active') return 'sallyport_keys_unrotated'
  const some = state && BY_STATE[state]
  if (some !== undefined) return some
  return environment === undefined ? 'sallyport_keys_by_time' : 'sallyport_keys_by_environment'
}

function conditionsOf(query: KeyQuery): Condition[] {
  const { ownerId, environment, standing, unrotatedSince, createdBy = {} } = query
  return [
    ...Object.entries(createdBy).map(([member, value]) => madeBy(member, value)),
    ...askedFor(query),
    ...(query.ending === undefined ? [] : [isEnding(query.ending)]),
    ...(ownerId === undefined ? [] : [['owner_id = ?', ownerId] as const]),
    ...(environment === undefined ? [] : [['environment = ?', environment] as const]),
    ...(standing === undefined ? [] : [inState(standing.state, standing.at.getTime())]),
    ...(unrotatedSince === undefined
      ? []
      : [['rotated_to IS NULL AND created_at <= ?', unrotatedSince.getTime()] as const]),
  ]
}

/** A value that is damaged is nobody's. */
function madeBy(member: string, value: unknown): Condition {
  const found = `CASE WHEN json_valid(created_by) THEN json_extract(created_by, '$.${member}') END`
  // What is true in JSON is 1 here.
  return [`(created_by IS NOT NULL AND ${found} = ?)`, value === true ? 1 : String(value)]
}

function isEnding(ending: NonNullable<KeyQuery['ending']>): Condition {
  if (ending === 'never') return ['(revoked_at IS NULL AND expires_at IS NULL)']
  const within = 'expires_at IS NOT NULL AND expires_at > ? AND expires_at <= ?'
  return [`(revoked_at IS NULL AND ${within})`, ending.after.getTime(), ending.until.getTime()]
}

function askedFor({ search, unusedSince }: KeyQuery): Condition[] {
  const found = `(instr(lower(name), lower(?)) > 0 OR instr(lower(hint), lower(?)) > 0)`
  const unused = `(created_at < ? AND NOT EXISTS (
    SELECT 1 FROM sallyport_key_usage WHERE key_id = sallyport_keys.id AND last_used_at >= ?))`
  const since = unusedSince?.getTime()
  return [
    ...(search === undefined ? [] : [[found, search, search] as const]),
    ...(since === undefined ? [] : [[unused, since, since] as const]),
  ]
}

/** The same as `stateOf` of the core, in SQL. */
function inState(state: KeyState, at: number): Condition {
  const unended = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)'
  switch (state) {
    case 'revoked':
      return ['revoked_at IS NOT NULL']
    case 'expired':
      return ['revoked_at IS NULL AND expires_at <= ?', at]
    case 'disabled':
      return [`${unended} AND disabled_at IS NOT NULL`, at]
    case 'active':
      return [`${unended} AND disabled_at IS NULL`, at]
  }
}

/** A row that cannot be understood is left out: the others are none the worse for it. */
export function pageOf(
  rows: readonly unknown[],
  limit: number,
  recordOf: (row: unknown) => KeyRecord,
): Page<KeyRecord> {
  const shown = rows.slice(0, limit)
  const items = understood(shown, recordOf)
  const last = shown.at(-1)
  return { items, ...(rows.length > limit && last !== undefined && { cursor: cursorAfter(last) }) }
}

function cursorAfter(row: unknown): string {
  return Buffer.from(`${textIn(row, 'instant')} ${textIn(row, 'id')}`).toString('base64url')
}

function positionOf(cursor: string): readonly [instant: string, id: string] | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, instant, id] = /^(-?\d{1,19}) (.+)$/s.exec(text) ?? []
  if (instant === undefined || id === undefined || !isKeepable(id)) return undefined
  const milliseconds = BigInt(instant)
  return BigInt.asIntN(64, milliseconds) === milliseconds ? [instant, id] : undefined
}
