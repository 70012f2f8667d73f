import { checkGate, failureAnswer } from '../../src/index.js'
import type { Gate } from '../../src/index.js'
import { requestOf } from './request.js'
import type { KoaContext, Next } from './types.js'

/**
 * Answers requests that nothing behind it has answered, in the format of the gate's own errors: with 404, or with the status that was set without a body, such as 405 by `allowedMethods`. Use it before all
 * routes.
 * @example app.use(errors(gate)).use(notFound(gate))
 * @throws {MisuseError} at start-up
 */
export function notFound<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'notFound')
  return async function notFoundMiddleware(ctx: KoaContext, next: Next): Promise<void> {
    await next()
    const { status, body, respond, headerSent } = ctx
    if (status < 400 || body != null || respond === false || headerSent) return
    send(gate, gate.answer(status), ctx)
  }
}

/**
 * Answers what anything behind it throws, in the format of the gate's own errors: an answer of `gate.answer` as it is, an error with a `status` of 400 to 599 by its status, such as that of a body parser, and all
 * else with 500. The text of an exception of NestJS or http-errors is shown below 500, and no other; errors of 500 and more are passed to `onError`. Use it first.
 * @example app.use(errors(gate)).use(notFound(gate))
 * @throws {MisuseError} at start-up
 */
export function errors<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'errors')
  return async function errorMiddleware(ctx: KoaContext, next: Next): Promise<void> {
    try {
      await next()
    } catch (error) {
      if (!ctx.headerSent && ctx.respond !== false) {
        send(gate, error, ctx)
        return
      }
      // Half an answer must not look like a whole one, nor like one that is still to come.
      if (ctx.headerSent) ctx.res.destroy?.()
      throw error
    }
  }
}

function send<S extends string>(gate: Gate<S>, error: unknown, ctx: KoaContext): void {
  const { status, headers, body, stale } = failureAnswer(gate, requestOf(ctx), error)
  for (const name of stale) ctx.remove(name)
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}
