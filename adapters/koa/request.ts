import { gateRequestOf, type GateRequest } from '../../src/index.js'
import type { KoaContext } from './types.js'

/** A request as a gate sees it. What a router and a parser make of it is looked at when a demand asks. */
export function requestOf(ctx: KoaContext): GateRequest {
  const framework = {
    native: ctx,
    params: (): unknown => Reflect.get(ctx, 'params'),
    body: () => ctx.request.body,
  }
  return gateRequestOf(ctx.req, ctx.originalUrl, ctx.res, framework)
}
