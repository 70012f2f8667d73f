/** Calls that fail before anything is written: enough to find one entry of 1,000 and the next one. The store is away then. */
const MOST_FAILED = 12
/** Calls that fail in one writing. The next one goes on. */
const MOST_REFUSED = 100

/** What one writing has come to that goes past what is refused. */
export class DividedWriting<T> {
  /** Refused when they came alone. */
  readonly refused: T[] = []
  failures = 0
  isWritten = false
  /** What was thrown last. */
  error: unknown
  readonly #record: (batch: readonly T[]) => Promise<void>

  constructor(record: (batch: readonly T[]) => Promise<void>) {
    this.#record = record
  }

  /** No more calls: the store is away, or too much is refused. */
  get isOver(): boolean {
    return this.failures >= (this.isWritten ? MOST_REFUSED : MOST_FAILED)
  }

  /** Writes a batch, in halves for as long as something of it is refused. Answers what was not tried to the end. */
  async write(batch: readonly T[]): Promise<readonly T[]> {
    if (this.isOver) return batch
    try {
      await this.#record(batch)
      this.isWritten = true
      return []
    } catch (error) {
      this.failures += 1
      this.error = error
    }
    if (batch.length === 1) {
      this.refused.push(...batch)
      return []
    }
    const half = Math.ceil(batch.length / 2)
    const left = await this.write(batch.slice(0, half))
    return [...left, ...(await this.write(batch.slice(half)))]
  }
}
