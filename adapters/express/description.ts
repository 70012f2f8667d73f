import { checkDescription } from '../../src/index.js'
import type { ServedDescription } from '../../src/index.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'

/**
 * Serves `/openapi.json` and `/postman.json` below the place where it is mounted, and lets all else pass: what `createDescription` of `sallyport/openapi` returns. Mount it before guards, since readers have no key
 * yet.
 * @example app.use(descriptionEndpoint(description))
 * @throws {MisuseError} at start-up
 */
export function descriptionEndpoint(description: ServedDescription) {
  checkDescription(description, 'descriptionEndpoint')
  return function descriptionMiddleware(
    req: ExpressRequest,
    res: ExpressResponse,
    next: Next,
  ): void {
    const given = description.answer({ request: requestOf(req, res), target: req.url })
    if (given === undefined) next()
    else res.writeHead(given.status, given.headers).end(given.body)
  }
}
