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

/** Only those beyond `after` are taken, and each once. */
export function createLatestPage<T extends TrailPosition & { readonly hash: string }>(
  limit: number,
  after: TrailPosition | undefined,
): LatestPage<T> {
  /** Newest first, and one more than a page has. */
  const held: T[] = []

  return {
    take(thing) {
      if (after !== undefined && !isNewer(after, thing)) return
      if (held.some(({ hash }) => hash === thing.hash)) return
      const place = held.findIndex((one) => isNewer(thing, one))
      if (place >= 0) held.splice(place, 0, thing)
      else held.push(thing)
      if (held.length > limit + 1) held.pop()
    },
    page() {
      const items = held.slice(0, limit)
      const last = held.length > limit ? items.at(-1) : undefined
      return { items, ...(last && { last }) }
    },
  }
}

function isNewer(one: TrailPosition, other: TrailPosition): boolean {
  if (one.time !== other.time) return one.time > other.time
  if (one.id !== other.id) return one.id > other.id
  return one.writer === other.writer ? one.seq > other.seq : one.writer > other.writer
}
