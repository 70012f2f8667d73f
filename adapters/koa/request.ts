import { gateRequestOf, type GateRequest } from '../../src/index.js'
import type { KoaContext } from './types.js'

/** A request as a gate sees it. What a router and a parser make of it is looked at when somebody asks. */
export function requestOf(ctx: KoaContext): GateRequest {
  const framework = {
    native: ctx,
    route: () => routeOf(ctx),
    // A router changes its one object of parameters with each match.
    match: (): unknown => Reflect.get(ctx, 'captures'),
    params: (): unknown => Reflect.get(ctx, 'params'),
    body: () => ctx.request.body,
  }
  return gateRequestOf(ctx.req, ctx.originalUrl, ctx.res, framework)
}

/** Set by `@koa/router`. A pattern that is no text has no name to record. */
function routeOf({ _matchedRoute: route }: KoaContext): string | undefined {
  return typeof route === 'string' ? route : undefined
}
