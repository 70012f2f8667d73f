import type { MaybePromise } from '../lib/maybe.js'
import type { Calendar } from './calendar.js'

/**
 * One limit, as a store counts it. A `quota` is a window that begins with the first request in it and ends `windowMs` later, or one of the
 * calendar; a `burst` is a bucket of `limit` that is refilled evenly over `windowMs` (GCRA); `credit` is a count that does not end with a
 * window: at its end, it is refilled. Of `concurrency`, each request takes one, whatever it costs, until it is over or for `windowMs`.
 */
export interface Limit {
  /** What it is called in headers, and what it is counted under: a quota and a burst of one name are two counters. */
  readonly name: string
  readonly kind: 'quota' | 'burst' | 'credit' | 'concurrency'
  /** How much of it there is, of credits at first: a whole number from 1 to 1,000,000,000; of concurrency, to 10,000. */
  readonly limit: number
  /**
   * Whole milliseconds: up to 366 days. For a burst up to 30 days, and `limit` times `windowMs` below 2^53. Of credits, 0 where they are
   * never refilled. With `calendar`, that of the longest.
   */
  readonly windowMs: number
  /** The window of a quota or of credits is the day or month of UTC, and no request begins it. */
  readonly calendar?: Calendar
  /** What credits are refilled to, where less is left: 1 to 1,000,000,000. Default: `limit`. */
  readonly refill?: number
}

/** One request, and all that it is counted against. */
export interface LimitRequest {
  /** Whose limits these are. */
  readonly subject: string
  /** At least one; no two of the same name. */
  readonly limits: readonly Limit[]
  /** How much of each: a whole number; 0 asks how things stand. */
  readonly cost: number
  /** The instant, in milliseconds since the epoch, for a store that has no clock of its own. */
  readonly at: number
  /**
   * Names the request where there is a limit of kind `concurrency`: what it takes of that is held under this name, once, however often it
   * asks. 1 to 64 of `A-Z a-z 0-9 _ -`.
   */
  readonly slot?: string
}

/** How one limit stands after a request. */
export interface Standing {
  readonly remaining: number
  /** When all of it is there again, or credits are refilled, in milliseconds since the epoch; Infinity for never. */
  readonly resetAt: number
  /** When a refused request can be made at the earliest; Infinity for never. Absent where this limit allows it. */
  readonly retryAt?: number
}

export interface LimitVerdict {
  /** Whether the cost was taken from all limits. If not, it was taken from none. */
  readonly allowed: boolean
  /** The instant of the verdict, by the clock that counted. In milliseconds since the epoch. */
  readonly at: number
  /** In the order of the limits of the request. */
  readonly standings: readonly Standing[]
}

/** Where requests are counted. What it throws, or a call that takes longer than 50 ms, is an outage of the limiter. */
export interface LimitStore {
  /** Takes the cost from all limits or from none, however many ask at once. */
  consume(request: LimitRequest): MaybePromise<LimitVerdict>
  /**
   * Gives back the slot of a request that is over, and `cost` of its quotas, where a lease has taken more than it used: of a quota whose window is
   * still the one of which the verdict tells. What is not held any longer is not given back. Without this, a store can be used for plans without
   * concurrency only.
   */
  release?(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown>
  /** Called once, when the gate is closed. What it has opened itself, it closes. */
  close?(): MaybePromise<unknown>
}

/** The limit store failed, or did not answer within 50 ms, or it answers again. `cause` has what it threw. */
export class LimitStoreError extends Error {
  override readonly name = 'LimitStoreError'
  /** Whether the outage has begun or is over. */
  readonly outage: 'begun' | 'over'

  constructor(message: string, outage: 'begun' | 'over', options?: ErrorOptions) {
    super(message, options)
    this.outage = outage
  }
}
