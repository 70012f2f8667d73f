/** Days and months of UTC. */
export type Calendar = 'day' | 'month'

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

/** How one limit stands after a request. */
export interface LimitState {
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
  readonly states: readonly LimitState[]
}
