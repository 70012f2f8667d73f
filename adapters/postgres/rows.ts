import { z } from 'zod'
import { StoreError, type KeyPatch, type KeyRecord, type KeyUsage } from '../../src/index.js'

const MAX_MS = 8.64e15
const instant = z
  .int()
  .min(-MAX_MS)
  .max(MAX_MS)
  .transform((milliseconds) => new Date(milliseconds))

const fields = {
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
} satisfies { readonly [Field in keyof Required<KeyRecord>]: z.ZodType<KeyRecord[Field]> }
const recordSchema = z.object(fields)
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
