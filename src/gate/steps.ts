import type { Credential } from '../core/credential.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { UsageRecorder } from '../keys/usage.js'
import { then } from '../lib/maybe.js'
import type { LimitsRule } from '../limits/rule.js'
import type { Authenticator } from './authenticate.js'

/** What the steps of a gate work with. */
export interface StepServices {
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly readCredential: (request: GateRequest) => Credential | Refusal
  readonly authenticate: Authenticator
  /** The same by what is stored now. */
  readonly authenticateAnew: Authenticator
  readonly used: UsageRecorder['used']
  /** Absent: nothing is limited. */
  readonly takeCharge: LimitsRule | undefined
}

/** The steps that are no rules of `rules/`. */
export interface Steps {
  readonly requireHttps: Step
  readonly readCredential: Step
  readonly authenticate: Step
  readonly authenticateAnew: Step
  readonly chargeLimits: Step
}

export function createSteps(services: StepServices): Steps {
  const { refuseInsecure, takeCharge, used } = services

  function requireHttps({ request }: RequestContext): Refusal | undefined {
    return request && refuseInsecure(request)
  }

  function readCredential(context: RequestContext): Refusal | undefined {
    const { request } = context
    if (request === undefined) return undefined
    const credential = services.readCredential(request)
    if (isRefusal(credential)) return credential
    context.credential = credential
    return undefined
  }

  const authenticateBy = (authenticator: Authenticator) => (context: RequestContext) =>
    then(authenticator(context), (known) => {
      if (isRefusal(known)) {
        context.auth = known.details.auth
        if (known.reason === 'unknown_key') context.recordFailure()
        return known
      }
      if (known.tally !== undefined && context.countsUse) used(known.tally)
      context.caller = known
      return undefined
    })

  function chargeLimits(context: RequestContext): ReturnType<Step> {
    if (takeCharge === undefined) return undefined
    const { caller, requirement, earlier, request } = context
    return then(takeCharge(caller, requirement, earlier?.charge, request?.response), (charge) => {
      context.charge = charge
      return charge.refusal
    })
  }

  return {
    ...{ requireHttps, readCredential, chargeLimits },
    authenticate: authenticateBy(services.authenticate),
    authenticateAnew: authenticateBy(services.authenticateAnew),
  }
}
