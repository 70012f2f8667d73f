import { checkGate, GRANT, markGuard, readGuardPlace } from '../../src/index.js'
import type { AnyRequirement, Gate, GuardPlace } from '../../src/index.js'
import { answer } from './mountable.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next, RoutedRequest } from './types.js'

/**
 * The first guard on a request authenticates and authorizes the caller; a later one checks only its own requirement. With `under`, for requests below that path alone.
 * @example app.use(guard(gate, { under: '/v1' }))
 * @throws {MisuseError} at start-up
 */
export function guard<S extends string, R extends ExpressRequest = RoutedRequest>(
  gate: Gate<S>,
  requirement?: AnyRequirement<NoInfer<S>, R> & GuardPlace,
) {
  checkGate(gate, 'guard')
  const { requirement: rest, isUnder } = readGuardPlace(requirement)
  const asked = gate.requirement(rest)
  return markGuard(guardMiddleware, asked, isUnder)

  function guardMiddleware(req: ExpressRequest, res: ExpressResponse, next: Next): void {
    if (isUnder?.(req.originalUrl, req.url) === false) {
      next()
      return
    }
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
      const { vary, ...headers } = decision.headers
      for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
      // Beside what others have set.
      if (vary !== undefined && res.vary?.(vary) === undefined) res.setHeader('vary', vary)
      next()
    }
  }
}
