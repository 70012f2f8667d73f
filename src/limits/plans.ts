import { milliseconds, type Duration } from '../lib/duration.js'
import { nearest } from '../lib/nearest.js'
import { MisuseError } from '../terms/misuse.js'
import type { Limit } from './store.js'

/** So much of something in such a time. */
export interface Allowance {
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'`; up to `'366d'` for a quota, up to `'30d'` for a burst, whose limit times window in milliseconds is below 2^53. */
  readonly window: Duration
}

/** What a plan allows: nothing at all, or so much. */
export type Plan =
  | { readonly access: false }
  | {
      readonly access?: true
      /**
       * How many requests, in a window that begins with the first of them; several windows hold together. Default `'unlimited'`, where
       * there is a burst.
       */
      readonly quota?: Allowance | readonly Allowance[] | 'unlimited'
      /** How many requests at once, with the room for new ones coming back evenly over the window. Default: no such limit. */
      readonly burst?: Allowance | readonly Allowance[]
    }

/** The plan of a caller, and a limit of its own in the place of the plan's first quota. */
export interface PlanOverride {
  readonly plan?: string
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit?: number
}

/** The plans of an API. */
export interface Plans {
  /** What a caller is counted against; `undefined` where its plan is without access. @throws {RangeError} for what no plan has */
  limitsOf(plan: string | undefined, limit: number | undefined): readonly Limit[] | undefined
  /** @throws {MisuseError} `unknown_plan` naming the nearest; `invalid_key_input` for a limit that has nothing to take the place of */
  check(chosen: PlanOverride, where: string): void
  /** The smallest limit of all: no request that costs more would ever pass everywhere. */
  readonly smallest: number
}

export const MAX_LIMIT = 1_000_000_000

export function createPlans(
  plans: Readonly<Record<string, Plan>>,
  defaultPlan: string | undefined,
): Plans {
  const byName = new Map(Object.entries(plans).map(([name, plan]) => [name, limitsIn(plan)]))
  const all = [...byName.values()].flatMap((limits) => limits ?? [])

  return {
    smallest: Math.min(MAX_LIMIT, ...all.map(({ limit }) => limit)),
    limitsOf(plan = defaultPlan, limit) {
      const limits = plan === undefined ? undefined : byName.get(plan)
      if (limits === undefined) {
        if (plan !== undefined && byName.has(plan)) return undefined
        throw new RangeError(
          plan === undefined ? 'There is no plan.' : `There is no plan '${plan}'.`,
        )
      }
      return limit === undefined ? limits : withLimit(limits, limit)
    },
    check({ plan = defaultPlan, limit }, where) {
      const known = [...byName.keys()]
      if (plan === undefined) {
        throw new MisuseError('unknown_plan', `${where}: say which plan: one of ${quoted(known)}`)
      }
      if (!byName.has(plan)) throw new MisuseError('unknown_plan', unknownPlan(plan, known, where))
      if (limit === undefined || byName.get(plan)?.some(({ kind }) => kind === 'quota')) return
      throw new MisuseError(
        'invalid_key_input',
        `${where}: 'limit' takes the place of a quota, and plan '${plan}' has none`,
      )
    },
  }
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
  const { quota = [], burst = [] } = plan
  const quotas = quota === 'unlimited' ? [] : [quota].flat()
  return Object.freeze([
    ...quotas.map((allowance) => limitFrom('quota', allowance)),
    ...[burst].flat().map((allowance) => limitFrom('burst', allowance)),
  ])
}

/** Called by its window: a plan that has the same window goes on with the same count, whatever its limit is. */
function limitFrom(kind: Limit['kind'], { limit, window }: Allowance): Limit {
  const windowMs = milliseconds(window)
  return Object.freeze({ name: `${kind}-${windowName(windowMs)}`, kind, limit, windowMs })
}

/** `1h` for `60m` as well. */
export function windowName(windowMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const
  const [unit, length] = units.find(([, length]) => windowMs % length === 0) ?? ['ms', 1]
  return `${String(windowMs / length)}${unit}`
}

function withLimit(limits: readonly Limit[], limit: number): readonly Limit[] {
  const at = limits.findIndex(({ kind }) => kind === 'quota')
  const quota = limits[at]
  if (quota === undefined)
    throw new RangeError('A limit takes the place of a quota: there is none.')
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new RangeError('A limit is a whole number from 1 to 1,000,000,000.')
  }
  return limits.with(at, { ...quota, limit })
}
