import type { CredentialAuth } from '../core/auth.js'
import type { PresentedCredential } from '../core/credential.js'
import type { Decision, Denial } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import { LazyDenial, type AnswerOptions } from '../http/answers.js'
import type { CountUse } from '../keys/usage.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { EndpointPipeline } from '../oauth/http/conclude.js'
import type { Decider } from './decider.js'
import type { Deny } from './deny.js'

export interface EndpointPipelineContext<S extends string> {
  readonly decider: Decider<S>
  readonly deny: Deny
  readonly countUse: CountUse
  readonly answers: Pick<AnswerOptions, 'limitHeaders'>
  readonly begin: (request: GateRequest) => RequestContext
  /** The steps for a credential, by what is stored now. */
  readonly ofCredential: readonly Step[]
  /** The steps for a client that ends a token of its own. */
  readonly ofRevocation: readonly Step[]
  /** The steps for a caller that is known. */
  readonly ofCaller: readonly Step[]
  readonly refuseMissing: Step
}

/** The pipeline for endpoints that read credentials of their own out of a request. */
export function createEndpointPipeline<S extends string>(
  context: EndpointPipelineContext<S>,
): EndpointPipeline {
  const { decider, deny, countUse, begin, ofCredential, ofRevocation, ofCaller, refuseMissing } =
    context
  const { run, finish } = decider
  const { limitHeaders } = context.answers

  function attempt(
    steps: readonly Step[],
    call: RequestContext,
    credential: PresentedCredential,
  ): MaybePromise<Decision<S, CredentialAuth<S>>> {
    const own = call.with(credential)
    // Who presents a credential is no caller of the app.
    const decided = run(steps, own) as MaybePromise<Decision<S, CredentialAuth<S>>>
    return then(decided, (decision) => {
      countUse(own, decision)
      call.credential = credential
      call.charge = own.charge ?? call.charge
      // Of several credentials, one that is not known does not hide whose the others are.
      call.auth = own.auth ?? call.auth
      return decision
    })
  }

  /** A refusal where its address has made too many such calls. */
  function refuseMany(call: RequestContext): MaybePromise<Refusal | undefined> {
    return then(refuseMissing(call), (refusal) =>
      refusal?.reason === 'missing_credentials' ? undefined : refusal,
    )
  }

  const limitsOf = ({ charge }: RequestContext) =>
    charge === undefined ? {} : limitHeaders(charge)

  return {
    begin,
    authenticate: (call, credential) => attempt(ofCredential, call, credential),
    authenticateToRevoke: (call, credential) => attempt(ofRevocation, call, credential),
    authorize(call, caller) {
      const own = call.with(undefined)
      own.caller = caller
      call.auth = caller.auth
      return then(run(ofCaller, own), (decision) => countUse(own, decision))
    },
    limitsOf,
    countMissing: (call, denied) =>
      then(refuseMany(call), (refusal) => {
        if (refusal !== undefined) return deny(refusal, call.request, call.charge)
        const { charge } = call
        if (charge === undefined || !(denied instanceof LazyDenial)) return denied
        return LazyDenial.counted(denied, charge)
      }),
    admitAnybody(request) {
      const call = begin(request)
      // Who was let in by a guard before is counted by that.
      const counted = call.earlier?.known === undefined ? refuseMany(call) : undefined
      return then(counted, (refused) => {
        if (refused !== undefined) {
          return finish(call, deny(refused, request, call.charge)) as MaybePromise<Denial>
        }
        return {
          headers: limitsOf(call),
          refuse: (refusal) => deny(refusal, request, call.charge),
        }
      })
    },
    finish: (call, decided) => finish(call, decided as Decision<S>),
  }
}
