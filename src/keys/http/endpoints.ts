import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import type { KeyEndpointsRequirement } from './settings.js'

/**
 * Keys over HTTP, under the path where they are mounted: `POST /`, `GET /`, `GET /due`, `GET /:id`, `PATCH /:id`, `DELETE /:id`,
 * `POST /:id/rotate`; and for whoever holds a key, `GET /self` and `DELETE /self`. A caller sees and touches only keys of its own owner.
 * @throws {MisuseError} at start-up
 */
export type KeyEndpoints<S extends string = string> = (
  requirement: KeyEndpointsRequirement<S>,
) => (call: EndpointRequest) => Promise<Answer | Denial>
