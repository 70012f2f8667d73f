import { weightOfJson } from '../lib/weight.js'
import { comesBefore } from './page-order.js'
import type { TrailPosition } from './sink.js'

/** The newest of things that come in any order, in so much room as a page takes. */
export interface LatestPage<T> {
  take(thing: T): void
  page(): FoundPage<T>
}

export interface FoundPage<T> {
  readonly items: readonly T[]
  /** Where it ends, where more may follow. */
  readonly last?: TrailPosition
}

/** How many bytes a page takes by estimate; one thing always has room. */
export const MAX_PAGE_WEIGHT = 33_554_432

/** Which things are on a page: those beyond `after`, in the order in which those of the future come last. */
export interface PageBounds {
  readonly limit: number
  readonly after?: TrailPosition
  readonly future: string
}

/** Only those beyond `after` are taken, and each once. */
export function createLatestPage<T extends TrailPosition & { readonly hash: string }>({
  limit,
  after,
  future,
}: PageBounds): LatestPage<T> {
  /** From the end of the page to its begin, and one more than it has: most trails are read from the oldest on, and what comes next is at the end of the list. */
  const held: { readonly thing: T; readonly weight: number }[] = []
  const hashes = new Set<string>()
  let weight = 0
  /** Whether something was left out that had a place. */
  let isCut = false

  function isFull(): boolean {
    return held.length > 1 && (held.length > limit + 1 || weight > MAX_PAGE_WEIGHT)
  }

  /** How many of those that are held come after it. */
  function placeOf(thing: T): number {
    let [from, to] = [0, held.length]
    while (from < to) {
      const middle = (from + to) >> 1
      const other = held[middle]?.thing
      if (other !== undefined && comesBefore(thing, other, future)) from = middle + 1
      else to = middle
    }
    return from
  }

  return {
    take(thing) {
      if (after !== undefined && !comesBefore(after, thing, future)) return
      if (hashes.has(thing.hash)) return
      const [end] = held
      if (isCut && end !== undefined && comesBefore(end.thing, thing, future)) return
      const own = { thing, weight: weightOfJson(thing) }
      held.splice(placeOf(thing), 0, own)
      hashes.add(thing.hash)
      weight += own.weight
      while (isFull()) {
        const out = held.shift()
        weight -= out?.weight ?? 0
        if (out !== undefined) hashes.delete(out.thing.hash)
        isCut = true
      }
    },
    page() {
      const items = held
        .slice(-limit)
        .reverse()
        .map(({ thing }) => thing)
      const last = isCut || held.length > limit ? items.at(-1) : undefined
      return { items, ...(last && { last }) }
    },
  }
}
