import * as v from 'valibot'
import { writtenInstant } from '../../lib/instants.js'
import { MAX_METADATA } from '../caller-metadata.js'
import type { Settable } from '../members.js'
import { lazily } from '../../lib/lazily.js'
import { strictObject } from '../../lib/schema-objects.js'

const instant = lazily(writtenInstant)
const texts = lazily(() => v.array(v.string()))
const names = lazily(() => v.optional(texts()))
const common = lazily(() => ({
  scopes: names(),
  // Its length, before anything looks closer: a large one would take long.
  metadata: v.optional(
    v.custom<Record<string, unknown>>(
      (value) => JSON.stringify(value).length <= MAX_METADATA,
      'must be at most 4,096 characters of JSON',
    ),
  ),
}))
type Members = Partial<Record<Settable, v.GenericSchema>>

export const createBody = lazily(() =>
  strictObject({
    name: v.string(),
    environment: v.optional(v.string()),
    kind: v.optional(v.picklist(['sk', 'pk'])),
    allowedIps: names(),
    tenantIds: names(),
    resources: names(),
    expiresAt: v.optional(instant()),
    ...common(),
  } satisfies Members),
)

export const updateBody = lazily(() =>
  strictObject({
    name: v.optional(v.string()),
    allowedIps: v.nullish(texts()),
    tenantIds: v.nullish(texts()),
    resources: v.nullish(texts()),
    expiresAt: v.nullish(instant()),
    disabled: v.optional(v.boolean()),
    reason: v.optional(v.string()),
    ...common(),
  } satisfies Members & Readonly<Record<'disabled' | 'reason', v.GenericSchema>>),
)

export const listQuery = lazily(() =>
  strictObject({
    limit: v.optional(v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number))),
    cursor: v.optional(v.string()),
    environment: v.optional(v.string()),
    state: v.optional(v.string()),
  }),
)
/** Of `GET /due`. */
export const dueQuery = lazily(() =>
  strictObject({
    within: v.optional(v.string()),
    limit: listQuery().entries.limit,
    cursor: v.optional(v.string()),
    environment: v.optional(v.string()),
  }),
)
export const rotateBody = lazily(() => strictObject({ gracePeriod: v.optional(v.string()) }))
export const revokeBody = lazily(() => strictObject({ reason: v.optional(v.string()) }))
