import { checkGate, GRANT, markGuard, readGuardPlace } from '../../src/index.js'
import type { AnyRequirement, Gate, GuardPlace } from '../../src/index.js'
import { answer } from './mountable.js'
import { createPlacementCheck } from './placement.js'
import { requestOf } from './request.js'
import type { KoaContext, Next, RoutedContext } from './types.js'

/**
 * The first guard on a request authenticates and authorizes the caller; a later one checks only its own requirement. With `under`, for requests below that path alone.
 * @example app.use(guard(gate, { under: '/v1' }))
 * @throws {MisuseError} at start-up
 */
export function guard<S extends string, C extends KoaContext = RoutedContext>(
  gate: Gate<S>,
  requirement?: AnyRequirement<NoInfer<S>, C> & GuardPlace,
) {
  checkGate(gate, 'guard')
  const { requirement: rest, isUnder } = readGuardPlace(requirement)
  const asked = gate.requirement(rest)
  const checkPlacement = createPlacementCheck()
  return markGuard(guardMiddleware, asked, isUnder)

  async function guardMiddleware(ctx: KoaContext, next: Next): Promise<void> {
    if (isUnder?.(ctx.originalUrl, ctx.url) === false) {
      await next()
      return
    }
    checkPlacement(ctx, guardMiddleware, next)
    const decision = await gate.check(requestOf(ctx), asked)
    // While the store was asked, a timeout of the app may have answered.
    if (ctx.headerSent) return
    if (!decision.allowed) {
      answer(gate, decision, ctx)
      return
    }
    ctx.req[GRANT] = decision
    ctx.state.auth = decision.auth
    const { vary, ...headers } = decision.headers
    ctx.set(headers)
    // Beside what others have set.
    if (vary !== undefined) ctx.vary(vary)
    await next()
  }
}
