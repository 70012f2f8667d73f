import type { CredentialAuth } from '../core/auth.js'
import type { PresentedCredential } from '../core/credential.js'
import type { Decision, Denial } from '../core/decision.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import type { AnswerOptions, LazyDenial } from '../http/answers.js'
import type { CountUse } from '../keys/usage.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { EndpointPipeline } from '../oauth/http/conclude.js'
import type { Decider } from './decider.js'

export interface EndpointPipelineContext<S extends string> {
  readonly decider: Decider<S>
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
  const { decider, countUse, begin, ofCredential, ofRevocation, ofCaller, refuseMissing } = context
  const { limitHeaders } = context.answers
  const { run, finish, deny } = decider

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
      // Of several credentials, one that is not known does not hide whose the others are.
      call.auth = own.auth ?? call.auth
      return decision
    })
  }

  function countMissing(call: RequestContext): MaybePromise<LazyDenial | undefined> {
    return then(refuseMissing(call), (refusal) =>
      refusal === undefined || refusal.reason === 'missing_credentials'
        ? undefined
        : deny(refusal, call.request, call.charge),
    )
  }

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
    countMissing,
    admitAnybody(request) {
      const call = begin(request)
      // Who was let in by a guard before is counted by that.
      const counted = call.earlier?.known === undefined ? countMissing(call) : undefined
      return then(counted, (denial) => {
        if (denial !== undefined) return finish(call, denial) as MaybePromise<Denial>
        return {
          headers: call.charge === undefined ? {} : limitHeaders(call.charge),
          refuse: (refusal) => deny(refusal, request, call.charge),
        }
      })
    },
    finish: (call, decided) => finish(call, decided as Decision<S>),
  }
}
