import * as v from 'valibot'
import { telling } from '../lib/issue.js'
import { StoreError } from '../core/errors.js'
import { isDeeperThan } from '../lib/copy.js'
import { MAX_METADATA_DEPTH, type KeyRecord } from './record.js'
import { isObject } from '../lib/is-object.js'
import { lazily } from '../lib/lazily.js'
import { finiteNumber, wholeNumber } from '../lib/schema-kinds.js'
import { plainObject } from '../lib/schema-objects.js'

const texts = lazily(() => v.array(v.string()))
/** What may be told of an id: nothing else could be one. */
const KEY_ID = /^[\w-]{1,64}$/
const schema = lazily(() =>
  plainObject({
    id: v.pipe(v.string(), v.minLength(1)),
    version: wholeNumber(),
    digest: v.string(),
    hint: v.string(),
    name: v.string(),
    ownerId: v.pipe(v.string(), v.minLength(1)),
    environment: v.string(),
    kind: v.picklist(['sk', 'pk']),
    scopes: texts(),
    allowedIps: v.optional(texts()),
    tenantIds: v.optional(texts()),
    resources: v.optional(texts()),
    plan: v.optional(v.string()),
    limit: v.optional(finiteNumber()),
    metadata: v.custom(isObject),
    createdAt: v.date(),
    expiresAt: v.optional(v.date()),
    revokedAt: v.optional(v.date()),
    revocationReason: v.optional(v.string()),
    disabledAt: v.optional(v.date()),
    rotatedFrom: v.optional(v.string()),
    rotatedTo: v.optional(v.string()),
    rotatedAt: v.optional(v.date()),
    createdBy: v.optional(
      plainObject({
        keyId: v.optional(v.string()),
        issuer: v.optional(v.string()),
        subject: v.optional(v.string()),
        clientId: v.optional(v.string()),
        app: v.optional(v.literal(true)),
        operator: v.optional(v.literal(true)),
        name: v.optional(v.string()),
      }),
    ),
    disabledOverHttpAt: v.optional(v.date()),
    metadataOverHttp: v.optional(texts()),
    retry: v.optional(plainObject({ salt: v.string(), request: v.string() })),
    lastUsedAt: v.optional(v.date()),
  } satisfies Record<keyof KeyRecord, v.GenericSchema>),
)

/**
 * What a store answers is a record only where each member has its type; and metadata without end cannot be copied. A hand that wrote something else closes that
 * key, and no other. @returns what is wrong, in names of ours alone: what stands there is nobody's business
 */
export function faultOf(record: KeyRecord): string | undefined {
  const { success, issues } = v.safeParse(schema(), record)
  if (!success) return `'${telling(issues)?.path[0] ?? 'record'}' is not what it must be`
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
