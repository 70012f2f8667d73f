import type { Denial } from './decision.js'

/**
 * A denial on its way to the framework's error handling, with `deny: 'next'`. Its `status`, `headers` and `expose` are
 * what Express, Koa and http-errors look for.
 */
export class DeniedError extends Error {
  override readonly name = 'DeniedError'
  /** The whole answer that would have been given. */
  readonly denial: Denial
  readonly status: number
  readonly statusCode: number
  readonly headers: Denial['headers']
  readonly expose = true

  constructor(denial: Denial) {
    // Koa shows the message to the client: the true reason is in `denial` only.
    super(`Denied: ${denial.code}`)
    // A refusal is no fault of the server, and where it was made is nobody's business.
    this.stack = `${this.name}: ${this.message}`
    this.denial = denial
    this.status = denial.status
    this.statusCode = denial.status
    this.headers = denial.headers
  }
}
