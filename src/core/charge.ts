import type { Refusal } from './denial.js'
import type { Limit, LimitVerdict } from './limit.js'

/** One of the requests that a caller may have under way at once. */
export interface Slot {
  readonly name: string
  /** Gives it back. Again is harmless. */
  readonly end: () => void
}

/** What a request was counted as, and how the limits of its caller stand since. */
export interface Charge {
  /** What it has cost by now; of a request that several guards look at, the highest that one of them asked for. */
  readonly cost: number
  readonly limits: readonly Limit[]
  /** Absent where there is nothing to count against, or nobody who could count. */
  readonly verdict?: LimitVerdict
  /** What it holds while it is under way; absent where that is not limited. */
  readonly slot?: Slot
  /** Why it goes no further. */
  readonly refusal?: Refusal
}
