import type { KeyQuery, KeyRecord, KeyState } from '../../src/index.js'
import { SHOW_KEY } from './row.js'
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

/** The statement for a page of keys; `undefined` when the cursor is not one of `cursorOf`. */
export function listStatement(query: KeyQuery): ListStatement | undefined {
  const { order = 'newest', limit = PAGE, cursor } = query
  const from = cursor === undefined ? [] : positionOf(cursor)
  if (from === undefined) return undefined
  const beyond = order === 'newest' ? '<' : '>'
  const direction = order === 'newest' ? 'DESC' : 'ASC'
  const conditions = [...conditionsOf(query)]
  if (from.length > 0) conditions.push([`(created_at, id) ${beyond} (?, ?)`, ...from])
  const where = conditions.map(([sql]) => sql).join(' AND ')
  return {
    sql: `${SHOW_KEY} INDEXED BY ${indexOf(query)}${where && ` WHERE ${where}`}
      ORDER BY created_at ${direction}, id ${direction} LIMIT ?`,
    values: [...conditions.flatMap(([, ...values]) => values), limit + 1],
    limit,
  }
}

/** Without figures on what is in the tables, SQLite cannot know that an owner has few keys, and an environment many. */
function indexOf({ ownerId, environment, state, unrotatedSince }: KeyQuery): string {
  if (ownerId !== undefined) return 'sallyport_keys_by_owner'
  if (unrotatedSince !== undefined && state === 'active') return 'sallyport_keys_unrotated'
  return environment === undefined ? 'sallyport_keys_by_time' : 'sallyport_keys_by_environment'
}

function conditionsOf(query: KeyQuery): Condition[] {
  const { ownerId, environment, state, at, unrotatedSince } = query
  return [
    ...(ownerId === undefined ? [] : [['owner_id = ?', ownerId] as const]),
    ...(environment === undefined ? [] : [['environment = ?', environment] as const]),
    ...(state === undefined || at === undefined ? [] : [standing(state, at.getTime())]),
    ...(unrotatedSince === undefined
      ? []
      : [['rotated_to IS NULL AND created_at <= ?', unrotatedSince.getTime()] as const]),
  ]
}

/** The same as `stateOf` of the core, in SQL. */
function standing(state: KeyState, at: number): Condition {
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

/** Where a page ends: after this key. */
export function cursorOf({ createdAt, id }: KeyRecord): string {
  return Buffer.from(`${String(createdAt.getTime())} ${id}`).toString('base64url')
}

function positionOf(cursor: string): readonly [number, string] | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, time, id] = /^(-?\d{1,16}) (\S+)$/.exec(text) ?? []
  return time === undefined || id === undefined ? undefined : [Number(time), id]
}
