import type { PendingRecord } from './pending-record.js'

/** What a record weighed and whose it was when it was put: both may be others by now. */
export interface Held {
  readonly weight: number
  readonly whose: string
}

export function heldAs({ weight, whose = '' }: PendingRecord): Held {
  return { weight, whose }
}

/** What the records of a queue weigh, by whose they are. */
export class OwnerWeights {
  readonly #weights = new Map<string, number>()
  #total = 0

  get total(): number {
    return this.#total
  }

  add({ weight, whose }: Held): void {
    this.#change(whose, weight)
  }

  remove({ weight, whose }: Held): void {
    this.#change(whose, -weight)
  }

  /**
   * Records that give way to a new one, so that the queue weighs `most` with it: the last ones of owners that weigh more than the owner of the new one, with it. `undefined`: there are
   * not enough of them.
   */
  givingWay(
    records: ReadonlyMap<PendingRecord, Held>,
    { weight, whose }: Held,
    most: number,
  ): readonly PendingRecord[] | undefined {
    const before = this.#weights.get(whose) ?? 0
    const own = before + weight
    // All others together weigh no more.
    if (this.#total - before <= own) return undefined
    let tooMuch = this.#total + weight - most
    const gone: PendingRecord[] = []
    const heavier = [...this.#weights].filter(([, theirs]) => theirs > own)
    for (const [owner, theirs] of heavier.sort(([, one], [, other]) => other - one)) {
      let left = theirs
      for (const [one, held] of [...records].reverse()) {
        if (tooMuch <= 0 || left <= own) break
        if (held.whose !== owner || held.weight === 0) continue
        gone.push(one)
        left -= held.weight
        tooMuch -= held.weight
      }
      if (tooMuch <= 0) return gone
    }
    return undefined
  }

  #change(whose: string, more: number): void {
    if (more === 0) return
    const weight = (this.#weights.get(whose) ?? 0) + more
    this.#total += more
    if (weight > 0) this.#weights.set(whose, weight)
    else this.#weights.delete(whose)
  }
}
