import { z } from 'zod'
import { StoreError, type KeyPatch, type KeyRecord, type KeyUsage } from '../../src/index.js'

/** The fields of a record, with the column and its type for each. */
const COLUMNS = [
  ['id', 'id', 'text'],
  ['version', 'version', 'integer'],
  ['digest', 'digest', 'text'],
  ['hint', 'hint', 'text'],
  ['name', 'name', 'text'],
  ['ownerId', 'owner_id', 'text'],
  ['environment', 'environment', 'text'],
  ['kind', 'kind', 'text'],
  ['scopes', 'scopes', 'text[]'],
  ['allowedIps', 'allowed_ips', 'text[]'],
  ['tenantIds', 'tenant_ids', 'text[]'],
  ['resources', 'resources', 'text[]'],
  ['plan', 'plan', 'text'],
  ['limit', 'plan_limit', 'integer'],
  ['metadata', 'metadata', 'json'],
  ['createdAt', 'created_at', 'timestamptz'],
  ['expiresAt', 'expires_at', 'timestamptz'],
  ['revokedAt', 'revoked_at', 'timestamptz'],
  ['revocationReason', 'revocation_reason', 'text'],
  ['disabledAt', 'disabled_at', 'timestamptz'],
  ['rotatedFrom', 'rotated_from', 'text'],
  ['rotatedTo', 'rotated_to', 'text'],
  ['rotatedAt', 'rotated_at', 'timestamptz'],
  ['retry', 'retry', 'json'],
] as const satisfies readonly (readonly [keyof KeyRecord, string, string])[]

/** All columns. */
export const NAMES = COLUMNS.map(([, column]) => column).join(', ')
/** All fields, of the JSON of a record that is called `r`. */
export const FIELDS = COLUMNS.map(([field]) => `r."${field}"`).join(', ')
/** What stands in the JSON of a record, or of a patch. */
export const SHAPE = COLUMNS.map(([field, , type]) => `"${field}" ${type}`).join(', ')

/** What a patch `p`, whose JSON is `w.patch`, makes of the columns of `k`. */
export const CHANGES = [
  ...['name', 'scopes', 'tenantIds', 'metadata', 'digest'].map((field) =>
    change(field, columnOf(field)),
  ),
  ...['revokedAt', 'revocationReason', 'rotatedTo', 'rotatedAt'].map((field) =>
    change(field, columnOf(field)),
  ),
  ...['allowedIps', 'resources', 'plan', 'limit', 'expiresAt', 'disabledAt'].map((field) => {
    const column = columnOf(field)
    return `${column} = CASE WHEN w.patch->'${field}' IS NULL THEN k.${column} ELSE p."${field}" END`
  }),
].join(', ')

function change(field: string, column: string): string {
  return `${column} = coalesce(p."${field}", k.${column})`
}

function columnOf(field: string): string {
  return COLUMNS.find(([name]) => name === field)?.[1] ?? field
}

/**
 * The row `k` as the text of a JSON object. The app may have changed how pg parses other types than text: it does so for all pools of
 * a process at once.
 */
export const RECORD = `json_build_object(${COLUMNS.map(field).join(', ')})::text`

const LAST_USED = `(SELECT u.last_used_at FROM sallyport_key_usage u WHERE u.key_id = k.id
  ORDER BY u.day DESC, u.last_used_at DESC LIMIT 1)`

/** The same, with the last use. */
export const USED_RECORD = `json_build_object(${[...COLUMNS.map(field), `'lastUsedAt', ${millisecondsOf(LAST_USED)}`].join(', ')})::text`

function field([name, column, type]: (typeof COLUMNS)[number]): string {
  return `'${name}', ${type === 'timestamptz' ? millisecondsOf(`k.${column}`) : `k.${column}`}`
}

export function millisecondsOf(instant: string): string {
  return `floor(extract(epoch FROM ${instant}) * 1000)`
}

const MAX_MS = 8.64e15
const instant = z
  .int()
  .min(-MAX_MS)
  .max(MAX_MS)
  .transform((milliseconds) => new Date(milliseconds))

const recordSchema = z.object({
  id: z.string(),
  // The last one there is can have no change after it: nobody could revoke such a key.
  version: z
    .int()
    .min(1)
    .max(2 ** 31 - 2),
  digest: z.string(),
  hint: z.string(),
  name: z.string(),
  ownerId: z.string(),
  environment: z.string(),
  kind: z.enum(['sk', 'pk']),
  scopes: z.array(z.string()),
  allowedIps: z.array(z.string()).exactOptional(),
  tenantIds: z.array(z.string()).exactOptional(),
  resources: z.array(z.string()).exactOptional(),
  plan: z.string().exactOptional(),
  limit: z.int().exactOptional(),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: instant,
  expiresAt: instant.exactOptional(),
  revokedAt: instant.exactOptional(),
  revocationReason: z.string().exactOptional(),
  disabledAt: instant.exactOptional(),
  rotatedFrom: z.string().exactOptional(),
  rotatedTo: z.string().exactOptional(),
  rotatedAt: instant.exactOptional(),
  retry: z.object({ salt: z.string(), request: z.string() }).exactOptional(),
  lastUsedAt: instant.exactOptional(),
})
const usageSchema = z.object({
  keyId: z.string(),
  environment: z.string(),
  day: z.string(),
  count: z.int(),
  lastUsedAt: instant,
})
const json = z.string().transform((text): unknown => JSON.parse(text))
const recordRow = z.object({ record: json.pipe(z.record(z.string(), z.unknown())) })
const idRow = z.object({ id: z.string() })
const usageRow = z.object({ usage: json.pipe(usageSchema) })

/** @throws {StoreError} for a row that is not a key: it must not work. */
export function recordOf(row: unknown): KeyRecord {
  const parsed = recordRow.safeParse(row)
  const fields = Object.entries(parsed.data?.record ?? {}).filter(([, value]) => value !== null)
  const record = recordSchema.safeParse(Object.fromEntries(fields))
  if (record.success) return record.data
  const id = String(parsed.data?.record['id']).slice(0, 64)
  throw new StoreError(`The row of key '${id}' is not a key.`, { cause: record.error })
}

/** @throws {Error} for a row that has none. */
export function idOf(row: unknown): string {
  return idRow.parse(row).id
}

/** @throws {Error} for a row that is none. */
export function usageOf(row: unknown): KeyUsage {
  return usageRow.parse(row).usage
}

export function schemaOf(rows: readonly unknown[]): string {
  const [found] = z.array(z.object({ schema: z.string() })).parse(rows)
  if (found !== undefined) return found.schema
  throw new Error('The table sallyport_keys tells nobody of its changes: its trigger is missing.')
}

/** A record or a patch as the JSON that the statements take. */
export function jsonOf(values: KeyRecord | KeyPatch): string {
  return JSON.stringify(plain(values))
}

export function plain(values: KeyRecord | KeyPatch): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Date ? timestamp(value) : value,
    ]),
  )
}

/** As PostgreSQL reads it: years after 9999 have no sign there. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/^\+0*/, '')
}
