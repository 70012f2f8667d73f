import { IssuerError } from '../core/errors.js'
import type { Elapsed } from '../lib/elapsed.js'
import { OutageReporter } from '../telemetry/outages.js'

/** Failures that are no outage are told once in so long. */
const TOLD_MS = 10_000

/** Tells that an authorization server does not answer about tokens. */
export class IntrospectionOutage {
  readonly #issuer: string
  readonly #elapsed: Elapsed
  readonly #onError: (error: unknown) => void
  readonly #reporter: OutageReporter
  #isDown = false
  #toldAt = -Infinity

  constructor(issuer: string, elapsed: Elapsed, onError: (error: unknown) => void) {
    this.#issuer = issuer
    this.#elapsed = elapsed
    this.#onError = onError
    this.#reporter = new OutageReporter('issuer', { issuer })
  }

  /** An outage is told once, and not once for each token; so are tokens that fail one by one. */
  tell(cause: unknown, isOutage: boolean): void {
    const begins = isOutage && !this.#isDown
    const now = this.#elapsed()
    if (!begins && (this.#isDown || now - this.#toldAt < TOLD_MS)) return
    this.#toldAt = now
    const error = new IssuerError('The introspection', this.#issuer, cause)
    this.#onError(error)
    if (!begins) return
    this.#isDown = true
    this.#reporter.begun(error)
  }

  over(): void {
    this.#isDown = false
    this.#reporter.over()
  }
}
