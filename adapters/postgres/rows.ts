import * as z from 'zod/mini'
import {
  refuseUnknown,
  StoreError,
  type KeyPatch,
  type KeyRecord,
  type KeyUsage,
  type TablesVersion,
} from '../../src/index.js'

const MAX_MS = 8.64e15
const instant = z.pipe(
  z.int().check(z.minimum(-MAX_MS), z.maximum(MAX_MS)),
  z.transform((milliseconds) => new Date(milliseconds)),
)

const fields = {
  id: z.string(),
  // The last one there is can have no change after it: nobody could revoke such a key.
  version: z.int().check(z.minimum(1), z.maximum(2 ** 31 - 2)),
  digest: z.string(),
  hint: z.string(),
  name: z.string(),
  ownerId: z.string(),
  environment: z.string(),
  kind: z.enum(['sk', 'pk']),
  scopes: z.array(z.string()),
  allowedIps: z.exactOptional(z.array(z.string())),
  tenantIds: z.exactOptional(z.array(z.string())),
  resources: z.exactOptional(z.array(z.string())),
  plan: z.exactOptional(z.string()),
  limit: z.exactOptional(z.int()),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: instant,
  expiresAt: z.exactOptional(instant),
  revokedAt: z.exactOptional(instant),
  revocationReason: z.exactOptional(z.string()),
  disabledAt: z.exactOptional(instant),
  rotatedFrom: z.exactOptional(z.string()),
  rotatedTo: z.exactOptional(z.string()),
  rotatedAt: z.exactOptional(instant),
  createdBy: z.exactOptional(
    z.object({
      keyId: z.exactOptional(z.string()),
      issuer: z.exactOptional(z.string()),
      subject: z.exactOptional(z.string()),
      clientId: z.exactOptional(z.string()),
      app: z.exactOptional(z.literal(true)),
      operator: z.exactOptional(z.literal(true)),
      name: z.exactOptional(z.string()),
    }),
  ),
  disabledOverHttpAt: z.exactOptional(instant),
  metadataOverHttp: z.exactOptional(z.array(z.string())),
  retry: z.exactOptional(z.object({ salt: z.string(), request: z.string() })),
  lastUsedAt: z.exactOptional(instant),
} satisfies { readonly [Field in keyof Required<KeyRecord>]: z.ZodMiniType<KeyRecord[Field]> }
const recordSchema = z.object(fields)
const usageSchema = z.object({
  keyId: z.string(),
  environment: z.string(),
  day: z.string(),
  count: z.int(),
  lastUsedAt: instant,
})
const json = z.pipe(
  z.string(),
  z.transform((text): unknown => JSON.parse(text)),
)
const recordRow = z.object({
  record: z.pipe(json, z.record(z.string(), z.unknown())),
  news: z.nullable(z.pipe(json, z.array(z.string()))),
})
const versionRow = z.object({
  tables: z.pipe(json, z.object({ version: z.int(), readable_from: z.nullish(z.int()) })),
})
const idRow = z.object({ id: z.string() })
const usageRow = z.object({ usage: z.pipe(json, usageSchema) })

/** What a row says of the version of the tables. */
export function versionIn(row: unknown): TablesVersion | undefined {
  const found = versionRow.safeParse(row).data?.tables
  return found && { version: found.version, readableFrom: found.readable_from ?? 1 }
}

/** Whether the row of a look-up has a key. */
export function hasRecord(row: unknown): boolean {
  return !z.object({ record: z.null() }).safeParse(row).success
}

/** @throws {StoreError} for a row that is not a key, or is more than this version knows: it must not work. */
export function recordOf(row: unknown): KeyRecord {
  const parsed = recordRow.safeParse(row)
  const fields = Object.entries(parsed.data?.record ?? {}).filter(isKnown)
  const record = recordSchema.safeParse(Object.fromEntries(fields))
  if (record.success) {
    refuseUnknown(record.data.id, parsed.data?.news ?? [])
    return record.data
  }
  const id = String(parsed.data?.record['id']).slice(0, 64)
  throw new StoreError(`The row of key '${id}' is not a key.`, { cause: record.error })
}

/** When a key was last used decides nothing: where that cannot be read, the key can still be managed, as it still works. */
function isKnown([name, value]: readonly [string, unknown]): boolean {
  return name === 'lastUsedAt' ? instant.safeParse(value).success : value !== null
}

/** @throws {Error} for a row that has none. */
export function idOf(row: unknown): string {
  return idRow.parse(row).id
}

/** A row that cannot be understood is left out. */
export function usageIn(rows: readonly unknown[]): KeyUsage[] {
  return rows.flatMap((row) => usageRow.safeParse(row).data?.usage ?? [])
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
