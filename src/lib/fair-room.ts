const LEVELS = 32

export interface RoomRules<T> {
  /** How much all holders have together at most. */
  readonly most: number
  /** How much a holder has. */
  readonly sizeOf: (holder: T) => number
  /** Lets go of a part of what a holder has. */
  readonly letGo: (holder: T) => void
  /** Whether others give way first. Default: nobody is preferred. */
  readonly isPreferred?: (holder: T) => boolean
  /** So much of the holder that has more just now is safe. Default: nothing. */
  readonly safe?: number
}

interface Known<T> {
  readonly size: number
  /** The holders with about as much. */
  readonly level: Set<T>
}

/** Room that many share. Where there is none left, one of those with most gives some of its own back: many that have little, and those that are preferred, keep theirs. */
export class FairRoom<T extends object> {
  readonly #rules: Required<RoomRules<T>>
  readonly #known = new Map<T, Known<T>>()
  /** By orders of magnitude: of those that are not preferred from the middle on. */
  readonly #levels = Array.from({ length: 2 * LEVELS }, () => new Set<T>())
  #total = 0

  constructor(rules: RoomRules<T>) {
    this.#rules = { isPreferred: () => false, safe: 0, ...rules }
  }

  /** How much more there is room for. */
  get left(): number {
    return this.#rules.most - this.#total
  }

  /** A holder has more or less than before. */
  update(holder: T): void {
    this.#note(holder)
    while (this.#total > this.#rules.most) {
      const largest = this.#largest(holder)
      this.#rules.letGo(largest)
      this.#note(largest)
    }
  }

  #note(holder: T): void {
    const before = this.#known.get(holder)
    const size = this.#rules.sizeOf(holder)
    if (size === (before?.size ?? 0)) return
    this.#total += size - (before?.size ?? 0)
    before?.level.delete(holder)
    if (size === 0) {
      this.#known.delete(holder)
      return
    }
    const order = LEVELS - 1 - Math.clz32(size)
    const level = this.#levels[this.#rules.isPreferred(holder) ? order : LEVELS + order]
    if (level === undefined) return
    level.add(holder)
    this.#known.set(holder, { size, level })
  }

  #largest(current: T): T {
    const isSafe = this.#rules.sizeOf(current) <= this.#rules.safe
    for (let at = this.#levels.length - 1; at >= 0; at--) {
      for (const one of this.#levels[at] ?? []) if (one !== current || !isSafe) return one
    }
    return current
  }
}
