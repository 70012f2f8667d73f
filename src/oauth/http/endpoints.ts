import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import { GRANT_TYPES } from './grant-types.js'
import { createJwksEndpoint } from './jwks.js'
import { createRevocationEndpoint } from './revocation.js'
import { createTokenEndpoint, type IssuingContext } from './token.js'

type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>

/** What the adapters mount. @throws {MisuseError} `not_supported`, when called, where the gate issues no tokens */
export interface TokenEndpoints {
  readonly token: () => Answerer
  readonly jwks: () => Answerer
  readonly revocation: () => Answerer
}

/** Of a gate that issues tokens. */
export function createTokenEndpoints(context: IssuingContext): TokenEndpoints {
  return {
    token: () => createTokenEndpoint(context, GRANT_TYPES),
    jwks: () => createJwksEndpoint(context),
    revocation: () => createRevocationEndpoint(context),
  }
}
