import { DeniedError, type Answer, type Denial } from '../../src/index.js'
import type { KoaContext } from './types.js'

/** Copies an answer; a refusal goes to the framework's own error handling where the gate says so. */
export function answer(
  gate: { readonly deny: 'respond' | 'next' },
  given: Answer | Denial,
  ctx: KoaContext,
): void {
  if (ctx.headerSent) return
  if ('reason' in given && gate.deny === 'next') throw new DeniedError(given)
  ctx.status = given.status
  ctx.set(given.headers)
  ctx.body = given.body
}
