import * as z from 'zod/mini'
import { StoreError } from '../core/errors.js'
import { isDeeperThan } from '../lib/copy.js'
import { MAX_METADATA_DEPTH, type KeyRecord } from './record.js'
import { lazily } from '../lib/lazily.js'

const texts = lazily(() => z.array(z.string()))
/** What may be told of an id: nothing else could be one. */
const KEY_ID = /^[\w-]{1,64}$/
const schema = lazily(() =>
  z.object({
    id: z.string().check(z.minLength(1)),
    version: z.int(),
    digest: z.string(),
    hint: z.string(),
    name: z.string(),
    ownerId: z.string().check(z.minLength(1)),
    environment: z.string(),
    kind: z.enum(['sk', 'pk']),
    scopes: texts(),
    allowedIps: z.optional(texts()),
    tenantIds: z.optional(texts()),
    resources: z.optional(texts()),
    plan: z.optional(z.string()),
    limit: z.optional(z.number()),
    metadata: z.custom(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
    createdAt: z.date(),
    expiresAt: z.optional(z.date()),
    revokedAt: z.optional(z.date()),
    revocationReason: z.optional(z.string()),
    disabledAt: z.optional(z.date()),
    rotatedFrom: z.optional(z.string()),
    rotatedTo: z.optional(z.string()),
    rotatedAt: z.optional(z.date()),
    createdBy: z.optional(
      z.object({
        keyId: z.optional(z.string()),
        issuer: z.optional(z.string()),
        subject: z.optional(z.string()),
        clientId: z.optional(z.string()),
        app: z.optional(z.literal(true)),
        operator: z.optional(z.literal(true)),
        name: z.optional(z.string()),
      }),
    ),
    disabledOverHttpAt: z.optional(z.date()),
    metadataOverHttp: z.optional(texts()),
    retry: z.optional(z.object({ salt: z.string(), request: z.string() })),
    lastUsedAt: z.optional(z.date()),
  } satisfies Record<keyof KeyRecord, z.ZodMiniType>),
)

/**
 * What a store answers is a record only where each member has its type; and metadata without end cannot be copied. A hand that wrote something else closes that
 * key, and no other. @returns what is wrong, in names of ours alone: what stands there is nobody's business
 */
export function faultOf(record: KeyRecord): string | undefined {
  const { success, error } = schema().safeParse(record)
  if (!success) return `'${String(error.issues[0]?.path[0] ?? 'record')}' is not what it must be`
  return isDeeperThan(record.metadata, MAX_METADATA_DEPTH)
    ? "its 'metadata' is nested too deep"
    : undefined
}

/** @throws {StoreError} */
export function refuseFault(record: KeyRecord): void {
  const fault = faultOf(record)
  if (fault === undefined) return
  const { id } = record as { readonly id: unknown }
  const named = typeof id === 'string' && KEY_ID.test(id) ? `Key '${id}'` : 'A key'
  throw new StoreError(`${named} of the store cannot be read: ${fault}.`)
}
