import type { KeyPatch, KeyRecord } from '../../src/index.js'

/** The column of each field of a record, and its type; uses have a table of their own. */
const KEPT = {
  id: ['id', 'text'],
  version: ['version', 'integer'],
  digest: ['digest', 'text'],
  hint: ['hint', 'text'],
  name: ['name', 'text'],
  ownerId: ['owner_id', 'text'],
  environment: ['environment', 'text'],
  kind: ['kind', 'text'],
  scopes: ['scopes', 'text[]'],
  allowedIps: ['allowed_ips', 'text[]'],
  tenantIds: ['tenant_ids', 'text[]'],
  resources: ['resources', 'text[]'],
  plan: ['plan', 'text'],
  limit: ['plan_limit', 'integer'],
  metadata: ['metadata', 'json'],
  createdAt: ['created_at', 'timestamptz'],
  expiresAt: ['expires_at', 'timestamptz'],
  revokedAt: ['revoked_at', 'timestamptz'],
  revocationReason: ['revocation_reason', 'text'],
  disabledAt: ['disabled_at', 'timestamptz'],
  rotatedFrom: ['rotated_from', 'text'],
  rotatedTo: ['rotated_to', 'text'],
  rotatedAt: ['rotated_at', 'timestamptz'],
  retry: ['retry', 'json'],
  createdBy: ['created_by', 'json'],
  disabledOverHttpAt: ['disabled_over_http_at', 'timestamptz'],
  metadataOverHttp: ['metadata_over_http', 'text[]'],
} as const satisfies Record<Exclude<keyof KeyRecord, 'lastUsedAt'>, readonly [string, string]>
const COLUMNS = Object.entries(KEPT)

/** All columns. */
export const NAMES = COLUMNS.map(([, [column]]) => column).join(', ')
/** All fields, of the JSON of a record that is called `r`. */
export const FIELDS = COLUMNS.map(([field]) => `r."${field}"`).join(', ')
/** What stands in the JSON of a record, or of a patch. */
export const SHAPE = COLUMNS.map(([field, [, type]]) => `"${field}" ${type}`).join(', ')

/** What a patch may change, and whether `null` takes it away. */
const CLEARED = {
  name: false,
  scopes: false,
  allowedIps: true,
  tenantIds: true,
  resources: true,
  plan: true,
  limit: true,
  metadata: false,
  expiresAt: true,
  revokedAt: false,
  revocationReason: false,
  disabledAt: true,
  disabledOverHttpAt: true,
  metadataOverHttp: true,
  rotatedTo: false,
  rotatedAt: false,
  digest: false,
} as const satisfies {
  [Field in keyof Required<KeyPatch>]: null extends KeyPatch[Field] ? true : false
}

/** What a patch `p`, whose JSON is `w.patch`, makes of the columns of `k`. */
export const CHANGES = COLUMNS.flatMap(([field, [column]]) => {
  if (!isPatched(field)) return []
  return CLEARED[field]
    ? `${column} = CASE WHEN w.patch->'${field}' IS NULL THEN k.${column} ELSE p."${field}" END`
    : `${column} = coalesce(p."${field}", k.${column})`
}).join(', ')

function isPatched(field: string): field is keyof typeof CLEARED {
  return Object.hasOwn(CLEARED, field)
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

function field([name, [column, type]]: (typeof COLUMNS)[number]): string {
  return `'${name}', ${type === 'timestamptz' ? millisecondsOf(`k.${column}`) : `k.${column}`}`
}

export function millisecondsOf(instant: string): string {
  return `floor(extract(epoch FROM ${instant}) * 1000)`
}

/** The columns of the row `k` that have a value and are not known here. */
export const UNKNOWN = `(SELECT json_agg(c.key)::text FROM json_each(to_json(k)) c
  WHERE json_typeof(c.value) <> 'null' AND c.key <> ALL ('{${COLUMNS.map(([, [column]]) => column).join(',')}}'))`
