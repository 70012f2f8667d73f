import { DeniedError } from '../../src/index.js'
import type { Answer, Denial, EndpointRequest } from '../../src/index.js'
import { requestOf } from './request.js'
import type { ExpressRequest, ExpressResponse, Next } from './types.js'

interface Refusing {
  readonly onDenied: 'respond' | 'next'
}

/** An endpoint of the core as a middleware that answers everything below the place where it is mounted. */
export function mountable(
  gate: Refusing,
  answerCall: (call: EndpointRequest) => Promise<Answer | Denial>,
) {
  return function endpointMiddleware(req: ExpressRequest, res: ExpressResponse, next: Next): void {
    const request = requestOf(req, res)
    answerCall({ request, target: req.url, parsed: req.body, stream: req }).then((given) => {
      answer(gate, given, res, next)
    }, next)
  }
}

export function answer(
  gate: Refusing,
  given: Answer | Denial,
  res: ExpressResponse,
  next: Next,
): void {
  if (res.headersSent) return
  if ('reason' in given && gate.onDenied === 'next') next(new DeniedError(given))
  else res.writeHead(given.status, given.headers).end(given.body)
}
