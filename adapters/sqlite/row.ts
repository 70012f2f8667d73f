import type { KeyCreator, KeyKind, KeyPatch, KeyRecord, KeyRetry } from '../../src/index.js'
import { damaged, instantIn, integerIn, jsonIn, optional, textIn, valueIn } from './column.js'
import type { SqliteValue } from './types.js'

/** Where each field of a record is kept; `lastUsedAt` is not: uses have a table of their own. */
const COLUMNS = {
  id: 'id',
  version: 'version',
  digest: 'digest',
  hint: 'hint',
  name: 'name',
  ownerId: 'owner_id',
  environment: 'environment',
  kind: 'kind',
  scopes: 'scopes',
  allowedIps: 'allowed_ips',
  tenantIds: 'tenant_ids',
  resources: 'resources',
  plan: 'plan',
  limit: 'plan_limit',
  metadata: 'metadata',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  revokedAt: 'revoked_at',
  revocationReason: 'revocation_reason',
  disabledAt: 'disabled_at',
  rotatedFrom: 'rotated_from',
  rotatedTo: 'rotated_to',
  rotatedAt: 'rotated_at',
  retry: 'retry',
  createdBy: 'created_by',
  disabledOverHttpAt: 'disabled_over_http_at',
  metadataOverHttp: 'metadata_over_http',
} as const satisfies Record<Exclude<keyof KeyRecord, 'lastUsedAt'>, string>

const FIELDS = Object.entries(COLUMNS)
/** The columns that this version knows. */
export const KNOWN_COLUMNS: readonly string[] = Object.values(COLUMNS)
const columnOf: ReadonlyMap<string, string> = new Map(FIELDS)

const NAMES = FIELDS.map(([, column]) => column).join(', ')
const INTEGERS: readonly string[] = [
  ...[COLUMNS.version, COLUMNS.limit, COLUMNS.createdAt, COLUMNS.expiresAt],
  ...[COLUMNS.revokedAt, COLUMNS.disabledAt, COLUMNS.disabledOverHttpAt, COLUMNS.rotatedAt],
]
const READ = FIELDS.map(([, column]) =>
  INTEGERS.includes(column) ? `${readable(column)} AS ${column}` : column,
).join(', ')

/** An integer that is none in JavaScript, as text: drivers throw for it, and with it goes every other row. */
export function readable(integer: string): string {
  const most = String(Number.MAX_SAFE_INTEGER)
  return `CASE WHEN ${integer} BETWEEN -${most} AND ${most} THEN ${integer} ELSE CAST(${integer} AS TEXT) END`
}

/** A key as the gate looks it up: without its last use. */
export const FIND_KEY = `SELECT ${READ} FROM sallyport_keys`
/** The same with its last use, for those who manage keys, and the instant of its making as text. */
export const SHOW_KEY = `SELECT ${READ}, (
  SELECT ${readable('max(last_used_at)')} FROM sallyport_key_usage WHERE key_id = id
) AS last_used_at, CAST(created_at AS TEXT) AS instant FROM sallyport_keys`
export const INSERT_KEY = `INSERT INTO sallyport_keys (${NAMES}) VALUES (${FIELDS.map(() => '?').join(', ')})`
/** The same, where the id and the digest are free. */
export const INSERT_FREE = `${INSERT_KEY} ON CONFLICT DO NOTHING`

/** What `INSERT_KEY` is given. */
export function valuesOf(record: KeyRecord): SqliteValue[] {
  return FIELDS.map(([field]) => encoded(Reflect.get(record, field)))
}

/** Compares the version and sets the fields of the patch, in one statement. */
export function updateOf(
  id: string,
  patch: KeyPatch,
  expectedVersion?: number,
): { readonly sql: string; readonly values: readonly SqliteValue[] } {
  const fields = Object.entries(patch).filter(([, value]) => value !== undefined)
  const settings = fields.map(([field]) => {
    const column = columnOf.get(field)
    if (column === undefined) throw new TypeError(`A key has no field '${field}'.`)
    return `, ${column} = ?`
  })
  return {
    sql: `UPDATE sallyport_keys SET version = version + 1${settings.join('')} WHERE id = ?${expectedVersion === undefined ? '' : ' AND version = ?'}`,
    values: [
      ...fields.map(([, value]) => encoded(value)),
      id,
      ...(expectedVersion === undefined ? [] : [expectedVersion]),
    ],
  }
}

function encoded(value: unknown): SqliteValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' || typeof value === 'number') return value
  return value instanceof Date ? value.getTime() : JSON.stringify(value)
}

/** The record in a row. @throws {Error} where a column has what it cannot have: such a key must not open anything. */
export function recordOf(row: unknown): KeyRecord {
  try {
    return read(row)
  } catch (cause) {
    throw new Error(`Key '${String(valueIn(row, 'id'))}' is damaged.`, { cause })
  }
}

function read(row: unknown): KeyRecord {
  return {
    id: textIn(row, 'id'),
    version: versionIn(row),
    digest: textIn(row, 'digest'),
    hint: textIn(row, 'hint'),
    name: textIn(row, 'name'),
    ownerId: textIn(row, 'owner_id'),
    environment: textIn(row, 'environment'),
    kind: kindIn(row),
    scopes: stringsIn(row, 'scopes'),
    metadata: jsonIn(row, 'metadata', isObject),
    createdAt: instantIn(row, 'created_at'),
    ...given({
      allowedIps: optional(row, 'allowed_ips', stringsIn),
      tenantIds: optional(row, 'tenant_ids', stringsIn),
      resources: optional(row, 'resources', stringsIn),
      plan: optional(row, 'plan', textIn),
      limit: optional(row, 'plan_limit', integerIn),
      expiresAt: optional(row, 'expires_at', instantIn),
      revokedAt: optional(row, 'revoked_at', instantIn),
      revocationReason: optional(row, 'revocation_reason', textIn),
      disabledAt: optional(row, 'disabled_at', instantIn),
      rotatedFrom: optional(row, 'rotated_from', textIn),
      rotatedTo: optional(row, 'rotated_to', textIn),
      rotatedAt: optional(row, 'rotated_at', instantIn),
      retry: optional(row, 'retry', (_, column) => jsonIn(row, column, isRetry)),
      createdBy: optional(row, 'created_by', (_, column) => jsonIn(row, column, isCreator)),
      disabledOverHttpAt: optional(row, 'disabled_over_http_at', instantIn),
      metadataOverHttp: optional(row, 'metadata_over_http', stringsIn),
      lastUsedAt: lastUseIn(row),
    }),
  }
}

/** The last one there is can have no change after it: nobody could revoke such a key. */
function versionIn(row: unknown): number {
  const version = integerIn(row, 'version')
  if (version < 1 || version >= Number.MAX_SAFE_INTEGER) throw damaged('version')
  return version
}

/** It decides nothing: where it cannot be read, the key can still be managed, as it still works. */
function lastUseIn(row: unknown): Date | undefined {
  try {
    return optional(row, 'last_used_at', instantIn)
  } catch {
    return undefined
  }
}

function kindIn(row: unknown): KeyKind {
  const kind = textIn(row, 'kind')
  if (kind !== 'sk' && kind !== 'pk') throw damaged('kind')
  return kind
}

export function stringsIn(row: unknown, column: string): readonly string[] {
  return jsonIn(row, column, isStrings)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isRetry(value: unknown): value is KeyRetry {
  return (
    isObject(value) && typeof value['salt'] === 'string' && typeof value['request'] === 'string'
  )
}

function isCreator(value: unknown): value is KeyCreator {
  if (!isObject(value)) return false
  const texts = ['keyId', 'issuer', 'subject', 'clientId', 'name']
  const areTexts = texts.every((name) => ['string', 'undefined'].includes(typeof value[name]))
  const marks = ['app', 'operator'].map((name) => value[name])
  return areTexts && marks.every((mark) => mark === undefined || mark === true)
}

/** Without what is undefined. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> }
function given(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
