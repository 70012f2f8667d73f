import type { Answer, Denial } from '../../core/decision.js'
import { isRefusal, Refusal } from '../../core/denial.js'
import type { EndpointRequest } from '../../http/body.js'
import { keysUnavailable } from '../signing-keys.js'
import type { IssuingContext } from './token.js'

const GET_ONLY = new Refusal('method_not_allowed', { headers: { allow: 'GET, HEAD' } })
/** So long others keep the keys: a new one is published for so long before it signs. */
const MAX_AGE_S = 600

/** The public keys of a gate (RFC 7517 section 5), for whoever verifies its tokens. */
export function createJwksEndpoint({
  own,
  pipeline,
}: Pick<IssuingContext, 'own' | 'pipeline'>): (call: EndpointRequest) => Promise<Answer | Denial> {
  return async ({ request }) => {
    const admitted = await pipeline.admitAnybody(request)
    if ('allowed' in admitted) return admitted
    const { headers, refuse } = admitted
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(GET_ONLY)
    const jwks = await own.jwks().catch(keysUnavailable)
    if (isRefusal(jwks)) return refuse(jwks)
    const body = JSON.stringify(jwks)
    return {
      status: 200,
      headers: {
        ...headers,
        'cache-control': `public, max-age=${String(MAX_AGE_S)}`,
        'content-type': 'application/jwk-set+json',
        'content-length': String(Buffer.byteLength(body)),
      },
      body,
    }
  }
}
