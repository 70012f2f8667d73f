import { LimitStoreError } from '../core/errors.js'
import { recover, then } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
import { checkVerdict } from './verdict.js'

/** How long a limit store has to answer. */
export const LIMIT_MS = 50
/** How often a store that has failed is asked whether it is back. */
const PROBE_MS = 500
/** A question that was not answered for so long never will be. */
export const LOST_MS = 30_000

interface LimitOutageContext {
  readonly store: LimitStore
  /** Told once when an outage begins, and once when it is over. */
  readonly onError: (error: LimitStoreError) => void
  readonly recovered: () => void
}

/** Whether a limit store is away. While it is, one question at a time asks for nothing, to see whether it is back. */
export class LimitOutage {
  /** What the outage began with; `undefined` while the store answers. */
  failure: LimitStoreError | undefined
  readonly #context: LimitOutageContext
  readonly #reporter: OutageReporter
  /** On the monotonic clock, in milliseconds. */
  #probeAt = 0

  constructor(context: LimitOutageContext) {
    this.failure = undefined
    this.#context = context
    this.#reporter = new OutageReporter('limit_store', { store: context.store })
  }

  /** What the outage began with, if the store is still away. */
  stillAway(request: LimitRequest): LimitStoreError | undefined {
    if (this.failure !== undefined) this.#probe(request)
    return this.failure
  }

  fail(cause: unknown): LimitStoreError {
    const failure = new LimitStoreError('The limit store failed.', 'begun', { cause })
    if (this.failure !== undefined) return failure
    this.failure = failure
    this.#probeIn(PROBE_MS)
    this.#context.onError(failure)
    this.#reporter.begun(failure)
    return failure
  }

  #probe(request: LimitRequest): void {
    const asked = performance.now()
    if (asked < this.#probeAt) return
    // One at a time: nothing piles up in a client that waits for its connection.
    this.#probeIn(LOST_MS)
    const wait = () => {
      this.#probeIn(PROBE_MS)
    }
    const answer = recover(() => {
      const verdict = this.#context.store.consume({ ...request, cost: 0 })
      return then(verdict, (answer) => {
        checkVerdict(answer, request)
        if (performance.now() - asked > LIMIT_MS) wait()
        else this.#recovered()
      })
    }, wait)
    void answer
  }

  #probeIn(ms: number): void {
    this.#probeAt = performance.now() + ms
  }

  #recovered(): void {
    if (this.failure === undefined) return
    this.failure = undefined
    this.#context.onError(new LimitStoreError('The limit store answers again.', 'over'))
    this.#reporter.over()
    this.#context.recovered()
  }
}
