import type { Trail } from '../audit/trail.js'
import type { Charge } from '../core/charge.js'
import type { Decision, Grant } from '../core/decision.js'
import { Refusal } from '../core/denial.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import { earlierContext, LazyDenial, LazyGrant, type AnswerOptions } from '../http/answers.js'
import type { CountUse } from '../keys/usage.js'
import { first, then, type MaybePromise } from '../lib/maybe.js'
import type { Rules } from '../rules/rules.js'
import { decisions, tellDecision } from '../telemetry/decisions.js'
import type { Diagnose } from '../telemetry/diagnosis.js'

export interface DeciderServices {
  readonly answers: AnswerOptions
  readonly countUse: CountUse
  readonly rules: Pick<Rules, 'nameTenant'>
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'decided'> | undefined
  /** Told of each refusal. Absent in production: anybody can cause them. */
  readonly diagnose: Diagnose | undefined
}

/** Makes decisions of what steps have found out. */
export interface Decider<S extends string> {
  /** Takes the steps, records what they come to, and counts it. */
  readonly decide: (steps: readonly Step[], context: RequestContext) => MaybePromise<Decision<S>>
  /** Takes the steps alone. */
  readonly run: (steps: readonly Step[], context: RequestContext) => MaybePromise<Decision<S>>
  /** The decision is recorded, and what must be recorded first, is; then it is told to observers. */
  readonly finish: (context: RequestContext, decision: Decision<S>) => MaybePromise<Decision<S>>
  readonly deny: (
    refusal: Refusal,
    request: GateRequest | undefined,
    charge?: Charge,
    presented?: string,
    caller?: string,
  ) => LazyDenial
}

const UNRECORDED = new Refusal('audit_unavailable')

export function createDecider<S extends string>(services: DeciderServices): Decider<S> {
  const { answers, countUse, trail, diagnose, rules } = services

  function decide(steps: readonly Step[], context: RequestContext): MaybePromise<Decision<S>> {
    return then(first(steps, context), (refusal) => {
      const decision = decisionOf(context, refusal)
      if (trail === undefined && !decisions.hasSubscribers) return countUse(context, decision)
      return then(finish(context, decision), (finished) => countUse(context, finished))
    })
  }

  function run(steps: readonly Step[], context: RequestContext): MaybePromise<Decision<S>> {
    return then(first(steps, context), (refusal) => decisionOf(context, refusal))
  }

  function decisionOf(context: RequestContext, refusal: Refusal | undefined): Decision<S> {
    if (refusal !== undefined) return denied(refusal, context)
    // A key's scopes were checked against the catalogue when it was issued. Where nobody is found, `check` says so.
    return new LazyGrant(context, answers) as LazyGrant & Grant<S>
  }

  function denied(refusal: Refusal, context: RequestContext): LazyDenial {
    const { request, charge, credential, auth, note } = context
    // A record of somebody's request is read by those who act for its tenant alone.
    if (auth !== undefined && note !== undefined) rules.nameTenant(context)
    return deny(refusal, request, charge, credential?.value, issuerOf(context))
  }

  function finish(context: RequestContext, decision: Decision<S>): MaybePromise<Decision<S>> {
    const unrecorded = () => deny(UNRECORDED, context.request, context.charge)
    const recorded = trail === undefined ? decision : trail.decided(context, decision, unrecorded)
    if (!decisions.hasSubscribers) return recorded
    return then(recorded, (told) => {
      tellDecision(told, context)
      return told
    })
  }

  function deny(
    refusal: Refusal,
    request: GateRequest | undefined,
    charge = request && earlierContext(request, answers)?.charge,
    presented?: string,
    caller?: string,
  ): LazyDenial {
    diagnose?.(refusal, presented, caller)
    return new LazyDenial(refusal, request, answers, charge, presented)
  }

  return { decide, run, finish, deny }
}

function issuerOf({ auth }: RequestContext): string | undefined {
  return auth?.kind === 'token' ? auth.issuer : undefined
}
