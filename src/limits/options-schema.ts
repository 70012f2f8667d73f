import * as z from 'zod/mini'
import type { Auth } from '../core/auth.js'
import { functionOf, objectWith } from '../lib/schema-kinds.js'
import type { LimitStore } from './limit-store.js'
import { count, window } from './plan-schema.js'
import type { CallerOverride } from './plans.js'
import { lazily } from '../lib/lazily.js'

export const limits = lazily(() =>
  z.strictObject({
    by: z._default(
      z.union([z.enum(['owner', 'key']), functionOf<(auth: Auth) => string>('')], {
        error: "must be 'owner', 'key', or a function that returns a text",
      }),
      'owner',
    ),
    defaultPlan: z.optional(z.string()),
    anonymous: z.optional(
      z.strictObject(
        { limit: count(), window: window() },
        {
          error: ({ code }) =>
            code === 'invalid_type' ? "must be such as { limit: 60, window: '1m' }" : undefined,
        },
      ),
    ),
    override: z.optional(
      functionOf<(auth: Auth) => CallerOverride | undefined>('must be a function'),
    ),
    store: z.optional(
      objectWith<LimitStore>(['consume'], 'must be a LimitStore, such as createMemoryLimitStore()'),
    ),
    onStoreError: z._default(
      z.enum(['local', 'deny', 'allow'], { error: "must be 'local', 'deny' or 'allow'" }),
      'local',
    ),
    instances: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 1),
    headers: z._default(
      z.array(
        z.enum(['x-ratelimit', 'ratelimit'], { error: "must be 'x-ratelimit' or 'ratelimit'" }),
      ),
      ['x-ratelimit'],
    ),
    dryRun: z._default(z.boolean(), false),
  }),
)

export const LIMIT_NAMES = lazily(() => Object.keys(limits().shape))
