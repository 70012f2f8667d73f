import type { GateEvent } from './event.js'

/** Somebody to whom events are delivered. */
export interface EventTarget {
  /** Names it in the store: what waits for it is found by this name. 1 to 200 characters. */
  readonly name: string
  readonly wants: (type: string) => boolean
  /**
   * Delivers, or throws: then it is tried again. A `DeliveryError` says more. It must settle within `limitMs`.
   * @param isFirst whether it was never tried before
   * @param signal the gate is closing
   */
  readonly send: (event: GateEvent, isFirst: boolean, signal: AbortSignal) => Promise<void>
  /** How long a delivery may take, in milliseconds. */
  readonly limitMs: number
}

/** A delivery that has failed, and what the receiver says of the next try. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  /** In milliseconds, at most a day: not before that. */
  readonly retryAfterMs: number | undefined
  /** The receiver wants no more. */
  readonly isGone: boolean

  constructor(
    message: string,
    { retryAfterMs, isGone = false }: { retryAfterMs?: number | undefined; isGone?: boolean } = {},
  ) {
    super(message)
    this.retryAfterMs = retryAfterMs
    this.isGone = isGone
  }
}

/** What a gate delivers to beside `notify`: what `createWebhooks` of `sallyport/webhooks` returns. */
export interface GateWebhooks {
  readonly targets: readonly EventTarget[]
}
