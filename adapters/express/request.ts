import { gateRequestOf, type GateRequest } from '../../src/index.js'
import { mountOf } from './mounts.js'
import type { ExpressRequest, ExpressResponse } from './types.js'

/** A request as a gate sees it. What a router and a parser make of it is looked at when somebody asks. */
export function requestOf(req: ExpressRequest, res: ExpressResponse): GateRequest {
  const framework = {
    native: req,
    route: () => routeOf(req),
    params: (): unknown => Reflect.get(req, 'params'),
    body: () => req.body,
  }
  return gateRequestOf(req, req.originalUrl, res, framework)
}

/** A pattern that is no text has no name to record. */
function routeOf(req: ExpressRequest): string | undefined {
  const { route } = req
  if (typeof route !== 'object' || route === null) return undefined
  const path: unknown = Reflect.get(route, 'path')
  return typeof path === 'string' ? mountOf(req, route) + path : undefined
}
