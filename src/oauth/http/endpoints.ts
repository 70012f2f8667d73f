import type { TokenService } from '../token-service.js'
import { issuerOf } from '../tokens.js'
import type { Answerer } from './answerers.js'
import type { IssuingContext } from './token.js'

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
  /** Most gates have none: what answers is loaded when an endpoint is mounted. */
  const mount = (name: keyof TokenEndpoints): Answerer => {
    const own = issuerOf(context.own, `${name}Endpoint`)
    const loading = import('./answerers.js').then(({ ANSWERERS }) =>
      ANSWERERS[name]({ ...context, own }),
    )
    // It is told with the first request.
    loading.catch(() => undefined)
    return async (call) => (await loading)(call)
  }
  return {
    token: () => mount('token'),
    jwks: () => mount('jwks'),
    revocation: () => mount('revocation'),
  }
}
