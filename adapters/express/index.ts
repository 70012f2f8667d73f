import { checkGate, DeniedError, GRANT, grantOf } from '../../src/index.js'
import type { Answer, Auth, Demand, Denial, Gate, KeyEndpointsDemand } from '../../src/index.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'

/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export function guard<S extends string>(gate: Gate<S>, demand?: Demand<NoInfer<S>>) {
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
export function keyEndpoints<S extends string>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>>,
) {
  checkGate(gate, 'keyEndpoints')
  const answerCall = gate.endpoints.keys(demand)
  return function keyEndpointsMiddleware(
    req: ExpressRequest,
    res: ExpressResponse,
    next: Next,
  ): void {
    const request = requestOf(req, res)
    answerCall({ request, target: req.url, parsed: req.body, stream: req }).then((given) => {
      answer(gate, given, res, next)
    }, next)
  }
}

/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export function authOf(req: ExpressRequest): Auth {
  return grantOf(req, 'authOf(req)').auth
}

/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export function auditOf(req: ExpressRequest) {
  return grantOf(req, 'auditOf(req)').audit
}

function answer(
  gate: { readonly deny: 'respond' | 'next' },
  given: Answer | Denial,
  res: ExpressResponse,
  next: Next,
): void {
  if (res.headersSent) return
  if ('reason' in given && gate.deny === 'next') next(new DeniedError(given))
  else res.writeHead(given.status, given.headers).end(given.body)
}
