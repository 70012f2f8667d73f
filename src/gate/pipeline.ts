import type { Trail } from '../audit/trail.js'
import type { PresentedCredential } from '../core/credential.js'
import type { CredentialAuth, Identity } from '../core/auth.js'
import type { Decision, Grant } from '../core/decision.js'
import { Refusal } from '../core/denial.js'
import { RequestContext, type RequestServices, type Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { RequirementReader } from '../core/requirement-reader.js'
import type { AnyRequirement, CheckedRequirement } from '../core/requirement.js'
import { earlierContext, LazyDenial, LazyGrant, type AnswerOptions } from '../http/answers.js'
import { first, then, type MaybePromise } from '../lib/maybe.js'
import type { EndpointPipeline } from '../oauth/http/conclude.js'
import type { Rules } from '../rules/rules.js'
import { decisionMade, decisions } from '../telemetry/decisions.js'
import type { CheckRequest } from './check-request.js'
import type { CountUse } from './count-use.js'
import { checkOrigin, createOpenGuard, type AskApp } from './open-guard.js'
import { createSteps, type StepServices } from './steps.js'

export interface PipelineServices<S extends string> extends RequestServices, StepServices {
  readonly readRequirement: RequirementReader<S>
  readonly askApp: AskApp
  readonly countUse: CountUse
  readonly rules: Rules
  readonly answers: AnswerOptions
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'begin' | 'decided'> | undefined
  /** Told of each refusal. Absent in production: anybody can cause them. */
  readonly diagnose: ((refusal: Refusal, presented: string | undefined) => void) | undefined
}

/** Of what presents a credential: no caller of the app is among these. */
type Credentials<S extends string> = MaybePromise<Decision<S, CredentialAuth<S>>>

/** The way from a request to a decision. */
export interface Pipeline<S extends string> {
  readonly check: CheckRequest<S>
  /** The same by its own requirement alone: a resource that an earlier guard has checked is not taken over. */
  readonly checkAlone: (
    request: GateRequest,
    requirement: CheckedRequirement<S>,
  ) => MaybePromise<Decision<S>>
  /** All steps again for a request that an earlier guard has let in; it is not counted a second time. */
  readonly checkAgain: (
    request: GateRequest,
    requirement: CheckedRequirement<S>,
  ) => MaybePromise<Decision<S>>
  /** For a caller that ends its own credential: neither charged nor held to its address list. Decided anew, whatever an earlier guard has let in. */
  readonly checkEnd: (request: GateRequest) => MaybePromise<Decision<S>>
  /** A credential without HTTP. */
  readonly verify: (credential: string, address?: string) => Credentials<S>
  /** The same by what is stored now, for what outlives an instance's memory of the caller. */
  readonly verifyAnew: (credential: string, address?: string) => Credentials<S>
  /** A caller that `identify` finds and puts into the context, without HTTP. */
  readonly admit: (identify: Step, address?: string) => MaybePromise<Decision<S>>
  /** What can be said of a request before its credential is read. */
  readonly refuseUnread: (request: GateRequest) => Refusal | undefined
  readonly forEndpoints: EndpointPipeline
  readonly deny: (refusal: Refusal, request: GateRequest | undefined) => LazyDenial
}

const UNRECORDED = new Refusal('audit_unavailable')

export function createPipeline<S extends string>(services: PipelineServices<S>): Pipeline<S> {
  const { readRequirement, answers, trail, diagnose, askApp, countUse } = services
  const { requireHttps, checkHost, readCredential, refuseMissing, ...steps } = createSteps(services)
  const { authenticate, authenticateAnew, checkEnvironment, chargeLimits } = steps
  const { checkAddress, checkRules, checkLaterRules, checkPolicies } = services.rules

  // The order of work.
  const isNeeded = (step: Step) => step !== checkHost || services.hosts !== undefined
  const firstGuard = [
    requireHttps,
    checkHost,
    readCredential,
    authenticate,
    checkAddress,
    chargeLimits,
    checkRules,
  ].filter(isNeeded)
  const laterGuard = [checkOrigin, chargeLimits, checkLaterRules]
  const beforeAll = [requireHttps, checkHost].filter(isNeeded)
  const endOfCredential = [...beforeAll, readCredential, authenticate, checkPolicies]
  const givenCredential = [authenticate, checkAddress, chargeLimits, checkRules]
  const givenCredentialAnew = [authenticateAnew, checkAddress, chargeLimits, checkRules]
  const revocation = [authenticate, checkAddress, checkPolicies]
  const givenNothing = [refuseMissing] as const
  const givenCaller = [checkEnvironment, checkAddress, chargeLimits, checkRules]
  const openGuard = createOpenGuard({
    ...{ ...steps, beforeAll, askApp },
    ...{ ofCredential: givenCredential, ofCaller: givenCaller },
  })

  function contextOf(request: GateRequest, requirement: CheckedRequirement): RequestContext {
    const earlier = earlierContext(request, answers)
    const note = trail?.begin(request, earlier?.note)
    return new RequestContext(services, { request, requirement, earlier, note })
  }

  function check(request: GateRequest, requirement?: AnyRequirement<S>): MaybePromise<Decision<S>> {
    const context = contextOf(request, readRequirement(requirement))
    const { earlier } = context
    if (earlier?.known === undefined) return decideFirst(context)
    context.checked = earlier.checked
    return decideAgain(context, earlier, earlier.known)
  }

  function checkAlone(
    request: GateRequest,
    requirement: CheckedRequirement<S>,
  ): MaybePromise<Decision<S>> {
    const context = contextOf(request, requirement)
    const { earlier } = context
    return earlier?.known === undefined
      ? decideFirst(context)
      : decideAgain(context, earlier, earlier.known)
  }

  /** No guard has found a caller so far. */
  function decideFirst(context: RequestContext): MaybePromise<Decision<S>> {
    const { isOpen, askedOtherwise } = context.requirement
    return decide(isOpen ? openGuard(askedOtherwise) : firstGuard, context)
  }

  function decideAgain(
    context: RequestContext,
    earlier: RequestContext,
    caller: Identity,
  ): MaybePromise<Decision<S>> {
    context.caller = caller
    context.credential = earlier.credential
    context.tenantId = earlier.tenantId
    return decide(laterGuard, context)
  }

  function checkAgain(
    request: GateRequest,
    requirement: CheckedRequirement<S>,
  ): MaybePromise<Decision<S>> {
    const context = contextOf(request, requirement)
    context.anew = true
    // The app may have named its caller to an earlier guard.
    const { askedOtherwise } = context
    return decide(askedOtherwise === undefined ? firstGuard : openGuard(askedOtherwise), context)
  }

  function checkEnd(request: GateRequest): MaybePromise<Decision<S>> {
    return decide(endOfCredential, contextOf(request, readRequirement()))
  }

  function contextWithoutHttp(address: string | undefined): RequestContext {
    const note = trail?.begin(undefined, undefined, address)
    const requirement = readRequirement()
    return new RequestContext(services, { request: undefined, requirement, note, address })
  }

  function verify(
    steps: readonly Step[],
    credential: string,
    address: string | undefined,
  ): Credentials<S> {
    const context = contextWithoutHttp(address)
    if (credential === '') return decide(givenNothing, context) as Credentials<S>
    context.credential = { value: credential }
    return decide(steps, context) as Credentials<S>
  }

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
    if (refusal !== undefined)
      return deny(refusal, context.request, context.charge, context.credential?.value)
    // A key's scopes were checked against the catalogue when it was issued. Where nobody is found, `check` says so.
    return new LazyGrant(context, answers) as LazyGrant & Grant<S>
  }

  /** The decision is recorded, and what must be recorded first, is; then it is told to observers. */
  function finish(context: RequestContext, decision: Decision<S>): MaybePromise<Decision<S>> {
    const unrecorded = () => deny(UNRECORDED, context.request, context.charge)
    const recorded = trail === undefined ? decision : trail.decided(context, decision, unrecorded)
    if (!decisions.hasSubscribers) return recorded
    return then(recorded, (told) => {
      decisions.publish(decisionMade(told, context))
      return told
    })
  }

  function deny(
    refusal: Refusal,
    request: GateRequest | undefined,
    charge = request && earlierContext(request, answers)?.charge,
    presented?: string,
  ): LazyDenial {
    diagnose?.(refusal, presented)
    return new LazyDenial(refusal, request, answers, charge, presented)
  }

  function attempt(
    steps: readonly Step[],
    context: RequestContext,
    credential: PresentedCredential,
  ): Credentials<S> {
    const own = context.with(credential)
    return then(run(steps, own) as Credentials<S>, (decision) => {
      countUse(own, decision)
      context.credential = credential
      // Of several credentials, one that is not known does not hide whose the others are.
      context.auth = own.auth ?? context.auth
      return decision
    })
  }

  const forEndpoints: EndpointPipeline = {
    begin: (request) => contextOf(request, readRequirement()),
    authenticate: (context, credential) => attempt(givenCredentialAnew, context, credential),
    authenticateToRevoke: (context, credential) => attempt(revocation, context, credential),
    authorize(context, caller) {
      const own = context.with(undefined)
      own.caller = caller
      context.auth = caller.auth
      return then(run(givenCaller, own), (decision) => countUse(own, decision))
    },
    countMissing: (context) =>
      then(givenNothing[0](context), (refusal) =>
        refusal === undefined || refusal.reason === 'missing_credentials'
          ? undefined
          : deny(refusal, context.request, context.charge),
      ),
    finish: (context, decided) => finish(context, decided as Decision<S>),
  }

  return {
    ...{ check, checkAlone, checkAgain, checkEnd, forEndpoints, deny },
    refuseUnread: (request) => services.refuseInsecure(request) ?? checkHost({ request }),
    verify: (credential, address) => verify(givenCredential, credential, address),
    verifyAnew: (credential, address) => verify(givenCredentialAnew, credential, address),
    admit: (identify, address) =>
      decide([identify, checkAddress, chargeLimits, checkRules], contextWithoutHttp(address)),
  }
}
