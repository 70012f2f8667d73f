import { checkGate, DeniedError, GRANT, grantOf } from '../../src/index.js'
import type { Answer, Auth, Demand, Denial, Gate, KeyEndpointsDemand } from '../../src/index.js'
import { requestOf } from './request.js'
import type { KoaContext, Next } from './types.js'

/** Both doors for the first guard on a request; for a later one, its own demand. @throws {MisuseError} at start-up */
export function guard<S extends string>(gate: Gate<S>, demand?: Demand<NoInfer<S>>) {
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
export function keyEndpoints<S extends string>(
  gate: Gate<S>,
  demand: KeyEndpointsDemand<NoInfer<S>>,
) {
  checkGate(gate, 'keyEndpoints')
  const answerCall = gate.endpoints.keys(demand)
  return async function keyEndpointsMiddleware(ctx: KoaContext): Promise<void> {
    const request = requestOf(ctx)
    const call = { request, target: ctx.url, parsed: ctx.request.body, stream: ctx.req }
    answer(gate, await answerCall(call), ctx)
  }
}

/** Who the caller is. @throws {MisuseError} `not_guarded` where no guard let the request in. */
export function authOf(ctx: KoaContext): Auth {
  return grantOf(ctx.req, 'authOf(ctx)').auth
}

/** What a handler adds to the audit record of its request. @throws {MisuseError} `not_guarded` as above */
export function auditOf(ctx: KoaContext) {
  return grantOf(ctx.req, 'auditOf(ctx)').audit
}

function answer(
  gate: { readonly deny: 'respond' | 'next' },
  given: Answer | Denial,
  ctx: KoaContext,
): void {
  if (ctx.headerSent) return
  if ('reason' in given && gate.deny === 'next') throw new DeniedError(given)
  ctx.status = given.status
  ctx.set(given.headers)
  ctx.body = given.body
}
