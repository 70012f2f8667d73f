import * as v from 'valibot'
import {
  refuseUnknown,
  StoreError,
  type KeyPatch,
  type KeyRecord,
  type KeyUsage,
  type TablesVersion,
} from '../../src/index.js'
import { faultIn, ifUnderstood, members, understand, whole } from './read-answer.js'

const MAX_MS = 8.64e15
const instant = v.pipe(
  whole,
  v.minValue(-MAX_MS),
  v.maxValue(MAX_MS),
  v.transform((milliseconds) => new Date(milliseconds)),
)

const fields = {
  id: v.string(),
  // The last one there is can have no change after it: nobody could revoke such a key.
  version: v.pipe(whole, v.minValue(1), v.maxValue(2 ** 31 - 2)),
  digest: v.string(),
  hint: v.string(),
  name: v.string(),
  ownerId: v.string(),
  environment: v.string(),
  kind: v.picklist(['sk', 'pk']),
  scopes: v.array(v.string()),
  allowedIps: v.exactOptional(v.array(v.string())),
  tenantIds: v.exactOptional(v.array(v.string())),
  resources: v.exactOptional(v.array(v.string())),
  plan: v.exactOptional(v.string()),
  limit: v.exactOptional(whole),
  metadata: members,
  createdAt: instant,
  expiresAt: v.exactOptional(instant),
  revokedAt: v.exactOptional(instant),
  revocationReason: v.exactOptional(v.string()),
  disabledAt: v.exactOptional(instant),
  rotatedFrom: v.exactOptional(v.string()),
  rotatedTo: v.exactOptional(v.string()),
  rotatedAt: v.exactOptional(instant),
  createdBy: v.exactOptional(
    v.object({
      keyId: v.exactOptional(v.string()),
      issuer: v.exactOptional(v.string()),
      subject: v.exactOptional(v.string()),
      clientId: v.exactOptional(v.string()),
      app: v.exactOptional(v.literal(true)),
      operator: v.exactOptional(v.literal(true)),
      name: v.exactOptional(v.string()),
    }),
  ),
  disabledOverHttpAt: v.exactOptional(instant),
  metadataOverHttp: v.exactOptional(v.array(v.string())),
  retry: v.exactOptional(v.object({ salt: v.string(), request: v.string() })),
  lastUsedAt: v.exactOptional(instant),
} satisfies {
  readonly [Field in keyof Required<KeyRecord>]: v.GenericSchema<unknown, KeyRecord[Field]>
}
const recordSchema = v.object(fields)
const usageSchema = v.object({
  keyId: v.string(),
  environment: v.string(),
  day: v.string(),
  count: whole,
  lastUsedAt: instant,
})
const json = v.pipe(
  v.string(),
  v.transform((text): unknown => JSON.parse(text)),
)
const recordRow = v.object({
  record: v.pipe(json, members),
  news: v.nullable(v.pipe(json, v.array(v.string()))),
})
const versionRow = v.object({
  tables: v.pipe(
    json,
    v.object({
      version: whole,
      readable_from: v.nullish(whole),
    }),
  ),
})
const idRow = v.object({ id: v.string() })
const usageRow = v.object({ usage: v.pipe(json, usageSchema) })

/** What a row says of the version of the tables. */
export function versionIn(row: unknown): TablesVersion | undefined {
  const found = ifUnderstood(versionRow, row)?.tables
  return found && { version: found.version, readableFrom: found.readable_from ?? 1 }
}

/** Whether the row of a look-up has a key. */
export function hasRecord(row: unknown): boolean {
  return !v.safeParse(v.object({ record: v.null() }), row).success
}

/** @throws {StoreError} for a row that is not a key, or is more than this version knows: it must not work. */
export function recordOf(row: unknown): KeyRecord {
  const parsed = ifUnderstood(recordRow, row)
  const fields = Object.entries(parsed?.record ?? {}).filter(isKnown)
  const record = v.safeParse(recordSchema, Object.fromEntries(fields))
  if (record.success) {
    refuseUnknown(record.output.id, parsed?.news ?? [])
    return record.output
  }
  const id = String(parsed?.record['id']).slice(0, 64)
  throw new StoreError(`The row of key '${id}' is not a key.`, {
    cause: new Error(faultIn(record.issues)),
  })
}

/** When a key was last used decides nothing: where that cannot be read, the key can still be managed, as it still works. */
function isKnown([name, value]: readonly [string, unknown]): boolean {
  return name === 'lastUsedAt' ? ifUnderstood(instant, value) !== undefined : value !== null
}

/** @throws {Error} for a row that has none. */
export function idOf(row: unknown): string {
  return understand(idRow, row).id
}

/** A row that cannot be understood is left out. */
export function usageIn(rows: readonly unknown[]): KeyUsage[] {
  return rows.flatMap((row) => ifUnderstood(usageRow, row)?.usage ?? [])
}

export function schemaOf(rows: readonly unknown[]): string {
  const [found] = understand(v.array(v.object({ schema: v.string() })), rows)
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
