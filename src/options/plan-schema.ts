import { z } from 'zod'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import type { Calendar } from '../limits/calendar.js'
import {
  MAX_CONCURRENCY,
  MAX_LIMIT,
  windowName,
  type Allowance,
  type Plan,
} from '../limits/plans.js'

const DAY_MS = 86_400_000
const MAX_QUOTA_DAYS = 366
const MAX_BURST_DAYS = 30
const MAX_WINDOWS = 8

function isWindow(value: unknown, days: number): boolean {
  return isDuration(value) && milliseconds(value) >= 1_000 && milliseconds(value) <= days * DAY_MS
}

const window = z.custom<Duration | Calendar>(
  (value) => value === 'day' || value === 'month' || isWindow(value, MAX_QUOTA_DAYS),
  `must be 'day', 'month', or a duration from '1s' to '${String(MAX_QUOTA_DAYS)}d', such as '1h'`,
)
const burstWindow = z.custom<Duration>(
  (value) => isWindow(value, MAX_BURST_DAYS),
  `must be a duration from '1s' to '${String(MAX_BURST_DAYS)}d', such as '1h'`,
)
const limit = z
  .int()
  .min(1, 'must be at least 1; a plan that allows nothing is { access: false }')
  .max(MAX_LIMIT)
const ALLOWANCE = "{ limit: 1000, window: '1h' }, or a list of such"
const quota = allowance(window, `${ALLOWANCE}, or 'unlimited'`)
const burst = allowance(burstWindow, ALLOWANCE).refine(
  ({ limit, window }) => limit * milliseconds(window) < 2 ** 53,
  'is more than can be counted exactly: limit times window in milliseconds must be below 2^53',
)

const credits = z.strictObject(
  {
    amount: limit,
    refill: z
      .strictObject(
        { every: window, amount: limit.exactOptional() },
        { error: such("{ every: 'month' }") },
      )
      .exactOptional(),
  },
  { error: such("{ amount: 10000, refill: { every: 'month' } }") },
)

const concurrency = z.preprocess(
  (given) => (typeof given === 'number' ? { limit: given } : given),
  z.strictObject(
    {
      limit: z.int().min(1).max(MAX_CONCURRENCY),
      lease: z
        .custom<Duration>((value) => isWindow(value, 1), "must be a duration from '1s' to '1d'")
        .exactOptional(),
    },
    { error: such("10, or { limit: 10, lease: '60s' }") },
  ),
)

function allowance<Window extends z.ZodType>(window: Window, write: string) {
  return z.strictObject({ limit, window }, { error: such(write) })
}

/** What to write in place of something else. */
function such(example: string) {
  return ({ code }: { readonly code?: string }) =>
    code === 'invalid_type' ? `must be such as ${example}` : undefined
}

/** One, or a list of several that have windows of their own; or a word for none. */
function oneOrMore<Window extends Duration | Calendar>(
  one: z.ZodType<Allowance<Window>>,
  word?: string,
) {
  const several = z
    .array(one)
    .min(1)
    .max(MAX_WINDOWS)
    .refine((all) => {
      const windows = all.map(({ window }) => windowName(window))
      return new Set(windows).size === all.length
    }, 'has one window twice')
  // Not a union: what is wrong inside would not be told.
  return z.unknown().transform((given, context): readonly Allowance<Window>[] => {
    if (given === word) return []
    const parsed = Array.isArray(given) ? several.safeParse(given) : one.safeParse(given)
    if (parsed.success) return [parsed.data].flat()
    context.issues.push(...parsed.error.issues.map((issue) => ({ ...issue, input: undefined })))
    return z.NEVER
  })
}

const fields = z.strictObject({
  access: z.boolean().default(true),
  quota: oneOrMore(quota, 'unlimited').optional(),
  burst: oneOrMore(burst).optional(),
  credits: credits.optional(),
  concurrency: concurrency.optional(),
})

const plan = fields
  .refine(
    ({ access, ...allowed }) => access || nothingOf(allowed),
    'is without access: it allows nothing else',
  )
  .refine(
    ({ access, ...allowed }) => !access || !nothingOf(allowed),
    "says nothing; write { quota: { limit: 1000, window: '1h' } }, { quota: 'unlimited' } or { access: false }",
  )
  .transform(({ access, quota = [], burst = [], credits, concurrency }): Plan => {
    if (!access) return { access: false }
    return {
      ...{ quota, burst },
      ...(credits !== undefined && { credits }),
      ...(concurrency !== undefined && { concurrency }),
    }
  })

function nothingOf(allowed: object): boolean {
  return Object.values(allowed).every((value) => value === undefined)
}

export const plans = z.record(z.string(), plan)

/** The names that may stand in a plan, at a place of the option. */
export function planNames([, , member, group]: readonly PropertyKey[]): readonly string[] {
  if (member === undefined) return Object.keys(fields.shape)
  if (member === 'concurrency') return ['limit', 'lease']
  if (member !== 'credits') return ['limit', 'window']
  return group === 'refill' ? ['every', 'amount'] : ['amount', 'refill']
}
