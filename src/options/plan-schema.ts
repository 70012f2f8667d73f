import { z } from 'zod'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { MAX_LIMIT, windowName, type Allowance, type Plan } from '../limits/plans.js'

const DAY_MS = 86_400_000
const MAX_QUOTA_DAYS = 366
const MAX_BURST_DAYS = 30
const MAX_WINDOWS = 8

function windowUpTo(days: number) {
  const is = (value: unknown) =>
    isDuration(value) && milliseconds(value) >= 1_000 && milliseconds(value) <= days * DAY_MS
  return z.custom<Duration>(is, `must be a duration from '1s' to '${String(days)}d', such as '1h'`)
}

const limit = z
  .int()
  .min(1, 'must be at least 1; a plan that allows nothing is { access: false }')
  .max(MAX_LIMIT)
const ALLOWANCE = "must be such as { limit: 1000, window: '1h' }, or a list of such"
const quota = allowanceUpTo(MAX_QUOTA_DAYS, `${ALLOWANCE}, or 'unlimited'`)
const burst = allowanceUpTo(MAX_BURST_DAYS, ALLOWANCE).refine(
  ({ limit, window }) => limit * milliseconds(window) < 2 ** 53,
  'is more than can be counted exactly: limit times window in milliseconds must be below 2^53',
)

function allowanceUpTo(days: number, write: string) {
  const error = ({ code }: { readonly code?: string }) =>
    code === 'invalid_type' ? write : undefined
  return z.strictObject({ limit, window: windowUpTo(days) }, { error })
}

/** One, or a list of several that have windows of their own; or a word for none. */
function oneOrMore(one: z.ZodType<Allowance>, word?: string) {
  const several = z
    .array(one)
    .min(1)
    .max(MAX_WINDOWS)
    .refine((all) => {
      const windows = all.map(({ window }) => windowName(milliseconds(window)))
      return new Set(windows).size === all.length
    }, 'has one window twice')
  // Not a union: what is wrong inside would not be told.
  return z.unknown().transform((given, context): readonly Allowance[] => {
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
})

const plan = fields
  .refine(
    ({ access, quota, burst }) => access || (quota === undefined && burst === undefined),
    'is without access: it has no quota and no burst',
  )
  .refine(
    ({ access, quota, burst }) => !access || quota !== undefined || burst !== undefined,
    "says nothing; write { quota: { limit: 1000, window: '1h' } }, { quota: 'unlimited' } or { access: false }",
  )
  .transform(({ access, quota = [], burst = [] }): Plan => {
    return access ? { quota, burst } : { access: false }
  })

export const plans = z.record(z.string(), plan)

/** The names that may stand in a plan, at a place of the option. */
export function planNames(path: readonly PropertyKey[]): readonly string[] {
  return path.length > 2 ? ['limit', 'window'] : Object.keys(fields.shape)
}
