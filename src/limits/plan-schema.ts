import * as z from 'zod/mini'
import type { Calendar } from '../core/limit.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { lazily } from '../lib/lazily.js'
import { readWithin } from '../lib/schema-kinds.js'
import { MAX_CONCURRENCY, MAX_LIMIT, windowName, type PlanLimit, type Plan } from './plans.js'

const DAY_MS = 86_400_000
const MAX_QUOTA_DAYS = 366
const MAX_BURST_DAYS = 30
const MAX_WINDOWS = 8

function isWindow(value: unknown, days: number): boolean {
  return isDuration(value) && milliseconds(value) >= 1_000 && milliseconds(value) <= days * DAY_MS
}

export const window = lazily(() =>
  z.custom<Duration | Calendar>(
    (value) => value === 'day' || value === 'month' || isWindow(value, MAX_QUOTA_DAYS),
    `must be 'day', 'month', or a duration from '1s' to '${String(MAX_QUOTA_DAYS)}d', such as '1h'`,
  ),
)
const burstWindow = lazily(() =>
  z.custom<Duration>(
    (value) => isWindow(value, MAX_BURST_DAYS),
    `must be a duration from '1s' to '${String(MAX_BURST_DAYS)}d', such as '1h'`,
  ),
)
/** How much there is of a limit. */
const limit = lazily(() =>
  z
    .int()
    .check(
      z.minimum(1, 'must be at least 1; a plan that allows nothing is { access: false }'),
      z.maximum(MAX_LIMIT),
    ),
)
/** The same where nothing is to be said of plans. */
export const count = lazily(() => z.int().check(z.minimum(1), z.maximum(MAX_LIMIT)))
const PLAN_LIMIT = "{ limit: 1000, window: '1h' }, or a list of such"
const quota = lazily(() => planLimit(window(), `${PLAN_LIMIT}, or 'unlimited'`))
const burst = lazily(() =>
  planLimit(burstWindow(), PLAN_LIMIT).check(
    z.refine(
      ({ limit, window }) => limit * milliseconds(window) < 2 ** 53,
      'is more than can be counted exactly: limit times window in milliseconds must be below 2^53',
    ),
  ),
)

const credits = lazily(() =>
  z.strictObject(
    {
      amount: limit(),
      refill: z.exactOptional(
        z.strictObject(
          { every: window(), amount: z.exactOptional(limit()) },
          { error: such("{ every: 'month' }") },
        ),
      ),
    },
    { error: such("{ amount: 10000, refill: { every: 'month' } }") },
  ),
)

const concurrency = lazily(() =>
  z.pipe(
    z.transform((given) => (typeof given === 'number' ? { limit: given } : given)),
    z.strictObject(
      {
        limit: z.int().check(z.minimum(1), z.maximum(MAX_CONCURRENCY)),
        lease: z.exactOptional(
          z.custom<Duration>((value) => isWindow(value, 1), "must be a duration from '1s' to '1d'"),
        ),
      },
      { error: such("10, or { limit: 10, lease: '60s' }") },
    ),
  ),
)

function planLimit<Window extends z.ZodMiniType>(window: Window, write: string) {
  return z.strictObject({ limit: limit(), window }, { error: such(write) })
}

/** What to write in place of something else. */
function such(example: string) {
  return ({ code }: { readonly code?: string }) =>
    code === 'invalid_type' ? `must be such as ${example}` : undefined
}

/** One, or a list of several that have windows of their own; or a word for none. */
function oneOrMore<Window extends Duration | Calendar>(
  one: z.ZodMiniType<PlanLimit<Window>>,
  word?: string,
) {
  const several = z.array(one).check(
    z.minLength(1),
    z.maxLength(MAX_WINDOWS),
    z.refine((all) => {
      const windows = all.map(({ window }) => windowName(window))
      return new Set(windows).size === all.length
    }, 'has one window twice'),
  )
  // Not a union: what is wrong inside would not be told.
  return z.pipe(
    z.unknown(),
    z.transform((given, context): readonly PlanLimit<Window>[] => {
      if (given === word) return []
      return Array.isArray(given)
        ? readWithin(context, several, given)
        : [readWithin(context, one, given)]
    }),
  )
}

const fields = lazily(() =>
  z.strictObject({
    access: z._default(z.boolean(), true),
    quota: z.optional(oneOrMore(quota(), 'unlimited')),
    burst: z.optional(oneOrMore(burst())),
    credits: z.optional(credits()),
    concurrency: z.optional(concurrency()),
  }),
)

const plan = lazily(() =>
  z.pipe(
    fields().check(
      z.refine(
        ({ access, ...allowed }) => access || nothingOf(allowed),
        'is without access: it allows nothing else',
      ),
      z.refine(
        ({ access, ...allowed }) => !access || !nothingOf(allowed),
        "says nothing; write { quota: { limit: 1000, window: '1h' } }, { quota: 'unlimited' } or { access: false }",
      ),
    ),
    z.transform(({ access, quota = [], burst = [], credits, concurrency }): Plan => {
      if (!access) return { access: false }
      return {
        ...{ quota, burst },
        ...(credits !== undefined && { credits }),
        ...(concurrency !== undefined && { concurrency }),
      }
    }),
  ),
)

function nothingOf(allowed: object): boolean {
  return Object.values(allowed).every((value) => value === undefined)
}

export const plans = lazily(() => z.record(z.string(), plan()))

/** The names that may stand in a plan, at a place of the option. */
export function planNames([, , member, group]: readonly PropertyKey[]): readonly string[] {
  if (member === undefined) return Object.keys(fields().shape)
  if (member === 'concurrency') return ['limit', 'lease']
  if (member !== 'credits') return ['limit', 'window']
  return group === 'refill' ? ['every', 'amount'] : ['amount', 'refill']
}
