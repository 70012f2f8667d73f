const CHECKPOINT_RECORDS = 1_000
const CHECKPOINT_MS = 60_000

/** When a chain has to be signed: after so many records or bytes, or some time after the first of them. */
export class CheckpointSchedule {
  readonly #isKeyed: boolean
  readonly #maxBytes: number
  readonly #told: () => void
  #unsigned = 0
  #unsignedBytes = 0
  #isDue = false
  #timer: NodeJS.Timeout | undefined

  /** @param told called when the time has come */
  constructor(isKeyed: boolean, maxBytes: number, told: () => void) {
    this.#isKeyed = isKeyed
    this.#maxBytes = maxBytes
    this.#told = told
  }

  get isDue(): boolean {
    return this.#isDue
  }

  /** A chain has begun: its start is not signed. */
  begin(): void {
    this.#unsigned = 1
    this.#unsignedBytes = 0
  }

  /** A record was added. Answers whether there are so many that a checkpoint must follow it. */
  count(bytes: number): boolean {
    this.#unsigned += 1
    this.#unsignedBytes += bytes
    const isMuch = this.#unsigned >= CHECKPOINT_RECORDS || this.#unsignedBytes >= this.#maxBytes
    return this.#isKeyed && isMuch
  }

  /** A checkpoint must be written. */
  demand(): void {
    this.#isDue = this.#isKeyed
  }

  /** All so far is signed. */
  signed(): void {
    this.stop()
    this.#isDue = false
    this.#unsigned = 0
    this.#unsignedBytes = 0
  }

  /** What is not signed will be. */
  plan(): void {
    if (!this.#isKeyed || this.#unsigned === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#isDue = this.#unsigned > 0
      if (this.#isDue) this.#told()
    }, CHECKPOINT_MS).unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
