import { checkConsole, checkMountParams, checkMountPath } from '../../src/index.js'
import type { Answer, EndpointRequest } from '../../src/index.js'
import { mountable } from './mountable.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'

const WHERE = 'mountConsole'

/**
 * The pages of a developer console below one path: what `createConsole` of `sallyport/console` returns.
 * @example app.use('/portal', mountConsole(portal))
 * @throws {MisuseError} under a path with parameters: at start-up in `app.use`, else with the first request
 */
export function mountConsole(portal: (call: EndpointRequest) => Promise<Answer>) {
  checkConsole(portal, WHERE)
  const answerCall = mountable({ onDenied: 'respond' }, portal)

  function consoleMiddleware(req: ExpressRequest, res: ExpressResponse, next: Next): void {
    checkMountParams(Reflect.get(req, 'params'), WHERE)
    answerCall(req, res, next)
  }

  const mountpath: string | string[] = '/'
  // With these members, Express takes it for an app of its own, and tells it where it is mounted.
  return Object.assign(consoleMiddleware, {
    handle: consoleMiddleware,
    set: (): void => undefined,
    mountpath,
    emit(event: string): void {
      if (event === 'mount') checkMountPath(this.mountpath, WHERE)
    },
  })
}
