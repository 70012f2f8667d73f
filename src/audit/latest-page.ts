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
export const MAX_PAGE_WEIGHT = 67_108_864

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
  /** In the order of the page, and one more than it has. */
  const held: { readonly thing: T; readonly weight: number }[] = []
  let weight = 0
  /** Whether something was left out that had a place. */
  let isCut = false

  function isFull(): boolean {
    return held.length > 1 && (held.length > limit + 1 || weight > MAX_PAGE_WEIGHT)
  }

  return {
    take(thing) {
      if (after !== undefined && !comesBefore(after, thing, future)) return
      if (held.some((one) => one.thing.hash === thing.hash)) return
      const last = held.at(-1)
      if (isCut && last !== undefined && comesBefore(last.thing, thing, future)) return
      const place = held.findIndex((one) => comesBefore(thing, one.thing, future))
      const own = { thing, weight: weightOfJson(thing) }
      held.splice(place < 0 ? held.length : place, 0, own)
      weight += own.weight
      while (isFull()) {
        weight -= held.pop()?.weight ?? 0
        isCut = true
      }
    },
    page() {
      const items = held.slice(0, limit).map(({ thing }) => thing)
      const last = isCut || held.length > limit ? items.at(-1) : undefined
      return { items, ...(last && { last }) }
    },
  }
}
