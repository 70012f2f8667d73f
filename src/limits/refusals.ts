import { channel } from 'node:diagnostics_channel'
import type { Auth } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import { Refusal, type Reason, type RefusalDetails } from '../core/denial.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { refuse, type Finding } from '../core/refuse.js'
import { limitFinding, planFinding, type Counted } from './limit-cause.js'

/** What is published on the channel `sallyport:limits` of `node:diagnostics_channel` when a limit refuses. */
export interface LimitRefusal {
  readonly reason: Reason
  /** Absent: a request without credentials. */
  readonly auth?: Auth | undefined
  /** The client's address, of a request without credentials; absent where it is not known. */
  readonly address?: string | undefined
  /** What the caller is counted against, and how much of each is left. */
  readonly limits: readonly (Limit & { readonly remaining: number })[]
  readonly cost: number
  /** Whether the request went on all the same. */
  readonly dryRun: boolean
}

/** A charge that a store has counted. */
export interface CountedCharge extends Charge {
  readonly verdict: LimitVerdict
}

const NO_REFILL = 'The credits of your plan are used up, and they are not refilled.'
const SMALL_REFILL = 'This request costs more than the credits of your plan are refilled to.'
export const LIMITER_UNAVAILABLE = new Refusal('limiter_unavailable')
const refusals = channel('sallyport:limits')

/** Of several limits that refuse, the reason is that of the one which comes first here. */
const REASON_OF: Readonly<Record<Limit['kind'], Reason>> = {
  credit: 'credits_exhausted',
  quota: 'quota_exceeded',
  burst: 'burst_exceeded',
  concurrency: 'concurrency_exceeded',
}
const KINDS = Object.keys(REASON_OF)

/** A charge that goes no further; with `dryRun`, it does, and observers alone are told. */
export function refuseCharge(
  who: Pick<LimitRefusal, 'auth' | 'address'>,
  charge: Charge,
  refusal: Refusal,
  dryRun: boolean,
): Charge {
  if (refusals.hasSubscribers) {
    const { limits, verdict, cost } = charge
    const counted = limits.map((limit, index) => ({
      ...limit,
      remaining: verdict?.states[index]?.remaining ?? 0,
    }))
    const { reason } = refusal
    refusals.publish({ reason, ...who, limits: counted, cost, dryRun } satisfies LimitRefusal)
  }
  return dryRun ? charge : { ...charge, refusal }
}

/** Of a caller whose plan has no access. */
export function withoutAccess(counted: Omit<Counted, 'owed'>): Refusal {
  return refuse('plan_without_access', () => planFinding(counted))
}

/** A limit that is no plan's, and the reason of a request that only it refuses. */
interface OwnLimit {
  readonly limit: Limit
  readonly reason: Reason
}

/**
 * Why the limits of a charge refuse it, and when they would not.
 * @param counted whose request it is, and what it asked for
 * @param own its reason is given where none of a plan refuses
 */
export function refusalFor(
  { limits, verdict }: CountedCharge,
  counted: Counted,
  own?: OwnLimit,
): Refusal {
  let retryAfter = 1
  let first = KINDS.length
  let detail = SMALL_REFILL
  for (const [index, { retryAt }] of verdict.states.entries()) {
    const limit = limits[index]
    if (retryAt === undefined || limit === undefined) continue
    if (limit !== own?.limit) first = Math.min(first, KINDS.indexOf(limit.kind))
    if (limit.kind === 'credit' && limit.windowMs === 0) detail = NO_REFILL
    retryAfter = Math.max(retryAfter, Math.ceil(waitOf(limit, retryAt, verdict.at) / 1_000))
  }
  const because = (reason: Reason, details: RefusalDetails) =>
    refuse(reason, () => findingOf(reason, { limits, verdict }, counted, own), details)
  // No time helps: naming one would bring the client back in vain.
  if (retryAfter === Infinity) return because('credits_exhausted', { detail })
  const reason = Object.values(REASON_OF)[first] ?? own?.reason ?? REASON_OF.concurrency
  return because(reason, { retryAfter })
}

/** Of several limits that have the reason, the one that has no room for the longest. */
function findingOf(
  reason: Reason,
  { limits, verdict }: Pick<CountedCharge, 'limits' | 'verdict'>,
  counted: Counted,
  own: OwnLimit | undefined,
): Finding {
  const full = limits.flatMap((limit, index) => {
    const state = verdict.states[index]
    const isOfPlan = limit !== own?.limit
    const itsReason = isOfPlan ? REASON_OF[limit.kind] : own.reason
    if (state?.retryAt === undefined || itsReason !== reason) return []
    return [{ limit, state, isOfPlan, wait: waitOf(limit, state.retryAt, verdict.at) }]
  })
  const [longest] = full.sort((one, other) => other.wait - one.wait)
  return limitFinding(longest, counted)
}

function waitOf({ kind, windowMs }: Limit, retryAt: number, at: number): number {
  // What costs more than the limit has never passes; a time has to be named all the same.
  return Number.isFinite(retryAt) || kind === 'credit' ? retryAt - at : windowMs
}
