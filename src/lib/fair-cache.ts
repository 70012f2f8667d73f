import { LRUCache } from 'lru-cache'

/** What is remembered for somebody. */
export interface Portion {
  /** Whose it is: what a caller can have many of is not to push out what others have. */
  readonly whose: string
  /** About how many bytes it takes. */
  readonly weight: number
}

interface Bounds<T> {
  /** Of all entries together. */
  readonly maxWeight: number
  /** As many as there may be of the smallest. */
  readonly maxEntries: number
  /** Whether a caller may have more than its share while there is room: what is over goes before anything of others. Default false. */
  readonly lendsRoom?: boolean
  /** In milliseconds. Default: they stay until they give way. */
  readonly ttl?: number
  readonly onInserted?: () => void
  /** Told of each entry that is no longer there, or gives way to another of its handle. */
  readonly onRemoved?: (entry: T, handle: string) => void
}

/** One caller has this part of the room at most. */
const SHARE = 8

interface Owned {
  weight: number
  /** The oldest first. */
  readonly handles: Set<string>
}

/**
 * Remembers entries, bounded by what they weigh. Of a caller that has its share, one of its own gives way; where that has no more than its share and there is no room, one of a
 * caller that has; and where nobody has, that which was not used for longest.
 */
export class FairCache<T extends Portion> {
  readonly #entries: LRUCache<string, T>
  readonly #owners = new Map<string, Owned>()
  /** Callers that have more than their share: fewer than there are shares. */
  readonly #over = new Set<string>()
  readonly #least: number
  readonly #share: number
  readonly #most: number
  readonly #lendsRoom: boolean

  constructor({ maxWeight, maxEntries, lendsRoom = false, ttl, ...told }: Bounds<T>) {
    const { onInserted, onRemoved } = told
    this.#least = Math.ceil(maxWeight / maxEntries)
    this.#share = maxWeight / SHARE
    this.#most = maxWeight
    this.#lendsRoom = lendsRoom
    this.#entries = new LRUCache<string, T>({
      maxSize: maxWeight,
      maxEntrySize: this.#share,
      sizeCalculation: (entry) => this.#sizeOf(entry),
      dispose: (entry, handle) => {
        this.#count(entry, handle, -1)
        onRemoved?.(entry, handle)
      },
      ...(onInserted && { onInsert: onInserted }),
      ...(ttl !== undefined && { ttl }),
    })
  }

  get size(): number {
    return this.#entries.size
  }

  get(handle: string): T | undefined {
    return this.#entries.get(handle)
  }

  /** The same without counting as a use. */
  peek(handle: string): T | undefined {
    return this.#entries.peek(handle)
  }

  has(handle: string): boolean {
    return this.#entries.has(handle)
  }

  delete(handle: string): void {
    this.#entries.delete(handle)
  }

  some(isMeant: (entry: T) => boolean): boolean {
    for (const [, entry] of this.#entries) if (isMeant(entry)) return true
    return false
  }

  deleteWhere(isMeant: (entry: T) => boolean): void {
    for (const [handle, entry] of this.#entries) if (isMeant(entry)) this.delete(handle)
  }

  set(handle: string, entry: T): void {
    this.#entries.delete(handle)
    const size = this.#sizeOf(entry)
    if (size > this.#share) return
    for (;;) {
      const oldest = this.#oldestOver(entry.whose, size)
      // Where there is no room, the cache itself drops what was not used for longest.
      if (oldest === undefined) break
      this.#entries.delete(oldest)
    }
    this.#count(entry, handle, 1)
    this.#entries.set(handle, entry)
  }

  /** What gives way to so much more of a caller: an entry of one that has, or would have, too much. */
  #oldestOver(whose: string, size: number): string | undefined {
    const isFull = this.#entries.calculatedSize + size > this.#most
    if (this.#lendsRoom && !isFull) return undefined
    const weightOf = (caller: string) => this.#owners.get(caller)?.weight ?? 0
    const isOver = weightOf(whose) + size > this.#share
    const [from] = isOver ? [whose] : this.#over
    if (from === undefined) return undefined
    // Of all entries that which was not used for longest, where it is one of those.
    const [last] = this.#entries.rkeys()
    const lastOf = last === undefined ? undefined : this.#entries.peek(last)?.whose
    const [oldest] = this.#owners.get(from)?.handles ?? []
    return lastOf !== undefined && (lastOf === from || this.#over.has(lastOf)) ? last : oldest
  }

  #sizeOf({ weight }: T): number {
    return Math.max(Math.ceil(weight), this.#least)
  }

  #count(entry: T, handle: string, change: 1 | -1): void {
    const { whose } = entry
    const owned = this.#owners.get(whose) ?? { weight: 0, handles: new Set() }
    owned.weight += change * this.#sizeOf(entry)
    if (change === 1) owned.handles.add(handle)
    else owned.handles.delete(handle)
    if (owned.handles.size === 0) this.#owners.delete(whose)
    else this.#owners.set(whose, owned)
    if (owned.weight > this.#share) this.#over.add(whose)
    else this.#over.delete(whose)
  }
}
