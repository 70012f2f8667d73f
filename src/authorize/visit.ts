import type { Identity } from '../terms/auth.js'
import type { Demand } from '../terms/demand.js'
import type { Refusal } from '../terms/denial.js'
import type { MaybePromise } from '../lib/maybe.js'

/** What every rule of this room is given. */
export interface Visit {
  readonly identity: Identity
  readonly demand: Demand
  /** The client's address; asked for only by a rule that needs it. */
  readonly client: () => string | undefined
}

/** One check: a refusal, or `undefined` to let the caller go on. */
export type Rule = (visit: Visit) => MaybePromise<Refusal | undefined>
