import type { Tag } from '../lib/half-siphash.js'
import { Chunks } from './counter-chunks.js'
import type { CountedKind, Counter } from './windows.js'

/** Rows of one table at most. */
const MAX_ROWS = 1_000_000
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

/** @param kind Credits do not make room when their window ends. */
export function createCounterTable(kind: CountedKind): CounterTable {
  return new Table(kind)
}

class Table implements CounterTable {
  readonly #kind: CountedKind
  readonly #chunks: Chunks
  /** By the tag: a row and 1, or 0. */
  #index = new Uint32Array(0)
  #rows = 0
  /** A row and 1, or 0. */
  #free = 0
  #hand = 0

  constructor(kind: CountedKind) {
    this.#kind = kind
    this.#chunks = new Chunks(kind)
  }

  get(tag: Tag): Counter | undefined {
    const row = this.#rowOf(tag)
    return row === -1 ? undefined : this.#chunks.read(row)
  }

  put(tag: Tag, counter: Counter, at: number): void {
    const known = this.#rowOf(tag)
    this.#chunks.write(known === -1 ? this.#add(tag, at) : known, counter)
  }

  #rowOf(tag: Tag): number {
    return this.#index.length === 0 ? -1 : (this.#index[this.#placeOf(tag)] ?? 0) - 1
  }

  /** The place of a tag in the index, or the one where it would be. */
  #placeOf(tag: Tag): number {
    for (let place = tag.low % this.#index.length; ; place = this.#after(place)) {
      const row = (this.#index[place] ?? 0) - 1
      if (row === -1 || this.#chunks.has(row, tag)) return place
    }
  }

  #after(place: number): number {
    return place + 1 < this.#index.length ? place + 1 : 0
  }

  #distance(from: number, to: number): number {
    return to < from ? to - from + this.#index.length : to - from
  }

  #add(tag: Tag, at: number): number {
    const row = this.#takeRow(at)
    this.#chunks.name(row, tag)
    this.#index[this.#placeOf(tag)] = row + 1
    return row
  }

  #takeRow(at: number): number {
    this.#sweep(at)
    if (this.#free === 0 && this.#rows < MAX_ROWS) {
      this.#growIndex()
      return this.#rows++
    }
    if (this.#free === 0) this.#evict()
    const row = this.#free - 1
    this.#free = this.#chunks.nextFree(row)
    return row
  }

  #growIndex(): void {
    if (this.#rows < this.#index.length * MAX_LOAD) return
    this.#index = new Uint32Array(INDEX_SIZES.find((size) => this.#rows < size * MAX_LOAD) ?? 0)
    for (let row = 0; row < this.#rows; row++) {
      if (this.#chunks.endOf(row) === 0) continue
      this.#index[this.#placeOf(this.#chunks.tagOf(row))] = row + 1
    }
  }

  #sweep(at: number): void {
    if (this.#kind === 'credit') return
    for (let left = Math.min(SWEPT, this.#rows); left > 0; left--) {
      const row = this.#nextRow()
      const end = this.#chunks.endOf(row)
      if (end !== 0 && end <= at) this.#release(row)
    }
  }

  #evict(): void {
    let first = this.#nextRow()
    for (let left = CANDIDATES; left > 1; left--) {
      const row = this.#nextRow()
      if (this.#chunks.endOf(row) < this.#chunks.endOf(first)) first = row
    }
    this.#release(first)
  }

  #nextRow(): number {
    this.#hand = this.#hand + 1 < this.#rows ? this.#hand + 1 : 0
    return this.#hand
  }

  #release(row: number): void {
    this.#unlink(row)
    this.#chunks.free(row, this.#free)
    this.#free = row + 1
  }

  /** Closes the gap in the index: who was put further down because of the row moves up. */
  #unlink(row: number): void {
    let gap = this.#placeOf(this.#chunks.tagOf(row))
    for (let place = this.#after(gap); ; place = this.#after(place)) {
      const entry = this.#index[place] ?? 0
      if (entry === 0) break
      const home = this.#chunks.tagOf(entry - 1).low % this.#index.length
      if (this.#distance(home, place) < this.#distance(gap, place)) continue
      this.#index[gap] = entry
      gap = place
    }
    this.#index[gap] = 0
  }
}
