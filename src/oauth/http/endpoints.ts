import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import type { TokenService } from '../token-service.js'
import { issuerOf } from '../tokens.js'
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

export interface TokenEndpointsContext extends Omit<IssuingContext, 'own'> {
  /** Absent where the gate issues no tokens. */
  readonly own: TokenService | undefined
}

export function createTokenEndpoints(context: TokenEndpointsContext): TokenEndpoints {
  const issuing = (where: string): IssuingContext => ({
    ...context,
    own: issuerOf(context.own, where),
  })
  return {
    token: () => createTokenEndpoint(issuing('tokenEndpoint'), GRANT_TYPES),
    jwks: () => createJwksEndpoint(issuing('jwksEndpoint')),
    revocation: () => createRevocationEndpoint(issuing('revocationEndpoint')),
  }
}
