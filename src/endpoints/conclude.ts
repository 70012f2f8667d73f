import { then, type MaybePromise } from '../lib/maybe.js'
import type { Identity } from '../terms/auth.js'
import type { Credential } from '../terms/credential.js'
import type { Answer, Decision, Denial, Grant } from '../terms/decision.js'
import { Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import type { Headers } from '../terms/headers.js'
import type { GateRequest } from '../terms/request.js'
import type { EndpointRequest } from './body.js'
import { answerFault, isFault, type OAuthFault } from './oauth.js'

/** A call of an endpoint, as the gate follows it: one access, however many credentials it shows. */
export interface Reception extends Guesser {
  /** Both doors for a credential, wherever in the request it stood. */
  enter(presented: Pick<Credential, 'value'> & Partial<Credential>): MaybePromise<Decision>
  /** The second door, for somebody who has proven in another way who it is. */
  admit(identity: Identity): MaybePromise<Decision>
  /** What it came to is recorded; where it must be and cannot be, nobody is let in. */
  conclude(decided: Decision): MaybePromise<Decision>
}

/** An answer, and what it is recorded as. */
export interface Concluded {
  readonly answer: Answer
  readonly decision: Decision
}

export type Conclusion = Concluded | OAuthFault | Denial

interface ConclusionContext {
  readonly realm: string
  readonly refuse: (refusal: Refusal, request: GateRequest | undefined) => Denial
  readonly receive: (request: GateRequest) => Reception
}

/** An endpoint of which each call leaves one record, whatever it comes to. */
export function recorded(
  context: ConclusionContext,
  handle: (call: EndpointRequest, reception: Reception) => Promise<Conclusion>,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  return async (call) => {
    const { request } = call
    const { reception, release } = remembering(context.receive(request))
    try {
      const conclusion = await handle(call, reception)
      const { answer, decision } = isFault(conclusion)
        ? concludedFault(context, request, conclusion)
        : concludedOf(conclusion)
      const told = await reception.conclude(decision)
      return told === decision || told.allowed ? answer : told
    } finally {
      // Whoever hands no response is given an answer, and no grant that it could end.
      if (request.response === undefined) release()
    }
  }
}

/** A reception that can end all that it has let in. */
function remembering(reception: Reception): {
  readonly reception: Reception
  readonly release: () => void
} {
  const granted: Grant[] = []
  const keep = (decision: Decision): Decision => {
    if (decision.allowed) granted.push(decision)
    return decision
  }
  return {
    reception: {
      refuseGuess: () => reception.refuseGuess(),
      chargeGuess: () => {
        reception.chargeGuess()
      },
      enter: (presented) => then(reception.enter(presented), keep),
      admit: (identity) => then(reception.admit(identity), keep),
      conclude: (decided) => reception.conclude(decided),
    },
    release: () => {
      for (const grant of granted) grant.end()
    },
  }
}

/** A fault of somebody who was let in, with what answers tell it. */
export function concludedFault(
  { realm, refuse }: Pick<ConclusionContext, 'realm' | 'refuse'>,
  request: GateRequest,
  fault: OAuthFault,
  headers: Headers = {},
): Concluded {
  const answer = answerFault(fault, realm, headers)
  const { status } = answer
  const decision = refuse(new Refusal(fault.reason, { status }), request)
  const named = { ...answer.headers, 'x-request-id': decision.requestId }
  return { answer: { ...answer, headers: named }, decision }
}

function concludedOf(conclusion: Concluded | Denial): Concluded {
  return 'answer' in conclusion ? conclusion : { answer: conclusion, decision: conclusion }
}
