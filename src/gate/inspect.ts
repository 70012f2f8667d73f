import type { Denial } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import { noGateRequest } from '../core/given-request.js'
import { isGateRequest, type GateRequest } from '../core/request.js'
import { requestIdOf, type AnswerOptions } from '../http/answers.js'
import type { Proxies } from '../http/client-address.js'
import type { Gate } from './gate.js'

/** What looks at a request that asks for nothing of the API. */
interface InspectContext {
  readonly proxies: Pick<Proxies, 'clientOf'>
  readonly refuseInsecure: (request: GateRequest) => Refusal | undefined
  readonly answers: Pick<AnswerOptions, 'incomingId' | 'credentialHeaders'>
  readonly deny: (refusal: Refusal, request: GateRequest) => Denial
}

export function createInspect(context: InspectContext): Gate['inspect'] {
  const { proxies, refuseInsecure, deny } = context
  const { incomingId, credentialHeaders } = context.answers
  return (request) => {
    if (!isGateRequest(request)) throw noGateRequest('gate.inspect')
    const address = proxies.clientOf(request)
    const known = address !== undefined && { address }
    const refusal = refuseInsecure(request)
    if (refusal !== undefined) {
      const denial = deny(refusal, request)
      return { requestId: denial.requestId, ...known, denial }
    }
    return { requestId: requestIdOf(request, incomingId, credentialHeaders), ...known }
  }
}
