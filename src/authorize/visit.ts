import type { MaybePromise } from '../lib/maybe.js'
import type { Identity } from '../terms/auth.js'
import type { CheckedDemand } from '../terms/demand.js'
import type { Refusal } from '../terms/denial.js'
import type { Findings } from '../terms/findings.js'
import type { GateRequest } from '../terms/request.js'

/** What is asked for. */
export interface Asked {
  readonly demand: CheckedDemand
  /** Absent where it did not come over HTTP. */
  readonly request: GateRequest | undefined
  /** The client's address; asked for only by a rule that needs it. */
  client(): string | undefined
}

/** What every rule of this room is given: who asks for what. */
export class Visit implements Findings {
  tenantId: string | undefined
  resourceChecked: boolean | undefined
  readonly identity: Identity
  readonly demand: CheckedDemand
  readonly request: GateRequest | undefined
  readonly #asked: Asked

  constructor(identity: Identity, asked: Asked, { tenantId, resourceChecked }: Readonly<Findings>) {
    this.tenantId = tenantId
    this.resourceChecked = resourceChecked
    this.identity = identity
    this.demand = asked.demand
    this.request = asked.request
    this.#asked = asked
  }

  client(): string | undefined {
    return this.#asked.client()
  }
}

/** One check: a refusal, or `undefined` to let the caller go on. */
export type Rule = (visit: Visit) => MaybePromise<Refusal | undefined>
