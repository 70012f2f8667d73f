import type { Limit, LimitVerdict, LimitState } from '../core/limit.js'
import { calendarEnd } from './calendar.js'
import type { LimitRequest } from './limit-store.js'

/** When that ends which has no end: the last whole number that is counted exactly. */
const NEVER = Number.MAX_SAFE_INTEGER

/**
 * What is kept of a limit from one request to the next. All numbers are whole, and below 2^53 where limits keep to their bounds:
 * nothing is lost to rounding.
 */
export interface Counter {
  /**
   * Of a quota, what was taken in this window. Of a burst, what is missing in the bucket, in parts: `windowMs` of them are one. Of credits, what
   * is missing of the amount; less than 0 where they were refilled to more.
   */
  readonly taken: number
  /** A quota's window ends; credits are refilled; a burst was last counted `windowMs` before, and need not be kept any longer. */
  readonly endsAt: number
  /** The window that it was counted by. */
  readonly windowMs: number
}

/** Limits that are a number, and not a list of who holds them. */
export type CountedKind = Exclude<Limit['kind'], 'concurrency'>

/** The counters of one subject. One that has ended may be gone, but for credits. */
export interface Counters {
  read(limit: Limit): Counter | undefined
  write(limit: Limit, counter: Counter): void
}

interface Trial {
  readonly limit: Limit
  readonly kept: Counter | undefined
  readonly now: Counter
}

/**
 * Takes the cost from all limits or from none. @throws {RangeError} for a cost that is not a whole number.
 * @param room Whether there is room elsewhere; if not, nothing is taken.
 */
export function settle(
  counters: Counters,
  request: LimitRequest,
  at: number,
  room = true,
): LimitVerdict {
  const { limits, cost } = request
  if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('A cost is a whole number.')
  const trials = limits.map((limit): Trial => {
    const kept = counters.read(limit)
    return { limit, kept, now: currentOf(limit, kept, at) }
  })
  const allowed = room && trials.every(({ limit, now }) => fits(limit, now, cost))
  const states = trials.map(({ limit, kept, now }) => {
    if (allowed && cost > 0) {
      const taken = now.taken + cost * partsOf(limit)
      const counter = { taken, endsAt: now.endsAt, windowMs: now.windowMs }
      counters.write(limit, counter)
      return standingOf(limit, counter, at)
    }
    // Were it left in the future, nothing would come back until then.
    if (kept !== undefined && isAhead(limit, kept, now, at)) counters.write(limit, now)
    const { remaining, resetAt } = standingOf(limit, now, at)
    if (fits(limit, now, cost)) return { remaining, resetAt }
    return { remaining, resetAt, retryAt: retryAtOf(limit, now, cost, at) }
  })
  return { allowed, at, states }
}

/** How many parts one is counted in. A burst gets `limit` of them back in each millisecond. */
function partsOf({ kind, windowMs }: Limit): number {
  return kind === 'burst' ? windowMs : 1
}

/** When a window that begins now ends, or that of the calendar which is under way. */
function endFrom({ calendar, windowMs }: Limit, at: number): number {
  if (calendar !== undefined) return calendarEnd(calendar, at)
  return windowMs === 0 ? NEVER : at + windowMs
}

/**
 * A counter at an instant, by a limit that may have changed since: what was taken stays taken, and no more is missing than the limit
 * has. A clock that went back gives nothing back, and nobody waits longer than a window.
 */
function currentOf(limit: Limit, counter: Counter | undefined, at: number): Counter {
  const { kind, windowMs } = limit
  const endsAt = endFrom(limit, at)
  if (counter === undefined) return { taken: 0, endsAt, windowMs }
  if (kind === 'credit') return creditsOf(limit, counter, at, endsAt)
  if (counter.endsAt <= at) return { taken: 0, endsAt, windowMs }
  if (kind === 'quota') {
    return { taken: counter.taken, endsAt: Math.min(counter.endsAt, endsAt), windowMs }
  }
  const elapsed = Math.max(0, at - (counter.endsAt - counter.windowMs))
  const missing = rescaled(limit, counter) - Math.min(elapsed, windowMs) * limit.limit
  return { taken: Math.max(0, missing), endsAt, windowMs }
}

/** Credits are refilled when it is time, and never to less than there is. */
function creditsOf(limit: Limit, { taken, endsAt }: Counter, at: number, end: number): Counter {
  const { windowMs } = limit
  if (windowMs === 0) return { taken, endsAt: end, windowMs }
  if (endsAt > at) return { taken, endsAt: Math.min(endsAt, end), windowMs }
  return { taken: Math.min(taken, limit.limit - refillOf(limit)), endsAt: end, windowMs }
}

/** How much of it there is again after its window. */
function refillOf({ limit, refill = limit }: Limit): number {
  return refill
}

/** What is missing in a bucket, in parts of the limit as it is now, rounded up. */
function rescaled({ limit, windowMs }: Limit, { taken, windowMs: before }: Counter): number {
  const whole = Math.floor(taken / before)
  if (whole >= limit) return limit * windowMs
  if (before === windowMs) return taken
  return whole * windowMs + Math.ceil(((taken % before) / before) * windowMs)
}

/** Whether a counter was written at a time that is yet to come: the clock went back, or the window has become shorter. */
function isAhead({ kind }: Limit, kept: Counter, now: Counter, at: number): boolean {
  return kind === 'burst' ? kept.endsAt - kept.windowMs > at : kept.endsAt > now.endsAt
}

function fits(limit: Limit, { taken }: Counter, cost: number): boolean {
  return cost === 0 || taken <= (limit.limit - cost) * partsOf(limit)
}

function standingOf(limit: Limit, { taken, endsAt }: Counter, at: number): LimitState {
  const parts = partsOf(limit)
  const left = limit.limit * parts - taken
  return {
    remaining: Math.max(0, Math.floor(left / parts)),
    resetAt: taken <= limit.limit - refillOf(limit) ? at : resetAtOf(limit, taken, endsAt, at),
  }
}

function resetAtOf(
  { kind, limit, windowMs }: Limit,
  taken: number,
  endsAt: number,
  at: number,
): number {
  if (kind === 'burst') return at + Math.ceil(taken / limit)
  return windowMs === 0 ? Infinity : endsAt
}

/** When the cost is there at the earliest. What is more than there is at any time never is. */
function retryAtOf(limit: Limit, { taken, endsAt }: Counter, cost: number, at: number): number {
  if (cost > refillOf(limit) || limit.windowMs === 0) return Infinity
  if (limit.kind !== 'burst') return endsAt
  return at + Math.ceil((taken - (limit.limit - cost) * limit.windowMs) / limit.limit)
}

/**
 * Gives back what was taken: of quotas and credits in the window in which it was taken, and of bursts what has not come back by itself since.
 * @param at now; `taken` has the instant at which it was taken
 */
export function giveBack(
  counters: Counters,
  { limits, cost }: LimitRequest,
  taken: LimitVerdict,
  at: number,
): void {
  for (const [index, limit] of limits.entries()) {
    const state = taken.states[index]
    const kept = limit.kind === 'concurrency' ? undefined : counters.read(limit)
    if (kept === undefined || state === undefined) continue
    if (limit.kind === 'burst') counters.write(limit, refilled(limit, kept, cost, taken.at, at))
    else if (isSameWindow(limit, kept, state, taken.at)) {
      const left = kept.taken - cost
      // Beyond that, the counter has begun anew since.
      if (left >= Math.min(0, limit.limit - refillOf(limit))) {
        counters.write(limit, { ...kept, taken: left })
      }
    }
  }
}

/** Whether a counter is still in the window in which something was taken at `since`. */
function isSameWindow(limit: Limit, { endsAt }: Counter, state: LimitState, since: number) {
  const { kind, windowMs, calendar } = limit
  // Of credits, the state does not tell it where more is left than they are refilled to.
  if (kind === 'quota') return endsAt === state.resetAt
  if (windowMs === 0) return true
  if (calendar !== undefined) return endsAt === calendarEnd(calendar, since)
  return endsAt > since && endsAt <= since + windowMs
}

/**
 * A burst after something is given back. What was taken comes back with time, a part of it or all: only the rest may be given, or more would be there than if nothing had been
 * taken.
 */
function refilled(limit: Limit, kept: Counter, cost: number, since: number, at: number): Counter {
  const { windowMs } = limit
  // A clock that went back gives nothing back.
  const now = Math.max(at, kept.endsAt - kept.windowMs)
  const { taken } = currentOf(limit, kept, now)
  const rest = cost * windowMs - Math.max(0, now - since) * limit.limit
  return { taken: Math.max(0, taken - Math.max(0, rest)), endsAt: now + windowMs, windowMs }
}
