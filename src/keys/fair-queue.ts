import { Shares } from '../lib/shares.js'

interface Waiting {
  readonly source: string
  readonly admit: () => void
}

/**
 * Lets so many calls go on at once, and so many more wait. One source has half of either at most, a second one half of the rest, and so on: nobody uses
 * up what others need.
 */
export class FairQueue {
  readonly #going: Shares
  readonly #expected: Shares
  readonly #waitMs: number
  /** In the order in which they came. */
  readonly #line = new Set<Waiting>()

  /** @param waitMs how long a call waits for its turn, in milliseconds */
  constructor(places: number, line: number, waitMs: number) {
    this.#going = new Shares(places)
    this.#expected = new Shares(line)
    this.#waitMs = waitMs
  }

  /** Resolves to whether it is the turn of this source: to `false` where too many wait, or it took too long. */
  async take(source: string): Promise<boolean> {
    if (this.#going.hasRoom(source)) {
      this.#going.take(source)
      return true
    }
    if (!this.#expected.hasRoom(source)) return false
    this.#expected.take(source)
    try {
      return await this.#wait(source)
    } finally {
      this.#expected.leave(source)
    }
  }

  /** The call is over. */
  leave(source: string): void {
    this.#going.leave(source)
    for (const waiting of this.#line) {
      if (!this.#going.hasRoom(waiting.source)) continue
      this.#going.take(waiting.source)
      waiting.admit()
    }
  }

  #wait(source: string): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (admitted: boolean) => {
        clearTimeout(timer)
        this.#line.delete(waiting)
        resolve(admitted)
      }
      const waiting: Waiting = {
        source,
        admit: () => {
          end(true)
        },
      }
      const timer = setTimeout(() => {
        end(false)
      }, this.#waitMs)
      this.#line.add(waiting)
    })
  }
}
