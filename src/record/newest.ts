import type { TrailPosition } from './sink.js'

/** The newest of things that come in any order, in so much room as a page takes. */
export interface Newest<T> {
  /** One of them, or a later word of one. What does not fit any more keeps its place, and is on no page. */
  take(thing: T, fits: boolean): void
  page(): FoundPage<T>
}

export interface FoundPage<T> {
  readonly items: readonly T[]
  /** Where it ends, where more may follow. */
  readonly last?: TrailPosition
}

/** Only those beyond `after` are taken. */
export function createNewest<T extends TrailPosition>(
  limit: number,
  after: TrailPosition | undefined,
): Newest<T> {
  /** Newest first, and one more than a page has. */
  const held: { readonly thing: T; readonly fits: boolean }[] = []

  return {
    take(thing, fits) {
      if (after !== undefined && !isNewer(after, thing)) return
      const known = held.findIndex((one) => one.thing.id === thing.id)
      if (known >= 0) held.splice(known, 1)
      else if (!fits) return
      const place = held.findIndex((one) => isNewer(thing, one.thing))
      if (place >= 0) held.splice(place, 0, { thing, fits })
      else held.push({ thing, fits })
      if (held.length > limit + 1) held.pop()
    },
    page() {
      const shown = held.slice(0, limit)
      const items = shown.filter(({ fits }) => fits).map(({ thing }) => thing)
      const last = held.length > limit ? shown.at(-1)?.thing : undefined
      return { items, ...(last && { last }) }
    },
  }
}

function isNewer(one: TrailPosition, other: TrailPosition): boolean {
  return one.time === other.time ? one.id > other.id : one.time > other.time
}
