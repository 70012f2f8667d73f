import type { CredentialAuth, Headers, Identity } from '../../core/auth.js'
import type { PresentedCredential } from '../../core/credential.js'
import type { Answer, Decision, Denial, Grant } from '../../core/decision.js'
import { Refusal } from '../../core/denial.js'
import { refuse, told } from '../../core/refuse.js'
import type { RequestContext } from '../../core/request-context.js'
import type { GateRequest } from '../../core/request.js'
import type { EndpointRequest } from '../../http/body.js'
import { then, type MaybePromise } from '../../lib/maybe.js'
import { answerFault, isFault, type OAuthFault } from './answers.js'

type Authenticated = Decision<string, CredentialAuth>

type Authenticate = (
  context: RequestContext,
  credential: PresentedCredential,
) => MaybePromise<Authenticated>

/** The pipeline of the gate, for endpoints that read credentials of their own out of a request. */
export interface EndpointPipeline {
  /** One record for each call, however many credentials it brings. */
  readonly begin: (request: GateRequest) => RequestContext
  /** All steps for a credential, wherever in the request it stood. */
  readonly authenticate: Authenticate
  /** The same for a client that ends a token of its own, which is never charged. */
  readonly authenticateToRevoke: Authenticate
  /** The steps after authentication, for a caller that has proven in another way who it is. */
  readonly authorize: (context: RequestContext, caller: Identity) => MaybePromise<Decision>
  /** Counts a call that is denied for want of credentials: the denial with what its address has left, or another where that has made too many. */
  readonly countMissing: (context: RequestContext, denied: Denial) => MaybePromise<Denial>
  /** What the answer tells of the limits that the call was counted against. */
  readonly limitsOf: (context: RequestContext) => Headers
  /** A call that anybody may make, counted against its address: a denial, which is recorded, where that has made too many. What is let in is not recorded. */
  readonly admitAnybody: (request: GateRequest) => MaybePromise<Denial | Admittance>
  /** The outcome is recorded; where it must be and cannot be, nobody is let in. */
  readonly finish: (context: RequestContext, decided: Decision) => MaybePromise<Decision>
}

/** A call of anybody that was let in. */
export interface Admittance {
  /** How the limit of its address stands. */
  readonly headers: Headers
  readonly refuse: (refusal: Refusal) => Denial
}

/** One call of an endpoint, on its way through the pipeline. */
export interface EndpointCall {
  readonly context: RequestContext
  readonly authenticate: (credential: PresentedCredential) => MaybePromise<Authenticated>
  readonly authenticateToRevoke: (credential: PresentedCredential) => MaybePromise<Authenticated>
  readonly authorize: (caller: Identity) => MaybePromise<Decision>
}

/** An answer, and what it is recorded as. */
export interface Concluded {
  readonly answer: Answer
  readonly decision: Decision
}

export type Conclusion = Concluded | OAuthFault | Denial

interface ConclusionContext {
  readonly realm: string
  readonly deny: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly pipeline: EndpointPipeline
}

/** An endpoint of which each call leaves one record, whatever it comes to. */
export function recorded(
  context: ConclusionContext,
  handle: (endpointRequest: EndpointRequest, call: EndpointCall) => Promise<Conclusion>,
): (endpointRequest: EndpointRequest) => Promise<Answer | Denial> {
  const { pipeline } = context

  async function withinLimit(concluded: Concluded, call: EndpointCall): Promise<Concluded> {
    const { decision } = concluded
    if (decision.allowed || decision.reason !== 'missing_credentials') return concluded
    const denial = await pipeline.countMissing(call.context, decision)
    const { answer } = concluded
    if (denial.reason !== decision.reason || !isFaultOf(concluded)) return concludedOf(denial)
    const headers = { ...answer.headers, ...pipeline.limitsOf(call.context) }
    return { answer: { ...answer, headers }, decision }
  }

  return async (endpointRequest) => {
    const { request } = endpointRequest
    const { call, release } = callOf(request, pipeline)
    try {
      const conclusion = await handle(endpointRequest, call)
      const concluded = isFault(conclusion)
        ? concludedFault(context, request, conclusion, pipeline.limitsOf(call.context))
        : concludedOf(conclusion)
      const { answer, decision } = await withinLimit(concluded, call)
      const told = await pipeline.finish(call.context, decision)
      return told === decision || told.allowed ? answer : told
    } finally {
      // Whoever hands no response is given an answer, and no grant that it could end.
      if (request.response === undefined) release()
    }
  }
}

/** A call that can end all that it has let in. */
function callOf(
  request: GateRequest,
  pipeline: EndpointPipeline,
): { readonly call: EndpointCall; readonly release: () => void } {
  const granted: Grant[] = []
  const keep = <D extends Decision>(decision: D): D => {
    if (decision.allowed) granted.push(decision)
    return decision
  }
  const context = pipeline.begin(request)
  return {
    call: {
      context,
      authenticate: (credential) => then(pipeline.authenticate(context, credential), keep),
      authenticateToRevoke: (credential) =>
        then(pipeline.authenticateToRevoke(context, credential), keep),
      authorize: (caller) => then(pipeline.authorize(context, caller), keep),
    },
    release: () => {
      for (const grant of granted) grant.end()
    },
  }
}

/** A fault of somebody who was let in, with what answers tell it. */
export function concludedFault(
  { realm, deny }: Pick<ConclusionContext, 'realm' | 'deny'>,
  request: GateRequest,
  fault: OAuthFault,
  headers: Headers = {},
): Concluded {
  const answer = answerFault(fault, realm, headers)
  const { status } = answer
  const decision = deny(refusalOf(fault, status), request)
  const named = { ...answer.headers, 'x-request-id': decision.requestId }
  return { answer: { ...answer, headers: named }, decision }
}

function refusalOf({ reason, cause, code, description }: OAuthFault, status: number): Refusal {
  if (cause !== undefined) return new Refusal(reason, { status }, () => ({ cause }))
  const check = code === 'invalid_client' ? 'client' : 'request'
  return refuse(reason, { check, expected: description, got: told(code) }, { status })
}

/** Whether the answer is an OAuth error, and no denial. */
function isFaultOf({ answer, decision }: Concluded): boolean {
  return answer !== decision
}

function concludedOf(conclusion: Concluded | Denial): Concluded {
  return 'answer' in conclusion ? conclusion : { answer: conclusion, decision: conclusion }
}
