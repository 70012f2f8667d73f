import { auditIn, authIn, checkGate, GRANT, tenantIn } from '../../src/index.js'
import type { Auth, Demand, Gate, KeyEndpointsDemand } from '../../src/index.js'
import { answer, mountable } from './mountable.js'
import { requestOf } from './request.js'
import type { KoaContext, Next, RoutedContext } from './types.js'

export { jwksEndpoint, revocationEndpoint, tokenEndpoint } from './tokens.js'

/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export function guard<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  demand?: Demand<NoInfer<S>, C>,
) {
  checkGate(gate, 'guard')
  const asked = gate.demand(demand)
  return async function guardMiddleware(ctx: KoaContext, next: Next): Promise<void> {
    const decision = await gate.check(requestOf(ctx), asked)
    // While the store was asked, a timeout of the app may have answered.
    if (ctx.headerSent) return
    if (!decision.allowed) {
      answer(gate, decision, ctx)
      return
    }
    ctx.req[GRANT] = decision
    ctx.state.auth = decision.auth
    ctx.set(decision.headers)
    await next()
  }
}

/** Create, list, show, update, rotate and revoke keys over JSON: `mount('/v1/keys', keyEndpoints(gate, demand))`. */
export function keyEndpoints<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>, C>,
) {
  checkGate(gate, 'keyEndpoints')
  return mountable(gate, gate.endpoints.keys(demand))
}

/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export function authOf(ctx: KoaContext): Auth {
  return authIn(ctx.req, 'authOf(ctx)')
}

/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export function auditOf(ctx: KoaContext) {
  return auditIn(ctx.req, 'auditOf(ctx)')
}

/** The tenant that a guard has verified. @throws {MisuseError} `not_guarded` where no guard has asked for one. */
export function tenantOf(ctx: KoaContext): string {
  return tenantIn(ctx.req, 'tenantOf(ctx)')
}
