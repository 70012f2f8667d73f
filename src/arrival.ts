import type { Penalties } from './admit/penalties.js'
import type { Asked } from './authorize/visit.js'
import type { Proxies } from './net/proxies.js'
import type { Access } from './record/access.js'
import type { Followed } from './record/trail.js'
import type { Auth } from './terms/auth.js'
import type { CheckedDemand } from './terms/demand.js'
import type { Refusal } from './terms/denial.js'
import type { Findings } from './terms/findings.js'
import type { Guesser } from './terms/guesser.js'
import type { GateRequest } from './terms/request.js'

interface Surroundings {
  readonly proxies: Proxies
  readonly penalties: Penalties | undefined
}

/**
 * One request, or one call of `verify`, on its way. Of a class: what is made for each request has methods, because to make a function takes longer
 * than most of them.
 */
export class Arrival implements Asked, Followed, Guesser {
  readonly request: GateRequest | undefined
  readonly demand: CheckedDemand
  /** What earlier guards have found out of it. */
  readonly findings: Readonly<Findings>
  readonly access: Access | undefined
  auth: Auth | undefined
  /** The credential that it came with, once that is read. */
  presented: string | undefined
  readonly #surroundings: Surroundings
  readonly #address: string | undefined

  constructor(
    request: GateRequest | undefined,
    demand: CheckedDemand,
    findings: Readonly<Findings>,
    access: Access | undefined,
    surroundings: Surroundings,
    address?: string,
  ) {
    this.request = request
    this.demand = demand
    this.findings = findings
    this.access = access
    this.auth = undefined
    this.presented = undefined
    this.#surroundings = surroundings
    this.#address = address
  }

  client(): string | undefined {
    if (this.request === undefined) return this.#address
    return this.#surroundings.proxies.clientOf(this.request)
  }

  /** The address that answers for it, for penalties. */
  #sender(): string | undefined {
    if (this.request === undefined) return this.#address
    return this.#surroundings.proxies.senderOf(this.request)
  }

  /** Others may share an address with whoever tries keys: only who may be guessing is not listened to. */
  refuseGuess(): Refusal | undefined {
    return this.#surroundings.penalties?.barred(this.#sender())
  }

  chargeGuess(): void {
    this.#surroundings.penalties?.charge(this.#sender())
  }
}
