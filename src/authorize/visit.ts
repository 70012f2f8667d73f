import type { Identity } from '../terms/auth.js'
import type { CheckedDemand } from '../terms/demand.js'
import type { Refusal } from '../terms/denial.js'
import type { Findings } from '../terms/findings.js'
import type { GateRequest } from '../terms/request.js'
import type { MaybePromise } from '../lib/maybe.js'

/** What every rule of this room is given. */
export interface Visit extends Findings {
  readonly identity: Identity
  readonly demand: CheckedDemand
  /** Absent where it did not come over HTTP. */
  readonly request: GateRequest | undefined
  /** The client's address; asked for only by a rule that needs it. */
  readonly client: () => string | undefined
}

/** One check: a refusal, or `undefined` to let the caller go on. */
export type Rule = (visit: Visit) => MaybePromise<Refusal | undefined>

/** Member by member: to spread one object into another takes longer than most rules. */
export function visitOf(
  { tenantId, resourceChecked }: Readonly<Findings>,
  identity: Identity,
  demand: CheckedDemand,
  request: GateRequest | undefined,
  client: () => string | undefined,
): Visit {
  return { tenantId, resourceChecked, identity, demand, request, client }
}
