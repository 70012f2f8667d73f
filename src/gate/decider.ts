import type { Trail } from '../audit/trail.js'
import type { Decision, Grant } from '../core/decision.js'
import { Refusal } from '../core/denial.js'
import type { RequestContext, Step } from '../core/request-context.js'
import { LazyGrant, type AnswerOptions, type LazyDenial } from '../http/answers.js'
import type { CountUse } from '../keys/usage.js'
import { first, then, type MaybePromise } from '../lib/maybe.js'
import type { Rules } from '../rules/rules.js'
import { decisions, tellDecision } from '../telemetry/decisions.js'
import type { Deny } from './deny.js'

export interface DeciderServices {
  readonly answers: AnswerOptions
  readonly countUse: CountUse
  readonly rules: Pick<Rules, 'nameTenant'>
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'decided'> | undefined
  readonly deny: Deny
}

/** Makes decisions of what steps have found out. */
export interface Decider<S extends string> {
  /** Takes the steps, records what they come to, and counts it. */
  readonly decide: (steps: readonly Step[], context: RequestContext) => MaybePromise<Decision<S>>
  /** Takes the steps alone. */
  readonly run: (steps: readonly Step[], context: RequestContext) => MaybePromise<Decision<S>>
  /** The decision is recorded, and what must be recorded first, is; then it is told to observers. */
  readonly finish: (context: RequestContext, decision: Decision<S>) => MaybePromise<Decision<S>>
}

const UNRECORDED = new Refusal('audit_unavailable')

export function createDecider<S extends string>(services: DeciderServices): Decider<S> {
  const { answers, countUse, trail, deny, rules } = services

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

  return { decide, run, finish }
}

function issuerOf({ auth }: RequestContext): string | undefined {
  return auth?.kind === 'token' ? auth.issuer : undefined
}
