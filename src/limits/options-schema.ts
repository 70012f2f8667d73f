import * as v from 'valibot'
import type { Auth } from '../core/auth.js'
import { functionOf, objectWith, wholeNumber } from '../lib/schema-kinds.js'
import type { LimitStore } from './limit-store.js'
import { count, window } from './plan-schema.js'
import type { CallerOverride } from './plans.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

export const limits = lazily(() =>
  strictObject({
    by: v.optional(
      v.union(
        [v.picklist(['owner', 'key']), functionOf<(auth: Auth) => string>('')],
        "must be 'owner', 'key', or a function that returns a text",
      ),
      'owner',
    ),
    defaultPlan: v.optional(v.string()),
    anonymous: v.optional(
      strictObject(
        { limit: count(), window: window() },
        "must be such as { limit: 60, window: '1m' }",
      ),
    ),
    override: v.optional(
      functionOf<(auth: Auth) => CallerOverride | undefined>('must be a function'),
    ),
    store: v.optional(
      objectWith<LimitStore>(['consume'], 'must be a LimitStore, such as createMemoryLimitStore()'),
    ),
    onStoreError: v.optional(
      v.picklist(['local', 'deny', 'allow'], "must be 'local', 'deny' or 'allow'"),
      'local',
    ),
    instances: v.optional(wholeNumber(1, 10_000), 1),
    headers: v.optional(
      v.array(v.picklist(['x-ratelimit', 'ratelimit'], "must be 'x-ratelimit' or 'ratelimit'")),
      ['x-ratelimit'],
    ),
    dryRun: v.optional(v.boolean(), false),
  }),
)

export const LIMIT_NAMES = lazily(() => Object.keys(limits().entries))
