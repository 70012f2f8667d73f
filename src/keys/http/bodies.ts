import * as z from 'zod/mini'
import { MAX_METADATA } from '../caller-metadata.js'
import type { Settable } from '../members.js'
import { lazily } from '../../lib/lazily.js'

const instant = lazily(() =>
  z.pipe(
    z.iso.datetime({
      offset: true,
      error: 'must be an ISO 8601 instant, such as 2030-01-31T00:00:00Z',
    }),
    z.transform((text) => new Date(text)),
  ),
)
const names = lazily(() => z.optional(z.array(z.string())))
const common = lazily(() => ({
  scopes: names(),
  // Its length, before anything looks closer: a large one would take long.
  metadata: z.optional(
    z.custom<Record<string, unknown>>(
      (value) => JSON.stringify(value).length <= MAX_METADATA,
      'must be at most 4,096 characters of JSON',
    ),
  ),
}))
type Members = Partial<Record<Settable, z.ZodMiniType>>

export const createBody = lazily(() =>
  z.strictObject({
    name: z.string(),
    environment: z.optional(z.string()),
    kind: z.optional(z.enum(['sk', 'pk'])),
    allowedIps: names(),
    tenantIds: names(),
    resources: names(),
    expiresAt: z.optional(instant()),
    ...common(),
  } satisfies Members),
)

export const updateBody = lazily(() =>
  z.strictObject({
    name: z.optional(z.string()),
    allowedIps: z.nullable(names()),
    tenantIds: z.nullable(names()),
    resources: z.nullable(names()),
    expiresAt: z.optional(z.nullable(instant())),
    disabled: z.optional(z.boolean()),
    reason: z.optional(z.string()),
    ...common(),
  } satisfies Members & Readonly<Record<'disabled' | 'reason', z.ZodMiniType>>),
)

export const listQuery = lazily(() =>
  z.strictObject({
    limit: z.optional(z.pipe(z.string().check(z.regex(/^\d{1,3}$/)), z.transform(Number))),
    cursor: z.optional(z.string()),
    environment: z.optional(z.string()),
    state: z.optional(z.string()),
  }),
)
/** Of `GET /due`. */
export const dueQuery = lazily(() =>
  z.strictObject({
    within: z.optional(z.string()),
    limit: listQuery().shape.limit,
    cursor: z.optional(z.string()),
    environment: z.optional(z.string()),
  }),
)
export const rotateBody = lazily(() => z.strictObject({ gracePeriod: z.optional(z.string()) }))
export const revokeBody = lazily(() => z.strictObject({ reason: z.optional(z.string()) }))
