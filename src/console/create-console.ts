import type { Answer } from '../core/decision.js'
import type { EndpointRequest } from '../http/body.js'
import type { ConsoleGates } from './gates.js'
import { createFront } from './web/front.js'
import type { ConsoleOptions, ConsoleRequest } from './options.js'
import { createPortal } from './portal.js'
import { routesFor } from './routes.js'

/** What `mountConsole` of an adapter mounts: answers every request below its mount. */
export type Console = (call: EndpointRequest) => Promise<Answer>

/**
 * A developer console: pages on which people make, rotate and revoke API keys, see their use and their audit log. Mount it with `mountConsole` of `sallyport/express` or `sallyport/koa`.
 * @param gates one gate, or one for each environment by name
 * @example
 * const portal = createConsole(gate, {
 *   user: (req) => userOf(req),
 *   signInUrl: '/login',
 *   secret: consoleSecret,
 * })
 * app.use('/portal', mountConsole(portal))
 * @throws {MisuseError} `invalid_option`, by the name of the option
 */
export function createConsole<S extends string, R = ConsoleRequest>(
  gates: ConsoleGates<S>,
  options: ConsoleOptions<NoInfer<S>, R>,
): Console {
  const portal = createPortal(gates, options)
  return createFront(portal, routesFor(portal))
}
