import { checkDescription } from '../../src/index.js'
import type { ServedDescription } from '../../src/index.js'
import { requestOf } from './request.js'
import type { KoaContext, Next } from './types.js'

/**
 * Serves `/openapi.json` and `/postman.json` below the place where it is mounted, and lets all else pass: what `createDescription` of `sallyport/openapi` returns. Use it before guards, since readers have no key
 * yet.
 * @example app.use(descriptionEndpoint(description))
 * @throws {MisuseError} at start-up
 */
export function descriptionEndpoint(description: ServedDescription) {
  checkDescription(description, 'descriptionEndpoint')
  return async function descriptionMiddleware(ctx: KoaContext, next: Next): Promise<void> {
    const given = description.answer({ request: requestOf(ctx), target: ctx.url })
    if (given === undefined) {
      await next()
      return
    }
    ctx.status = given.status
    ctx.set(given.headers)
    ctx.body = given.body
  }
}
