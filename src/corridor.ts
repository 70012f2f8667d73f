import type { Penalties } from './admit/penalties.js'
import { Arrival } from './arrival.js'
import type { LimitsRule } from './authorize/limits.js'
import type { Rules } from './authorize/rules.js'
import { Visit, type Rule } from './authorize/visit.js'
import type { Reception } from './endpoints/conclude.js'
import type { Identifier, Presented } from './identify/credential.js'
import type { UsageRecorder } from './keys/usage.js'
import { first } from './lib/first.js'
import { then, type MaybePromise } from './lib/maybe.js'
import type { Charge } from './limits/charge.js'
import type { Proxies } from './net/proxies.js'
import { decisionMade, decisions } from './record/decisions.js'
import type { Trail } from './record/trail.js'
import { earlierEntry, LazyDenial, LazyGrant, type AnswerOptions } from './respond/answers.js'
import type { Identity } from './terms/auth.js'
import type { Credential } from './terms/credential.js'
import type { Decision, Grant } from './terms/decision.js'
import type { CheckedDemand, Demand } from './terms/demand.js'
import { isRefusal, Refusal } from './terms/denial.js'
import { NOTHING_FOUND, type Findings } from './terms/findings.js'
import type { GateRequest } from './terms/request.js'

/** The rooms along the corridor, in the order in which a request comes by. */
export interface CorridorContext<S extends string> {
  readonly readDemand: (demand?: Demand<S>) => CheckedDemand<S>
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly proxies: Proxies
  /** Absent: there are none. */
  readonly penalties: Penalties | undefined
  readonly identify: Identifier
  readonly used: UsageRecorder['used']
  /** Absent: nothing is limited. */
  readonly takeCharge: LimitsRule | undefined
  readonly rules: Rules
  readonly answers: AnswerOptions
  /** Absent: nothing is remembered. */
  readonly trail: Trail | undefined
}

/** The way from a request to a decision. */
export interface Corridor<S extends string> {
  readonly check: (request: GateRequest, demand?: Demand<S>) => MaybePromise<Decision<S>>
  /** Both doors again for what an earlier guard has let in; it is not counted as a use. */
  readonly checkAgain: (request: GateRequest, demand: CheckedDemand<S>) => MaybePromise<Decision<S>>
  readonly verify: (credential: string, address?: string) => MaybePromise<Decision<S>>
  /** A call of an endpoint that asks for credentials of its own. */
  readonly receive: (request: GateRequest) => Reception
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => LazyDenial
}

const UNRECORDED = new Refusal('audit_unavailable')
const MISSING = new Refusal('missing_credentials')

export function createCorridor<S extends string>(context: CorridorContext<S>): Corridor<S> {
  const { readDemand, refuseInsecure, readCredential } = context
  const { identify, used, takeCharge, rules, answers, trail } = context

  function check(request: GateRequest, demand?: Demand<S>): MaybePromise<Decision<S>> {
    const asked = readDemand(demand)
    const earlier = earlierEntry(request, answers)
    if (earlier === undefined) return decide(request, asked, used)
    const arrival = arrivalOf(request, asked, earlier.findings)
    return conclude(arrival, authorize(rules.ofDemand, earlier.identity, arrival))
  }

  /** Both doors, whatever an earlier guard has decided. `count` is told whose key was used. */
  function decide(
    request: GateRequest,
    asked: CheckedDemand<S>,
    count: typeof used,
  ): MaybePromise<Decision<S>> {
    const arrival = arrivalOf(request, asked, NOTHING_FOUND)
    const credential = refuseInsecure(request) ?? readCredential(request)
    const decided = isRefusal(credential)
      ? refuse(credential, request)
      : enter(credential, arrival, count)
    return conclude(arrival, decided)
  }

  function verify(credential: string, address?: string): MaybePromise<Decision<S>> {
    const access = trail?.begin(address)
    const arrival = new Arrival(undefined, readDemand(), NOTHING_FOUND, access, context, address)
    if (credential === '') return conclude(arrival, refuse(MISSING, undefined))
    return conclude(arrival, enter({ value: credential }, arrival, used))
  }

  function receive(request: GateRequest): Reception {
    const arrival = arrivalOf(request, readDemand(), NOTHING_FOUND)
    const count = request.grant === undefined ? used : ignored
    return {
      refuseGuess: () => arrival.refuseGuess(),
      chargeGuess: () => {
        arrival.chargeGuess()
      },
      enter: (presented) => enter(presented, arrival, count),
      admit: (identity) => authorize(rules.all, identity, arrival),
      conclude: (decided) => conclude(arrival, decided as Decision<S>),
    }
  }

  function arrivalOf(
    request: GateRequest,
    demand: CheckedDemand,
    findings: Readonly<Findings>,
  ): Arrival {
    const access = trail?.follow(request, earlierEntry(request, answers)?.note)
    return new Arrival(request, demand, findings, access, context)
  }

  /** The first door. */
  function enter(
    presented: Presented,
    arrival: Arrival,
    count: typeof used,
  ): MaybePromise<Decision<S>> {
    const { request, access } = arrival
    arrival.presented = presented.value
    access?.presents(presented.value)
    return then(identify(presented, arrival), (known) => {
      if (!isRefusal(known)) {
        if (known.tally !== undefined) count(known.tally)
        return authorize(rules.all, known, arrival)
      }
      // Of several credentials, one that is not known does not hide whose the others are.
      arrival.auth = known.details.auth ?? arrival.auth
      if (known.reason === 'unknown_key') arrival.chargeGuess()
      return refuse(known, request)
    })
  }

  /** The second door. */
  function authorize(
    asked: readonly Rule[],
    identity: Identity,
    arrival: Arrival,
  ): MaybePromise<Decision<S>> {
    const { request, demand } = arrival
    arrival.auth = identity.auth
    if (takeCharge === undefined) return judge(asked, identity, undefined, arrival)
    const earlier = request && earlierEntry(request, answers)?.charge
    return then(takeCharge(identity, demand, earlier, request?.response), (charge) =>
      charge.refusal === undefined
        ? judge(asked, identity, charge, arrival)
        : refuse(charge.refusal, request, charge),
    )
  }

  function judge(
    asked: readonly Rule[],
    identity: Identity,
    charge: Charge | undefined,
    arrival: Arrival,
  ): MaybePromise<Decision<S>> {
    const { request, access: note } = arrival
    const visit = new Visit(identity, arrival, arrival.findings)
    return then(first(asked, visit), (refusal) => {
      if (refusal !== undefined) {
        charge?.slot?.end()
        return refuse(refusal, request, charge)
      }
      const entry = { identity, charge, findings: visit, note }
      // A key's scopes were checked against the catalogue when it was issued.
      return new LazyGrant(entry, request, answers) as LazyGrant & Grant<S>
    })
  }

  /** What was decided is remembered, and what must be remembered first, is; then it is told to whoever listens. */
  function conclude(
    arrival: Arrival,
    decided: MaybePromise<Decision<S>>,
  ): MaybePromise<Decision<S>> {
    const settled =
      trail === undefined
        ? decided
        : trail.settle(arrival, decided, () => refuse(UNRECORDED, arrival.request))
    if (!decisions.hasSubscribers) return settled
    return then(settled, (decision) => {
      const { auth, request, presented } = arrival
      decisions.publish(decisionMade(decision, auth, request, presented))
      return decision
    })
  }

  function refuse(
    refusal: Refusal,
    request: GateRequest | undefined,
    charge = request && earlierEntry(request, answers)?.charge,
  ): LazyDenial {
    return new LazyDenial(refusal, request, answers, charge)
  }

  return {
    check,
    checkAgain: (request, demand) => decide(request, demand, ignored),
    verify,
    receive,
    refuse: (refusal, request) => refuse(refusal, request),
  }
}

function ignored(): void {
  // Whose use was counted already.
}
