import * as v from 'valibot'
import type { Calendar } from '../core/limit.js'
import { isDuration, milliseconds, type Duration } from '../lib/duration.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber, shortList } from '../lib/schema-kinds.js'
import { MAX_CONCURRENCY, MAX_LIMIT, windowName, type PlanLimit, type Plan } from './plans.js'
import { recordOf, strictObject } from '../lib/schema-objects.js'

const DAY_MS = 86_400_000
const MAX_QUOTA_DAYS = 366
const MAX_BURST_DAYS = 30
const MAX_WINDOWS = 8

function isWindow(value: unknown, days: number): boolean {
  return isDuration(value) && milliseconds(value) >= 1_000 && milliseconds(value) <= days * DAY_MS
}

export const window = lazily(() =>
  v.custom<Duration | Calendar>(
    (value) => value === 'day' || value === 'month' || isWindow(value, MAX_QUOTA_DAYS),
    `must be 'day', 'month', or a duration from '1s' to '${String(MAX_QUOTA_DAYS)}d', such as '1h'`,
  ),
)
const burstWindow = lazily(() =>
  v.custom<Duration>(
    (value) => isWindow(value, MAX_BURST_DAYS),
    `must be a duration from '1s' to '${String(MAX_BURST_DAYS)}d', such as '1h'`,
  ),
)
/** How much there is of a limit. */
const limit = lazily(() =>
  v.pipe(
    wholeNumber(),
    v.minValue(1, 'must be at least 1; a plan that allows nothing is { access: false }'),
    v.maxValue(MAX_LIMIT),
  ),
)
/** The same where nothing is to be said of plans. */
export const count = lazily(() => wholeNumber(1, MAX_LIMIT))
const PLAN_LIMIT = "{ limit: 1000, window: '1h' }, or a list of such"
const quota = lazily(() => planLimit(window(), `${PLAN_LIMIT}, or 'unlimited'`))
const burst = lazily(() =>
  v.pipe(
    planLimit(burstWindow(), PLAN_LIMIT),
    v.check(
      ({ limit, window }) => limit * milliseconds(window) < 2 ** 53,
      'is more than can be counted exactly: limit times window in milliseconds must be below 2^53',
    ),
  ),
)

const credits = lazily(() =>
  strictObject(
    {
      amount: limit(),
      refill: v.exactOptional(
        strictObject(
          { every: window(), amount: v.exactOptional(limit()) },
          such("{ every: 'month' }"),
        ),
      ),
    },
    such("{ amount: 10000, refill: { every: 'month' } }"),
  ),
)

const concurrency = lazily(() =>
  v.pipe(
    v.unknown(),
    v.transform((given) => (typeof given === 'number' ? { limit: given } : given)),
    strictObject(
      {
        limit: wholeNumber(1, MAX_CONCURRENCY),
        lease: v.exactOptional(
          v.custom<Duration>((value) => isWindow(value, 1), "must be a duration from '1s' to '1d'"),
        ),
      },
      such("10, or { limit: 10, lease: '60s' }"),
    ),
  ),
)

function planLimit<Window extends v.GenericSchema>(window: Window, write: string) {
  return strictObject({ limit: limit(), window }, such(write))
}

/** What to write in place of something else. */
function such(example: string): string {
  return `must be such as ${example}`
}

/** One, or a list of several that have windows of their own; or a word for none. */
function oneOrMore<Window extends Duration | Calendar>(
  one: v.GenericSchema<unknown, PlanLimit<Window>>,
  word?: string,
) {
  const several = v.pipe(
    shortList(one, MAX_WINDOWS),
    v.minLength(1),
    v.check((all) => {
      const windows = all.map(({ window }) => windowName(window))
      return new Set(windows).size === all.length
    }, 'has one window twice'),
  )
  const none = v.pipe(
    v.unknown(),
    v.transform(() => []),
  )
  const single = v.pipe(
    one,
    v.transform((given) => [given]),
  )
  // Not a union: what is wrong inside would not be told.
  return v.lazy((given): v.GenericSchema<unknown, readonly PlanLimit<Window>[]> => {
    if (given === word) return none
    return Array.isArray(given) ? several : single
  })
}

const fields = lazily(() =>
  strictObject({
    access: v.optional(v.boolean(), true),
    quota: v.optional(oneOrMore(quota(), 'unlimited')),
    burst: v.optional(oneOrMore(burst())),
    credits: v.optional(credits()),
    concurrency: v.optional(concurrency()),
  }),
)

const plan = lazily(() =>
  v.pipe(
    fields(),
    v.check(
      ({ access, ...allowed }) => access || nothingOf(allowed),
      'is without access: it allows nothing else',
    ),
    v.check(
      ({ access, ...allowed }) => !access || !nothingOf(allowed),
      "says nothing; write { quota: { limit: 1000, window: '1h' } }, { quota: 'unlimited' } or { access: false }",
    ),
    v.transform(({ access, quota = [], burst = [], credits, concurrency }): Plan => {
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

export const plans = lazily(() => recordOf(v.string(), plan()))

/** The names that may stand in a plan, at a place of the option. */
export function planNames([, , member, group]: readonly PropertyKey[]): readonly string[] {
  if (member === undefined) return Object.keys(fields().entries)
  if (member === 'concurrency') return ['limit', 'lease']
  if (member !== 'credits') return ['limit', 'window']
  return group === 'refill' ? ['every', 'amount'] : ['amount', 'refill']
}
