import { checkConsole, checkMountParams } from '../../src/index.js'
import type { Answer, EndpointRequest } from '../../src/index.js'
import { mountable } from './mountable.js'
import type { KoaContext } from './types.js'

const WHERE = 'mountConsole'

/**
 * The pages of a developer console below one path: what `createConsole` of `sallyport/console` returns.
 * @example app.use(mount('/portal', mountConsole(portal)))
 * @throws {MisuseError} with the first request, under a path with parameters
 */
export function mountConsole(portal: (call: EndpointRequest) => Promise<Answer>) {
  checkConsole(portal, WHERE)
  const answerCall = mountable({ onDenied: 'respond' }, portal)
  return async function consoleMiddleware(ctx: KoaContext): Promise<void> {
    checkMountParams(ctx.params, WHERE)
    await answerCall(ctx)
  }
}
