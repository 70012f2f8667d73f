import type { Duration } from '../lib/duration.js'
import { requirementError } from './requirement-error.js'
import type { Calendar } from './limit.js'

/** A limit of a route's own, beside those of the caller's plan. */
export interface RouteLimit {
  /**
   * What it is counted under: 1 to 64 letters, digits, `_` and `-`, a letter first. Routes that name the same share one count. Default: a count of its own, told apart by the order in which
   * guards are made; give a name where several versions of the app run on one limit store.
   */
  readonly name?: string
  /** A whole number from 1 to 1,000,000,000. */
  readonly limit: number
  /** From `'1s'` to `'366d'`, beginning with the first request; or the `'day'` or `'month'` of UTC. */
  readonly window: Duration | Calendar
}

/** A response that is over: that of Node, as the framework left it. */
export interface CountedResponse {
  readonly statusCode: number
  getHeader?(name: string): unknown
}

/**
 * Which responses count against the limits: `'success'`, those with a status below 400; `'failure'`, the others; or a function that returns `true` for a response that counts, and answers
 * at once. A response that its client did not wait for always counts.
 */
export type CountedResponses = 'success' | 'failure' | ((response: CountedResponse) => boolean)

/** @throws {MisuseError} `invalid_option` */
export function checkCount(count: unknown): void {
  if (count === 'success' || count === 'failure' || typeof count === 'function') return
  throw requirementError(
    "'count' must be 'success', 'failure', or a function of the response that returns true or false",
  )
}
