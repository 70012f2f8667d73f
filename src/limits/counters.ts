import type { Tag } from '../lib/half-siphash.js'
import type { CountedKind, Counter } from './windows.js'

/** Rows of one table at most. */
const MAX_ROWS = 1_000_000
/** Rows are added by so many at a time. */
const CHUNK_BITS = 14
const CHUNK_MASK = (1 << CHUNK_BITS) - 1
/** Places of the index, of which at most 7 in 10 are taken; the last size is for all rows. */
const INDEX_SIZES = [4_096, 65_536, 1_430_000]
const MAX_LOAD = 0.7
/** Rows that are looked at, whether they have ended, for each that is added. */
const SWEPT = 2
/** Rows among which the one that ends first gives way where all are taken. */
const CANDIDATES = 16

/** Counters by their tags. */
export interface CounterTable {
  get(tag: Tag): Counter | undefined
  put(tag: Tag, counter: Counter, at: number): void
}

/** Columns of rows. A row that is free has no end, and names the next free one in place of what was taken. */
interface Chunk {
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly taken: Float64Array | Uint32Array
  readonly endsAt: Float64Array
  readonly windowMs?: Uint32Array
}

/**
 * @param kind Only of a burst is the window asked for; of a quota, no number is below 0 or above 2^32. Credits do not make room when their
 * window ends.
 */
export function createCounterTable(kind: CountedKind): CounterTable {
  const chunks: Chunk[] = []
  /** By the tag: a row and 1, or 0. */
  let index = new Uint32Array(0)
  let rows = 0
  /** A row and 1, or 0. */
  let free = 0
  let hand = 0

  function chunkOf(row: number): Chunk {
    const found = chunks[row >>> CHUNK_BITS]
    if (found !== undefined) return found
    const length = 1 << CHUNK_BITS
    const chunk = {
      low: new Uint32Array(length),
      high: new Uint32Array(length),
      endsAt: new Float64Array(length),
      taken: kind === 'quota' ? new Uint32Array(length) : new Float64Array(length),
      ...(kind === 'burst' && { windowMs: new Uint32Array(length) }),
    }
    chunks.push(chunk)
    return chunk
  }

  /** The place of a tag in the index, or the one where it would be. */
  function placeOf({ low, high }: Tag): number {
    for (let place = low % index.length; ; place = after(place)) {
      const row = (index[place] ?? 0) - 1
      if (row === -1) return place
      const chunk = chunkOf(row)
      const at = row & CHUNK_MASK
      if (chunk.low[at] === low && chunk.high[at] === high) return place
    }
  }

  function after(place: number): number {
    return place + 1 < index.length ? place + 1 : 0
  }

  function distance(from: number, to: number): number {
    return to < from ? to - from + index.length : to - from
  }

  function tagOf(row: number): Tag {
    const chunk = chunkOf(row)
    return { low: chunk.low[row & CHUNK_MASK] ?? 0, high: chunk.high[row & CHUNK_MASK] ?? 0 }
  }

  function endOf(row: number): number {
    return chunkOf(row).endsAt[row & CHUNK_MASK] ?? 0
  }

  /** Closes the gap in the index: who was put further down because of the row moves up. */
  function unlink(row: number): void {
    let gap = placeOf(tagOf(row))
    for (let place = after(gap); ; place = after(place)) {
      const entry = index[place] ?? 0
      if (entry === 0) break
      const home = tagOf(entry - 1).low % index.length
      if (distance(home, place) < distance(gap, place)) continue
      index[gap] = entry
      gap = place
    }
    index[gap] = 0
  }

  function release(row: number): void {
    unlink(row)
    const chunk = chunkOf(row)
    chunk.endsAt[row & CHUNK_MASK] = 0
    chunk.taken[row & CHUNK_MASK] = free
    free = row + 1
  }

  function sweep(at: number): void {
    if (kind === 'credit') return
    for (let left = Math.min(SWEPT, rows); left > 0; left--) {
      const row = nextRow()
      const end = endOf(row)
      if (end !== 0 && end <= at) release(row)
    }
  }

  function nextRow(): number {
    hand = hand + 1 < rows ? hand + 1 : 0
    return hand
  }

  function evict(): void {
    let first = nextRow()
    for (let left = CANDIDATES; left > 1; left--) {
      const row = nextRow()
      if (endOf(row) < endOf(first)) first = row
    }
    release(first)
  }

  function takeRow(at: number): number {
    sweep(at)
    if (free === 0 && rows < MAX_ROWS) {
      growIndex()
      return rows++
    }
    if (free === 0) evict()
    const row = free - 1
    free = chunkOf(row).taken[row & CHUNK_MASK] ?? 0
    return row
  }

  function growIndex(): void {
    if (rows < index.length * MAX_LOAD) return
    index = new Uint32Array(INDEX_SIZES.find((size) => rows < size * MAX_LOAD) ?? 0)
    for (let row = 0; row < rows; row++) {
      if (endOf(row) !== 0) index[placeOf(tagOf(row))] = row + 1
    }
  }

  function add(tag: Tag, at: number): number {
    const row = takeRow(at)
    const chunk = chunkOf(row)
    chunk.low[row & CHUNK_MASK] = tag.low
    chunk.high[row & CHUNK_MASK] = tag.high
    index[placeOf(tag)] = row + 1
    return row
  }

  function rowOf(tag: Tag): number {
    return index.length === 0 ? -1 : (index[placeOf(tag)] ?? 0) - 1
  }

  return {
    get(tag) {
      const row = rowOf(tag)
      if (row === -1) return undefined
      const { taken, endsAt, windowMs } = chunkOf(row)
      const at = row & CHUNK_MASK
      return { taken: taken[at] ?? 0, endsAt: endsAt[at] ?? 0, windowMs: windowMs?.[at] ?? 0 }
    },
    put(tag, counter, at) {
      const known = rowOf(tag)
      const row = known === -1 ? add(tag, at) : known
      const { taken, endsAt, windowMs } = chunkOf(row)
      taken[row & CHUNK_MASK] = counter.taken
      endsAt[row & CHUNK_MASK] = counter.endsAt
      if (windowMs !== undefined) windowMs[row & CHUNK_MASK] = counter.windowMs
    },
  }
}
