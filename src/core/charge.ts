import type { Refusal } from './denial.js'
import type { Limit, LimitVerdict } from './limit.js'

/** One of the requests that a caller may have under way at once. */
export interface Slot {
  readonly name: string
  /** Gives it back. Again is harmless. */
  readonly end: () => void
}

/** What one guard has taken from limits. */
export interface Take {
  /** Whose limits they are. */
  readonly subject: string
  readonly limits: readonly Limit[]
  readonly cost: number
  readonly verdict: LimitVerdict
}

/** What a request was counted as, and how the limits of its caller stand since. */
export interface Charge {
  /** What it has cost by now; of a request that several guards look at, the highest that one of them asked for. */
  readonly cost: number
  readonly limits: readonly Limit[]
  /** Absent where there is nothing to count against, or nobody who could count. */
  readonly verdict?: LimitVerdict
  /** Whose limits they are. Absent where nothing was counted. */
  readonly subject?: string
  /** What was taken, where that is more than one take. */
  readonly takes?: readonly Take[]
  /** What it holds while it is under way; absent where that is not limited. */
  readonly slot?: Slot
  /** Why it goes no further. */
  readonly refusal?: Refusal
}
