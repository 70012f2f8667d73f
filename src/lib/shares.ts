/**
 * Places that several callers share. One caller has half of them at most, a second one half of the rest, and so on: there is always room for those that need
 * little.
 */
export class Shares {
  readonly #most: number
  /** How many places each caller has taken. */
  readonly #counts = new Map<string, number>()
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  hasRoom(caller: string): boolean {
    return (this.#counts.get(caller) ?? 0) < this.#most - this.#taken
  }

  take(caller: string): void {
    this.#change(caller, 1)
  }

  leave(caller: string): void {
    this.#change(caller, -1)
  }

  #change(caller: string, by: number): void {
    this.#taken += by
    const count = (this.#counts.get(caller) ?? 0) + by
    if (count > 0) this.#counts.set(caller, count)
    else this.#counts.delete(caller)
  }
}
