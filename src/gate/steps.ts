import type { Credential } from '../core/credential.js'
import { Refusal } from '../core/denial.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { Hosts } from '../http/hosts.js'
import { REASONS } from '../http/reasons.js'
import { then } from '../lib/maybe.js'
import type { AnonymousRule } from '../limits/anonymous.js'
import type { LimitsRule } from '../limits/rule.js'
import type { Authenticator } from './authenticate.js'
import { createHostSteps, type HostSteps } from './host-steps.js'

/** What the steps of a gate work with. */
export interface StepServices {
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  /** Absent: all environments are served on every host. */
  readonly hosts: Hosts | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly authenticate: Authenticator
  /** The same by what is stored now. */
  readonly authenticateAnew: Authenticator
  readonly takeCharge: LimitsRule
  /** Absent: requests without credentials are not counted. */
  readonly takeAnonymous: AnonymousRule | undefined
}

/** The steps that are no rules of `rules/`. */
export interface Steps extends Pick<HostSteps, 'checkEnvironment'> {
  readonly requireHttps: Step
  /** Whether an environment is served on the host. */
  readonly checkHost: Step
  /** Both, for an endpoint that counts no request before it has read its body. */
  readonly refuseUnread: (request: GateRequest) => Refusal | undefined
  readonly readCredential: Step
  /** The same, but a request without credentials is not counted. */
  readonly findCredential: (context: RequestContext) => Refusal | undefined
  /** Counts a request of nobody known against its address, once, unless it is to be tried again anyway. What refuses it is the refusal that is given, or that of the limit. */
  readonly countUnknown: (context: RequestContext, refusal: Refusal) => ReturnType<Step>
  /** For a request that is known to have no credentials. */
  readonly refuseMissing: Step
  readonly authenticate: Step
  readonly authenticateAnew: Step
  readonly chargeLimits: Step
}

const MISSING = new Refusal('missing_credentials')

/** Whether what is refused comes again by itself: by brute-force protection, or in an outage. */
const isForNow = (status: number) => status === 429 || status >= 500

export function createSteps(services: StepServices): Steps {
  const { refuseInsecure, takeCharge, takeAnonymous } = services
  const { refuseElsewhere, checkEnvironment, ...ofHost } = createHostSteps(services.hosts)

  const counting =
    (find: (context: RequestContext) => Refusal | undefined): Step =>
    (context) => {
      const refusal = find(context)
      return refusal && countUnknown(context, refusal)
    }

  function findCredential(context: RequestContext): Refusal | undefined {
    const { request } = context
    if (request === undefined) return undefined
    const credential = services.readCredential(request)
    if (credential instanceof Refusal) return credential
    context.credential = credential
    return undefined
  }

  function countUnknown(context: RequestContext, refusal: Refusal): ReturnType<Step> {
    if (takeAnonymous === undefined || isForNow(REASONS[refusal.reason].status)) return refusal
    const { earlier } = context
    if (earlier?.charge !== undefined && earlier.known === undefined) {
      context.charge = earlier.charge
      return refusal
    }
    return then(takeAnonymous(context), (charge) => {
      context.charge = charge
      return charge.refusal ?? refusal
    })
  }

  const refuseMissing: Step = (context) => countUnknown(context, MISSING)

  const authenticateBy = (authenticator: Authenticator) => (context: RequestContext) =>
    then(authenticator(context), (known) => {
      if (known instanceof Refusal) {
        context.auth = known.details.auth
        if (known.reason === 'unknown_key') context.recordFailure()
        return countUnknown(context, known)
      }
      const refused = services.hosts && refuseElsewhere(context, known.auth)
      if (refused !== undefined) {
        context.auth = known.auth
        // Like any other key that does not work, in headers as well.
        return countUnknown(context, refused)
      }
      context.caller = known
      return undefined
    })

  function chargeLimits(context: RequestContext): ReturnType<Step> {
    if (context.isFree) return undefined
    const { caller, requirement, charge: earlier, request } = context
    const taken = takeCharge(caller, requirement, earlier, request?.response)
    // Nothing is limited.
    if (taken === undefined) return undefined
    return then(taken, (charge) => {
      context.charge = charge
      return charge.refusal
    })
  }

  return {
    requireHttps: counting(({ request }) => request && refuseInsecure(request)),
    checkHost: counting(ofHost.checkHost),
    refuseUnread: (request) => refuseInsecure(request) ?? ofHost.checkHost({ request }),
    readCredential: counting(findCredential),
    ...{ checkEnvironment, findCredential, countUnknown, refuseMissing, chargeLimits },
    authenticate: authenticateBy(services.authenticate),
    authenticateAnew: authenticateBy(services.authenticateAnew),
  }
}
