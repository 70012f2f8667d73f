import { DeniedError, type Answer, type Denial } from '../../src/index.js'
import type { ExpressResponse, Next } from './types.js'

/** Copies an answer; a refusal goes to the framework's own error handling where the gate says so. */
export function answer(
  gate: { readonly deny: 'respond' | 'next' },
  given: Answer | Denial,
  res: ExpressResponse,
  next: Next,
): void {
  if (res.headersSent) return
  if ('reason' in given && gate.deny === 'next') next(new DeniedError(given))
  else res.writeHead(given.status, given.headers).end(given.body)
}
