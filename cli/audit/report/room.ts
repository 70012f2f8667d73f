/** Places for so many, half of them for what no checkpoint vouches for at most: anybody can add to a trail. */
export class Room {
  readonly #most: number
  #taken = 0
  #doubtful = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Takes a place, if there is one. */
  take(isProven: boolean): boolean {
    if (this.#taken >= this.#most || (!isProven && this.#doubtful >= this.#most / 2)) return false
    this.#taken += 1
    if (!isProven) this.#doubtful += 1
    return true
  }
}
