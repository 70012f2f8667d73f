import { MisuseError } from '../core/errors.js'
import type { Calendar, Limit } from '../core/limit.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { nearest } from '../lib/nearest.js'
import { LONGEST_MS } from './calendar.js'

/** So much of something in such a time. */
export interface PlanLimit<Window = Duration> {
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'`; up to `'366d'` for a quota, up to `'30d'` for a burst, whose limit times window in milliseconds is below 2^53. */
  readonly window: Window
}

/** So many requests in a window. `'day'` and `'month'` are those of UTC: they begin at midnight, whenever the first request comes. */
export type Quota = PlanLimit<Duration | Calendar>

/** A count that requests take from. What is left of it does not end with a window. */
export interface Credits {
  /** How many there are at first: a whole number from 1 to 1,000,000,000. */
  readonly amount: number
  /** Default: they are never refilled. */
  readonly refill?: {
    /** When: at the beginning of each day or month of UTC, or so long after the first request since; from `'1s'` to `'366d'`. */
    readonly every: Duration | Calendar
    /** To how many, where less is left: a whole number from 1 to 1,000,000,000. Default: `amount`. */
    readonly amount?: number
  }
}

/** So many requests under way at once. */
export interface Concurrency {
  /** A whole number from 1 to 10,000. */
  readonly limit: number
  /**
   * A request is under way until its response is closed, and for so long at most: what a process that dies has let in is over then. `'1s'` to
   * `'1d'`. Default `'60s'`.
   */
  readonly lease?: Duration
}

/** What a plan allows: nothing at all, or so much. */
export type Plan =
  | { readonly access: false }
  | {
      readonly access?: true
      /**
       * How many requests, in a window that begins with the first of them, or with the calendar; several windows hold together. Default
       * `'unlimited'`, where there is something else.
       */
      readonly quota?: Quota | readonly Quota[] | 'unlimited'
      /** How many requests at once, with the room for new ones coming back evenly over the window. Default: no such limit. */
      readonly burst?: PlanLimit | readonly PlanLimit[]
      /** A count that is used up, and refilled or not. Default: no such limit. */
      readonly credits?: Credits
      /** How many requests may be under way at once. Default: no such limit. */
      readonly concurrency?: number | Concurrency
    }

/** The plan of a caller, and numbers of its own. */
export interface PlanOverride {
  readonly plan?: string
  /** In the place of the plan's first quota; of its credits where it has none. A whole number from 1 to 1,000,000,000. */
  readonly limit?: number
}

/** What an app says of a caller in the place of its key. */
export interface CallerOverride extends PlanOverride {
  /** In the place of the `amount` of the plan's credits: a whole number from 1 to 1,000,000,000. */
  readonly credits?: number
}

/** Who has a plan: a caller, as far as its limits go. */
export interface PlanHolder {
  readonly ownerId: string
  readonly keyId?: string | undefined
  readonly plan?: string | undefined
  readonly limit?: number | undefined
}

/** The plans of an API. */
export interface Plans {
  readonly names: readonly string[]
  /** What a caller is counted against; `undefined` where its plan is without access. @throws {MisuseError} naming the caller, for what no plan has */
  limitsOf(caller: PlanHolder, own?: CallerOverride): readonly Limit[] | undefined
  /** @throws {MisuseError} `unknown_plan` naming the nearest; `invalid_key_input` for a limit that has nothing to take the place of */
  check(chosen: PlanOverride, where: string): void
  /** The smallest limit of all: no request that costs more would ever pass everywhere. */
  readonly smallest: number
  /** What plans have limits of. */
  readonly kinds: ReadonlySet<Limit['kind']>
}

export const MAX_LIMIT = 1_000_000_000
export const MAX_CONCURRENCY = 10_000
const DEFAULT_LEASE = '60s'

export function createPlans(
  plans: Readonly<Record<string, Plan>>,
  defaultPlan: string | undefined,
): Plans {
  const byName = new Map(Object.entries(plans).map(([name, plan]) => [name, limitsIn(plan)]))
  const all = [...byName.values()].flatMap((limits) => limits ?? [])
  const counted = all.filter(({ kind }) => kind !== 'concurrency')

  return {
    names: [...byName.keys()],
    smallest: Math.min(
      MAX_LIMIT,
      ...counted.map(({ limit, refill = 0 }) => Math.max(limit, refill)),
    ),
    kinds: new Set(all.map(({ kind }) => kind)),
    limitsOf(caller, own) {
      const plan = own?.plan ?? caller.plan ?? defaultPlan
      const limit = own?.limit ?? caller.limit
      const where = () => planOf(caller, own)
      const limits = plan === undefined ? undefined : byName.get(plan)
      if (limits === undefined) {
        if (plan !== undefined && byName.has(plan)) return undefined
        throw new MisuseError(
          'unknown_plan',
          plan === undefined
            ? `${where()}: there is none; give it one, or set 'limits.defaultPlan'`
            : unknownPlan(plan, [...byName.keys()], where()),
        )
      }
      const counted =
        limit === undefined ? limits : withLimit(limits, placeOf(limits), limit, where)
      if (own?.credits === undefined) return counted
      return withLimit(counted, placeOf(counted, ['credit']), own.credits, where)
    },
    check({ plan = defaultPlan, limit }, where) {
      const known = [...byName.keys()]
      if (plan === undefined) {
        throw new MisuseError('unknown_plan', `${where}: say which plan: one of ${quoted(known)}`)
      }
      if (!byName.has(plan)) throw new MisuseError('unknown_plan', unknownPlan(plan, known, where))
      if (limit === undefined || placeOf(byName.get(plan) ?? []) !== -1) return
      throw new MisuseError(
        'invalid_key_input',
        `${where}: 'limit' takes the place of a quota, and plan '${plan}' has none`,
      )
    },
  }
}

/** Whose plan it is, for messages to the operator. */
function planOf({ ownerId, keyId }: PlanHolder, own: CallerOverride | undefined): string {
  const caller = keyId === undefined ? `owner '${ownerId}'` : `key '${keyId}' of owner '${ownerId}'`
  return own?.plan === undefined ? `the plan of ${caller}` : `limits.override for ${caller}`
}

/** What to say of a plan that is not there. */
export function unknownPlan(plan: string, known: readonly string[], where: string): string {
  const meant = nearest(plan, known)
  const advice = meant === undefined ? `use one of ${quoted(known)}` : `did you mean '${meant}'?`
  return `${where}: '${plan}' is not one of the plans; ${advice}`
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

function limitsIn(plan: Plan): readonly Limit[] | undefined {
  if (plan.access === false) return undefined
  const { quota = [], burst = [], credits, concurrency } = plan
  const quotas = quota === 'unlimited' ? [] : [quota].flat()
  return Object.freeze([
    ...quotas.map((planLimit) => limitFrom('quota', planLimit)),
    ...(credits === undefined ? [] : [creditFrom(credits)]),
    ...[burst].flat().map((planLimit) => limitFrom('burst', planLimit)),
    ...(concurrency === undefined ? [] : [concurrencyFrom(concurrency)]),
  ])
}

/** Called by its window: a plan that has the same window goes on with the same count, whatever its limit is. */
export function limitFrom(
  kind: Limit['kind'],
  { limit, window }: Quota,
  called: string = kind,
): Limit {
  return Object.freeze({
    ...{ name: `${called}-${windowName(window)}`, kind, limit },
    ...windowOf(window),
  })
}

/** Of one name in all plans: what was taken stays taken, whatever the plan. */
function creditFrom({ amount, refill }: Credits): Limit {
  const own = { name: 'credits', kind: 'credit', limit: amount } as const
  if (refill === undefined) return Object.freeze({ ...own, windowMs: 0 })
  const to = refill.amount === undefined ? {} : { refill: refill.amount }
  return Object.freeze({ ...own, ...to, ...windowOf(refill.every) })
}

function concurrencyFrom(given: number | Concurrency): Limit {
  const { limit, lease = DEFAULT_LEASE } = typeof given === 'number' ? { limit: given } : given
  const kind = 'concurrency'
  return Object.freeze({ name: kind, kind, limit, windowMs: milliseconds(lease) })
}

function windowOf(window: Duration | Calendar): Pick<Limit, 'windowMs' | 'calendar'> {
  if (window !== 'day' && window !== 'month') return { windowMs: milliseconds(window) }
  return { windowMs: LONGEST_MS[window], calendar: window }
}

/** `1h` for `60m` as well. */
export function windowName(window: Duration | Calendar): string {
  if (window === 'day' || window === 'month') return window
  const windowMs = milliseconds(window)
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, length] = units.find(([, length]) => windowMs % length === 0) ?? ['ms', 1]
  return `${String(windowMs / length)}${unit}`
}

/** Where the limit is that another number takes the place of; -1 if there is none. */
function placeOf(limits: readonly Limit[], kinds: readonly Limit['kind'][] = ['quota', 'credit']) {
  const places = kinds.map((kind) => limits.findIndex((limit) => limit.kind === kind))
  return places.find((place) => place !== -1) ?? -1
}

function withLimit(
  limits: readonly Limit[],
  at: number,
  limit: number,
  where: () => string,
): readonly Limit[] {
  const former = limits[at]
  if (former === undefined) {
    const message = 'a limit takes the place of a quota or of credits, and it has none'
    throw new MisuseError('invalid_option', `${where()}: ${message}`)
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    const message = 'a limit must be a whole number from 1 to 1,000,000,000'
    throw new MisuseError('invalid_option', `${where()}: ${message}`)
  }
  return limits.with(at, { ...former, limit })
}
