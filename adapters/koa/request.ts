import { gateRequestOf, type GateRequest, type Place } from '../../src/index.js'
import type { KoaContext } from './types.js'

/** A request of Koa as a gate sees it. */
export function requestOf(ctx: KoaContext): GateRequest {
  return gateRequestOf(ctx.req, ctx.originalUrl, ctx.res, () => placeOf(ctx))
}

/** Where `@koa/router` has brought it. A pattern that is no text has no name to record. */
function placeOf({ _matchedRoute: route, params }: KoaContext): Place {
  return { route: typeof route === 'string' ? route : undefined, params }
}
