import type { Auth } from '../core/auth.js'
import type { Limit, LimitState } from '../core/limit.js'
import { told, type Finding } from '../core/refuse.js'
import type { Duration } from '../lib/duration.js'
import { windowName } from './plans.js'

/** Whose request a limit has refused, for the operator. */
export interface Counted {
  /** Absent: a request without valid credentials. */
  readonly auth?: Auth | undefined
  /** What `limits.override` said in the place of the caller's own. */
  readonly plan?: string | undefined
  /** Whose counters these are. */
  readonly subject?: string | undefined
  /** What was asked for. */
  readonly owed: number
}

/** A limit that had no room. */
export interface FullLimit {
  readonly limit: Limit
  readonly state: LimitState
  readonly isOfPlan: boolean
}

/** Which limit had no room, and what is left of it for whom. A store of your own may not say which. */
export function limitFinding(full: FullLimit | undefined, counted: Counted): Finding {
  if (full === undefined) {
    const got = told(`none for ${whoseOf(counted)}`)
    return { check: 'limit', expected: 'room in all limits', got, isOrdinary: true }
  }
  const { limit, state, isOfPlan } = full
  const { kind, name, limit: most } = limit
  const cost = kind === 'concurrency' ? 1 : counted.owed
  const plan = isOfPlan ? planOf(counted) : undefined
  const where = plan === undefined ? '' : ` of the plan '${plan}'`
  return {
    check: 'limit',
    expected: `${String(cost)} of ${String(most)} left in ${name}${where}${refillOf(limit)}`,
    got: told(`${String(state.remaining)} left for ${whoseOf(counted)}`),
    isOrdinary: true,
  }
}

/** Whose plan has no access. */
export function planFinding(counted: Omit<Counted, 'owed'>): Finding {
  const plan = planOf(counted)
  return {
    check: 'plan',
    expected: 'a plan with access',
    got: told(`the plan '${String(plan)}' of ${whoseOf(counted)}`),
    isOrdinary: true,
  }
}

function planOf({ auth, plan = auth?.plan }: Pick<Counted, 'auth' | 'plan'>): string | undefined {
  return plan
}

/** The owner, and what is counted for it where that is not the owner. */
function whoseOf({ auth, subject }: Pick<Counted, 'auth' | 'subject'>): string {
  if (auth === undefined) return `'${String(subject)}'`
  const { environment, ownerId } = auth
  const owner = `owner '${ownerId}' in ${environment}`
  const isOwner = subject === undefined || subject === `${environment}:owner:${ownerId}`
  return isOwner ? owner : `${owner}, counted as '${subject}'`
}

/** The name of all other limits has their window in it. */
function refillOf({ kind, limit, windowMs, calendar, refill = limit }: Limit): string {
  if (kind !== 'credit') return ''
  if (windowMs === 0) return ', never refilled'
  return `, refilled to ${String(refill)} each ${windowName(calendar ?? (`${String(windowMs)}ms` as Duration))}`
}
