import type { Trail } from '../audit/trail.js'
import type { CredentialAuth, Identity } from '../core/auth.js'
import type { Decision } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import { RequestContext, type RequestServices, type Step } from '../core/request-context.js'
import { noGateRequest } from '../core/given-request.js'
import { isGateRequest, type GateRequest } from '../core/request.js'
import type { RequirementReader } from '../core/requirement-reader.js'
import { CheckedRequirement, type AnyRequirement } from '../core/requirement.js'
import { earlierContext } from '../http/answers.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { EndpointPipeline } from '../oauth/http/conclude.js'
import type { Rules } from '../rules/rules.js'
import { createChargedBefore } from '../telemetry/charged-before.js'
import type { CheckRequest } from './check-request.js'
import { createDecider, type Decider, type DeciderServices } from './decider.js'
import { createEndpointPipeline } from './endpoint-pipeline.js'
import { checkOrigin, createOpenGuard, type AskApp } from './open-guard.js'
import { createSteps, type StepServices } from './steps.js'

export interface PipelineServices<S extends string>
  extends RequestServices, StepServices, DeciderServices {
  readonly readRequirement: RequirementReader<S>
  readonly askApp: AskApp
  readonly rules: Rules
  /** Absent: nothing is recorded. */
  readonly trail: Pick<Trail, 'begin' | 'decided'> | undefined
}

/** Of what presents a credential: no caller of the app is among these. */
type Credentials<S extends string> = MaybePromise<Decision<S, CredentialAuth<S>>>

/** @param isFree whether it takes nothing of any limit, and none refuses it; default false */
type CheckAsked<S extends string> = (
  request: GateRequest,
  requirement: CheckedRequirement<S>,
  isFree?: boolean,
) => MaybePromise<Decision<S>>

/** The way from a request to a decision. */
export interface Pipeline<S extends string> {
  readonly check: CheckRequest<S>
  /** The same by its own requirement alone: a resource that an earlier guard has checked is not taken over. */
  readonly checkAlone: CheckAsked<S>
  /** All steps again for a request that an earlier guard has let in; it is not counted a second time. */
  readonly checkAgain: CheckAsked<S>
  /** Counts a request that was let in for free against the limits after all. */
  readonly charge: CheckAsked<S>
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
}

/** The order of work. */
function orderOf(services: StepServices & Pick<PipelineServices<string>, 'askApp' | 'rules'>) {
  const { requireHttps, checkHost, refuseUnread, readCredential, refuseMissing, ...steps } =
    createSteps(services)
  const { authenticate, authenticateAnew, checkEnvironment, chargeLimits } = steps
  const { checkAddress, checkRules, checkLaterRules, checkPolicies } = services.rules

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
  const beforeAll = [requireHttps, checkHost].filter(isNeeded)
  const ofCredential = [authenticate, checkAddress, chargeLimits, checkRules]
  const ofCaller = [checkEnvironment, checkAddress, chargeLimits, checkRules]
  return {
    ...{ firstGuard, ofCredential, ofCaller, refuseUnread, refuseMissing },
    laterGuard: [checkOrigin, chargeLimits, checkLaterRules],
    chargeAlone: [chargeLimits],
    openGuard: createOpenGuard({
      ...{ ...steps, beforeAll, ofCredential, ofCaller },
      askApp: services.askApp,
    }),
    endOfCredential: [...beforeAll, readCredential, authenticate, checkPolicies],
    ofCredentialAnew: [authenticateAnew, checkAddress, chargeLimits, checkRules],
    ofRevocation: [authenticate, checkAddress, checkPolicies],
    /** Of a caller that a step finds without a credential. */
    admission: (identify: Step) => [identify, checkAddress, chargeLimits, checkRules],
  }
}

export function createPipeline<S extends string>(services: PipelineServices<S>): Pipeline<S> {
  const { readRequirement, answers, trail, countUse } = services
  const order = orderOf(services)
  const decider = createDecider<S>(services)
  const { decide } = decider

  function contextOf(request: GateRequest, requirement: CheckedRequirement): RequestContext {
    const earlier = earlierContext(request, answers)
    const note = trail?.begin(request, earlier?.note)
    return new RequestContext(services, { request, requirement, earlier, note })
  }

  /** Of an endpoint of the gate. */
  function partOf(request: GateRequest, requirement: CheckedRequirement): RequestContext {
    const context = contextOf(request, requirement)
    context.isPart = true
    return context
  }

  function contextWithoutHttp(address: string | undefined): RequestContext {
    const note = trail?.begin(undefined, undefined, address)
    const requirement = readRequirement()
    return new RequestContext(services, { request: undefined, requirement, note, address })
  }

  function verify(steps: readonly Step[], value: unknown, address?: unknown): Credentials<S> {
    const context = contextWithoutHttp(typeof address === 'string' ? address : undefined)
    // A message of a client may have a number in its place, or nothing.
    const isMissing = typeof value !== 'string' || value === ''
    if (!isMissing) context.credential = { value }
    return decide(isMissing ? [order.refuseMissing] : steps, context) as Credentials<S>
  }

  return {
    ...createGuards({ decide, order, readRequirement, contextOf, partOf }),
    checkEnd: (request) => decide(order.endOfCredential, partOf(request, readRequirement())),
    verify: (credential, address) => verify(order.ofCredential, credential, address),
    verifyAnew: (credential, address) => verify(order.ofCredentialAnew, credential, address),
    admit: (identify, address) => decide(order.admission(identify), contextWithoutHttp(address)),
    refuseUnread: order.refuseUnread,
    forEndpoints: createEndpointPipeline({
      begin: (request) => contextOf(request, readRequirement()),
      ...{
        decider,
        deny: services.deny,
        countUse,
        answers,
        refuseMissing: order.refuseMissing,
        ofCaller: order.ofCaller,
      },
      ...{ ofCredential: order.ofCredentialAnew, ofRevocation: order.ofRevocation },
    }),
  }
}

interface GuardServices<S extends string> extends Pick<Decider<S>, 'decide'> {
  readonly order: ReturnType<typeof orderOf>
  readonly readRequirement: RequirementReader<S>
  readonly contextOf: (request: GateRequest, requirement: CheckedRequirement) => RequestContext
  readonly partOf: GuardServices<S>['contextOf']
}

/** What guards ask: the steps of the first one, of a later one, or all of them again. */
function createGuards<S extends string>(
  services: GuardServices<S>,
): Pick<Pipeline<S>, 'check' | 'checkAlone' | 'checkAgain' | 'charge'> {
  const { decide, order, readRequirement, contextOf, partOf } = services
  const { firstGuard, laterGuard, chargeAlone, openGuard } = order
  const tellChargedBefore = createChargedBefore()

  /** @param isAlone whether a resource that an earlier guard has checked is not taken over */
  function decideOn(context: RequestContext, isAlone: boolean): MaybePromise<Decision<S>> {
    const { earlier, requirement } = context
    // No guard has found a caller so far.
    if (earlier?.known === undefined) {
      return decide(
        requirement.isOpen ? openGuard(requirement.askedOtherwise) : firstGuard,
        context,
      )
    }
    if (!isAlone) context.checked = earlier.checked
    takeOver(context, earlier.known, earlier)
    return decide(laterGuard, context)
  }

  return {
    check(request: GateRequest, requirement?: AnyRequirement<S>): MaybePromise<Decision<S>> {
      if (!isGateRequest(request)) throw noGateRequest('gate.check')
      // What a guard brings was checked when the app started.
      const isChecked = requirement instanceof CheckedRequirement
      const asked = isChecked
        ? (requirement as CheckedRequirement<S>)
        : readRequirement(requirement)
      return decideOn(contextOf(request, asked), false)
    },
    checkAlone(request, requirement, isFree = false) {
      const context = partOf(request, requirement)
      context.isFree = isFree
      if (isFree) tellChargedBefore(context.earlier)
      return decideOn(context, true)
    },
    charge(request, requirement) {
      const context = partOf(request, requirement)
      const { earlier } = context
      if (earlier?.known !== undefined) takeOver(context, earlier.known, earlier)
      return decide(chargeAlone, context)
    },
    checkAgain(request, requirement, isFree = false) {
      const context = partOf(request, requirement)
      context.isFree = isFree
      context.anew = true
      // The app may have named its caller to an earlier guard.
      const { askedOtherwise } = context
      return decide(askedOtherwise === undefined ? firstGuard : openGuard(askedOtherwise), context)
    },
  }
}

/** What an earlier guard has found of the caller. */
function takeOver(context: RequestContext, caller: Identity, earlier: RequestContext): void {
  context.caller = caller
  context.credential = earlier.credential
  context.tenantId = earlier.tenantId
}
