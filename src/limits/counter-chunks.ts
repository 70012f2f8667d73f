import type { Tag } from '../lib/half-siphash.js'
import type { CountedKind, Counter } from './windows.js'

/** Rows are added by so many at a time. */
const CHUNK_BITS = 14
const CHUNK_MASK = (1 << CHUNK_BITS) - 1

/** Columns of rows. A row that is free has no end, and names the next free one in place of what was taken. */
interface Chunk {
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly taken: Float64Array | Uint32Array
  readonly endsAt: Float64Array
  readonly windowMs?: Uint32Array
}

/** The rows of a table of counters. */
export class Chunks {
  readonly #chunks: Chunk[] = []
  readonly #kind: CountedKind

  /** @param kind Only of a burst is the window asked for; of a quota, no number is below 0 or above 2^32. */
  constructor(kind: CountedKind) {
    this.#kind = kind
  }

  has(row: number, { low, high }: Tag): boolean {
    const chunk = this.#chunkOf(row)
    const at = row & CHUNK_MASK
    return chunk.low[at] === low && chunk.high[at] === high
  }

  tagOf(row: number): Tag {
    const chunk = this.#chunkOf(row)
    return { low: chunk.low[row & CHUNK_MASK] ?? 0, high: chunk.high[row & CHUNK_MASK] ?? 0 }
  }

  /** 0 where the row is free. */
  endOf(row: number): number {
    return this.#chunkOf(row).endsAt[row & CHUNK_MASK] ?? 0
  }

  read(row: number): Counter {
    const { taken, endsAt, windowMs } = this.#chunkOf(row)
    const at = row & CHUNK_MASK
    return { taken: taken[at] ?? 0, endsAt: endsAt[at] ?? 0, windowMs: windowMs?.[at] ?? 0 }
  }

  write(row: number, counter: Counter): void {
    const { taken, endsAt, windowMs } = this.#chunkOf(row)
    taken[row & CHUNK_MASK] = counter.taken
    endsAt[row & CHUNK_MASK] = counter.endsAt
    if (windowMs !== undefined) windowMs[row & CHUNK_MASK] = counter.windowMs
  }

  name(row: number, tag: Tag): void {
    const chunk = this.#chunkOf(row)
    chunk.low[row & CHUNK_MASK] = tag.low
    chunk.high[row & CHUNK_MASK] = tag.high
  }

  free(row: number, next: number): void {
    const chunk = this.#chunkOf(row)
    chunk.endsAt[row & CHUNK_MASK] = 0
    chunk.taken[row & CHUNK_MASK] = next
  }

  /** The free row that a free row names. */
  nextFree(row: number): number {
    return this.#chunkOf(row).taken[row & CHUNK_MASK] ?? 0
  }

  #chunkOf(row: number): Chunk {
    const found = this.#chunks[row >>> CHUNK_BITS]
    if (found !== undefined) return found
    const length = 1 << CHUNK_BITS
    const chunk = {
      low: new Uint32Array(length),
      high: new Uint32Array(length),
      endsAt: new Float64Array(length),
      taken: this.#kind === 'quota' ? new Uint32Array(length) : new Float64Array(length),
      ...(this.#kind === 'burst' && { windowMs: new Uint32Array(length) }),
    }
    this.#chunks.push(chunk)
    return chunk
  }
}
