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
