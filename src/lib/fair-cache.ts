import { LRUCache } from 'lru-cache'

/** What is remembered for somebody. */
export interface Portion {
  /** Whose it is: what a caller can have many of is not to push out what others have. */
  readonly whose: string
  /** About how many bytes it takes. */
  readonly weight: number
}

interface Bounds {
  /** Of all entries together. */
  readonly maxWeight: number
  /** As many as there may be of the smallest. */
  readonly maxEntries: number
  /** In milliseconds. Default: they stay until they give way. */
  readonly ttl?: number
}

/** One caller has this part of the room at most. */
const SHARE = 8

interface Owned {
  weight: number
  /** The oldest first. */
  readonly handles: Set<string>
}

/** Remembers entries, bounded by what they weigh: that goes first which was not used for longest, and of a caller that has its share, one of its own. */
export class FairCache<T extends Portion> {
  readonly #entries: LRUCache<string, T>
  readonly #owners = new Map<string, Owned>()
  readonly #least: number
  readonly #share: number

  constructor({ maxWeight, maxEntries, ttl }: Bounds) {
    this.#least = Math.ceil(maxWeight / maxEntries)
    this.#share = maxWeight / SHARE
    this.#entries = new LRUCache<string, T>({
      maxSize: maxWeight,
      maxEntrySize: this.#share,
      sizeCalculation: (entry) => this.#sizeOf(entry),
      dispose: (entry, handle) => {
        this.#disown(entry, handle)
      },
      ...(ttl !== undefined && { ttl }),
    })
  }

  get(handle: string): T | undefined {
    return this.#entries.get(handle)
  }

  has(handle: string): boolean {
    return this.#entries.has(handle)
  }

  delete(handle: string): void {
    this.#entries.delete(handle)
  }

  deleteWhere(isMeant: (entry: T) => boolean): void {
    for (const [handle, entry] of this.#entries) if (isMeant(entry)) this.delete(handle)
  }

  set(handle: string, entry: T): void {
    this.#entries.delete(handle)
    const size = this.#sizeOf(entry)
    if (size > this.#share) return
    for (const oldest of this.#owners.get(entry.whose)?.handles ?? []) {
      if ((this.#owners.get(entry.whose)?.weight ?? 0) + size <= this.#share) break
      this.#entries.delete(oldest)
    }
    const owned = this.#owners.get(entry.whose) ?? { weight: 0, handles: new Set() }
    owned.weight += size
    owned.handles.add(handle)
    this.#owners.set(entry.whose, owned)
    this.#entries.set(handle, entry)
  }

  #sizeOf({ weight }: T): number {
    return Math.max(Math.ceil(weight), this.#least)
  }

  #disown(entry: T, handle: string): void {
    const owned = this.#owners.get(entry.whose)
    if (owned === undefined) return
    owned.handles.delete(handle)
    owned.weight -= this.#sizeOf(entry)
    if (owned.handles.size === 0) this.#owners.delete(entry.whose)
  }
}
