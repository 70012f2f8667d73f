import { gateRequestOf, type GateRequest } from '../../src/index.js'
import type { ExpressRequest, ExpressResponse } from './types.js'

/** A request as a gate sees it. What a router and a parser make of it is looked at when a demand asks. */
export function requestOf(req: ExpressRequest, res: ExpressResponse): GateRequest {
  const framework = {
    native: req,
    params: (): unknown => Reflect.get(req, 'params'),
    body: () => req.body,
  }
  return gateRequestOf(req, req.originalUrl, res, framework)
}
