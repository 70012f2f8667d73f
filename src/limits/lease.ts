import type { Limit, LimitVerdict } from '../core/limit.js'

/** What was taken of a burst is used within this time, or never. */
export const BURST_LEASE_MS = 100
/** Of smaller bursts, and of those with shorter windows, nothing is taken ahead. */
const MIN_BURST = 20
const MIN_BURST_WINDOW_MS = 1_000
/** At most this share of what is left is taken at once: the last of it goes to whoever asks, one by one. */
const SHARE = 1 / 16
const MAX_SIZE = 10_000
/** A lease that is used up sooner is followed by one twice as large; one that lasts longer, by one half as large. */
const SOON_MS = 50
const LATE_MS = 500
/** A refusal is remembered for so long at most: others may have given back what they had taken ahead, or somebody deletes the counter. */
const REFUSAL_MS = 1_000

/** What was taken ahead for one owner and one set of limits. All instants but those of verdicts are on the monotonic clock, in milliseconds. */
export interface Lease {
  permits: number
  begun: number
  until: number
  /** The last answer of the store that let somebody in. */
  verdict: LimitVerdict | undefined
  /** How many permits are taken next, where enough are left. */
  size: number
  /** What requests cost that wait for permits. */
  waiting: number
  refusal: Refusal | undefined
}

/** Nothing that costs as much or more can be let in until then. */
interface Refusal {
  readonly cost: number
  readonly begun: number
  readonly until: number
  readonly verdict: LimitVerdict
}

export function createLease(): Lease {
  const never = -Infinity
  return {
    permits: 0,
    begun: never,
    until: never,
    verdict: undefined,
    size: 1,
    waiting: 0,
    refusal: undefined,
  }
}

/**
 * A limit of which permits may be taken ahead. They may be used by so much later, and in that time more comes back: the bucket is smaller by
 * that, so that no stretch of time has more than the limit allows.
 */
export function leasedOf(limit: Limit): Limit {
  if (!isLeasable(limit) || limit.kind === 'quota') return limit
  const less = limit.limit - Math.ceil((limit.limit * BURST_LEASE_MS) / limit.windowMs)
  return { ...limit, limit: less, windowMs: Math.ceil((limit.windowMs * less) / limit.limit) }
}

export function isLeasable({ kind, limit, windowMs }: Limit): boolean {
  if (kind === 'burst') return limit >= MIN_BURST && windowMs >= MIN_BURST_WINDOW_MS
  // Credits are paid for: none may be lost with a process.
  return kind === 'quota'
}

/** What the lease says to a request, if it can say anything. */
export function answerOf(lease: Lease, cost: number, now: number): LimitVerdict | undefined {
  const { verdict, refusal } = lease
  if (verdict !== undefined && lease.permits >= cost && now < lease.until) {
    lease.permits -= cost
    return later(verdict, now - lease.begun, lease.permits)
  }
  if (refusal !== undefined && cost >= refusal.cost && now < refusal.until) {
    return later(refusal.verdict, now - refusal.begun, 0)
  }
  return undefined
}

/** How much of it can still be used. */
export function unusedOf({ permits, until }: Lease, now: number): number {
  return now < until ? permits : 0
}

/** How much to take for a request and those that are expected after it. */
export function batchOf(lease: Lease, cost: number, now: number): number {
  const { verdict } = lease
  if (verdict === undefined) return cost
  const age = now - lease.begun
  const wasted = now >= lease.until && lease.permits * 2 > lease.size
  if (wasted || age > LATE_MS) lease.size = Math.max(1, Math.floor(lease.size / 2))
  else if (now < lease.until && age < SOON_MS) lease.size = Math.min(MAX_SIZE, lease.size * 2)
  const left = Math.min(...verdict.states.map(({ remaining }) => remaining))
  const wanted = Math.max(lease.size, cost + lease.waiting)
  return Math.max(cost, Math.min(wanted, Math.floor(left * SHARE)))
}

/** Keeps what was taken beyond the cost of a request, and tells that how things stand. */
export function keep(
  lease: Lease,
  verdict: LimitVerdict,
  limits: readonly Limit[],
  permits: number,
  begun: number,
): LimitVerdict {
  const ends = limits.map(({ kind }, index) => {
    const { resetAt = verdict.at } = verdict.states[index] ?? {}
    // The clock of the store may be up to a millisecond further than it says.
    return begun + (kind === 'burst' ? BURST_LEASE_MS : resetAt - verdict.at - 1)
  })
  // What was too little for this request is still there for others.
  const left = unusedOf(lease, performance.now())
  lease.until = Math.min(...ends, left > 0 ? lease.until : Infinity)
  lease.permits = left + permits
  lease.begun = begun
  lease.verdict = verdict
  return later(verdict, 0, lease.permits)
}

export function keepRefusal(
  lease: Lease,
  verdict: LimitVerdict,
  cost: number,
  begun: number,
): void {
  const waits = verdict.states.map(({ retryAt = verdict.at }) => retryAt - verdict.at)
  const until = begun + Math.min(REFUSAL_MS, Math.max(...waits))
  lease.refusal = { cost, verdict, begun, until }
}

/** A verdict some time after, with what is held in hand. */
function later(verdict: LimitVerdict, afterMs: number, permits: number): LimitVerdict {
  const states = verdict.states.map((state) => ({
    ...state,
    remaining: state.remaining + permits,
  }))
  return { allowed: verdict.allowed, at: verdict.at + Math.floor(afterMs), states }
}
