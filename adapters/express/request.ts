import { gateRequestOf, type GateRequest, type Place } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse } from './types.js'

/** A request of Express as a gate sees it. */
export function requestOf(req: ExpressRequest, res: ExpressResponse): GateRequest {
  return gateRequestOf(req, req.originalUrl, res, () => placeOf(req))
}

/** Where routers have brought it. A pattern that is no text has no name to record. */
function placeOf(req: ExpressRequest): Place {
  const { baseUrl = '', route } = req
  const path =
    typeof route === 'object' && route !== null && 'path' in route ? route.path : undefined
  return {
    route: typeof path === 'string' ? baseUrl + path : undefined,
    params: 'params' in req ? req.params : undefined,
  }
}
