import type { Limit, LimitVerdict } from '../core/limit.js'
import type { MaybePromise } from '../lib/maybe.js'

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
  /**
   * The subject is a client address. Anyone can have many: they must not push out the counts of others, and nothing is worth being taken ahead for them.
   */
  readonly anonymous?: true
}

/** Where requests are counted. What it throws, or a call that takes longer than 50 ms, is an outage of the limiter. */
export interface LimitStore {
  /** Takes the cost from all limits or from none, however many ask at once. */
  consume(request: LimitRequest): MaybePromise<LimitVerdict>
  /**
   * Gives back the slot of a request that is over, and `cost` of its other limits, where its response does not count or a lease has taken more than it used. Of quotas and
   * credits: in the window in which `taken` was taken. Of bursts: as much as has not come back by itself since `taken.at`. So never more is there than if nothing had been taken. What is not held any
   * longer is not given back. `at` is now. Called once for each take. Without this, a store can be used neither for plans with concurrency nor for requirements with `count`.
   */
  release?(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown>
  /** Called once, when the gate is closed. What it has opened itself, it closes. */
  close?(): MaybePromise<unknown>
}
