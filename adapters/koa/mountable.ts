import { DeniedError } from '../../src/index.js'
import type { Answer, Denial, EndpointRequest } from '../../src/index.js'
import { requestOf } from './request.js'
import type { KoaContext } from './types.js'

interface Refusing {
  readonly onDenied: 'respond' | 'next'
}

/** An endpoint of the core as a middleware that answers everything below the place where it is mounted. */
export function mountable(
  gate: Refusing,
  answerCall: (call: EndpointRequest) => Promise<Answer | Denial>,
) {
  return async function endpointMiddleware(ctx: KoaContext): Promise<void> {
    const request = requestOf(ctx)
    const call = { request, target: ctx.url, parsed: ctx.request.body, stream: ctx.req }
    answer(gate, await answerCall(call), ctx)
  }
}

export function answer(gate: Refusing, given: Answer | Denial, ctx: KoaContext): void {
  if (ctx.headerSent) return
  if ('reason' in given && gate.onDenied === 'next') throw new DeniedError(given)
  ctx.status = given.status
  ctx.set(given.headers)
  ctx.body = given.body
}
