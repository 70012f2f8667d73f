import { checkGate, failureAnswer } from '../../src/index.js'
import type { Gate } from '../../src/index.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'

/**
 * Answers requests that no route has answered: 404 in the format of the gate's own errors. Mount it after all routes.
 * @example app.use(notFound(gate)).use(errors(gate))
 * @throws {MisuseError} at start-up
 */
export function notFound<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'notFound')
  return function notFoundMiddleware(req: ExpressRequest, res: ExpressResponse, next: Next): void {
    if (res.headersSent) next()
    else send(gate, gate.answer(404), req, res)
  }
}

/**
 * Answers what handlers throw or pass to `next`, in the format of the gate's own errors: an answer of `gate.answer` as it is, an error with a `status` of 400 to 599 by its status, such as that of a
 * body parser, and all else with 500. The text of an exception of NestJS or http-errors is shown below 500, and no other; errors of 500 and more are passed to `onError`. Mount it last.
 * @example app.use(notFound(gate)).use(errors(gate))
 * @throws {MisuseError} at start-up
 */
export function errors<S extends string>(gate: Gate<S>) {
  checkGate(gate, 'errors')
  return function errorMiddleware(
    error: unknown,
    req: ExpressRequest,
    res: ExpressResponse,
    next: Next,
  ): void {
    // Express ends the connection: half an answer must not look like a whole one.
    if (res.headersSent) next(error)
    else send(gate, error, req, res)
  }
}

function send<S extends string>(
  gate: Gate<S>,
  error: unknown,
  req: ExpressRequest,
  res: ExpressResponse,
): void {
  const { status, headers, body, stale } = failureAnswer(gate, requestOf(req, res), error)
  for (const name of stale) res.removeHeader(name)
  res.writeHead(status, headers).end(body)
}
