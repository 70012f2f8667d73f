import { auditIn, authIn, checkGate, GRANT, tenantIn } from '../../src/index.js'
import type { Auth, Demand, Gate, KeyEndpointsDemand } from '../../src/index.js'
import { answer, mountable } from './mountable.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next, RoutedRequest } from './types.js'

export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'

/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export function guard<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  demand?: Demand<NoInfer<S>, R>,
) {
  checkGate(gate, 'guard')
  const asked = gate.demand(demand)
  return function guardMiddleware(req: ExpressRequest, res: ExpressResponse, next: Next): void {
    const decided = gate.check(requestOf(req, res), asked)
    if (decided instanceof Promise) decided.then(conclude, next)
    else conclude(decided)

    function conclude(decision: Awaited<typeof decided>): void {
      // While the store was asked, a timeout of the app may have answered.
      if (res.headersSent) return
      if (!decision.allowed) {
        answer(gate, decision, res, next)
        return
      }
      req[GRANT] = decision
      req.auth = decision.auth
      for (const [name, value] of Object.entries(decision.headers)) res.setHeader(name, value)
      next()
    }
  }
}

/** Create, list, show, update, rotate and revoke keys over JSON: `app.use('/v1/keys', keyEndpoints(gate, demand))`. */
export function keyEndpoints<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>, R>,
) {
  checkGate(gate, 'keyEndpoints')
  return mountable(gate, gate.endpoints.keys(demand))
}

/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export function authOf(req: ExpressRequest): Auth {
  return authIn(req, 'authOf(req)')
}

/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export function auditOf(req: ExpressRequest) {
  return auditIn(req, 'auditOf(req)')
}

/** The tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export function tenantOf(req: ExpressRequest): string {
  return tenantIn(req, 'tenantOf(req)')
}
