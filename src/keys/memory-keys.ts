import { DuplicateKeyError } from '../core/errors.js'
import { deepCopy } from '../lib/copy.js'
import type { KeyChangeFeed, KeyChangeListener } from './change-feed.js'
import type { CallerCondition } from './key-store.js'
import type { MemoryOutbox } from './memory-outbox.js'
import { applyKeyPatch, type KeyPatch, type KeyRecord } from './record.js'

/** Records of keys in the memory of this process. */
export class MemoryKeys {
  readonly byId = new Map<string, KeyRecord>()
  readonly #idByDigest = new Map<string, string>()
  readonly #listeners = new Set<KeyChangeListener>()
  /** By owner, then by who asked for it: until when no caller makes a key, in milliseconds on the monotonic clock. */
  readonly #suspended = new Map<string, Map<string, number>>()
  readonly #outbox: Pick<MemoryOutbox, 'note'>
  readonly changes: KeyChangeFeed = {
    listen: (listener) => {
      this.#listeners.add(listener)
      return { close: () => void this.#listeners.delete(listener) }
    },
  }

  constructor(outbox: Pick<MemoryOutbox, 'note'>) {
    this.#outbox = outbox
  }

  byDigest(digest: string): KeyRecord | undefined {
    return this.byId.get(this.#idByDigest.get(digest) ?? '')
  }

  /** The record, if it has this version. */
  current(id: string, version: number | undefined): KeyRecord | undefined {
    const record = this.byId.get(id)
    return version === undefined || record?.version === version ? record : undefined
  }

  holds({ key }: CallerCondition): boolean {
    return key === undefined || this.byId.get(key.id)?.version === key.version
  }

  mayCreate(provided: CallerCondition): boolean {
    const ends = [...(this.#suspended.get(provided.ownerId)?.values() ?? [])]
    return this.holds(provided) && ends.every((until) => performance.now() >= until)
  }

  suspend(ownerId: string, id: string, durationMs: number): void {
    const ends = this.#suspended.get(ownerId) ?? new Map<string, number>()
    if (durationMs > 0) ends.set(id, performance.now() + durationMs)
    else ends.delete(id)
    if (ends.size > 0) this.#suspended.set(ownerId, ends)
    else this.#suspended.delete(ownerId)
  }

  isTaken({ id, digest }: KeyRecord): boolean {
    return this.byId.has(id) || this.#idByDigest.has(digest)
  }

  /** @throws {DuplicateKeyError} */
  insert(record: KeyRecord): void {
    if (this.isTaken(record)) throw new DuplicateKeyError()
    this.#put(Object.freeze(deepCopy(record)))
  }

  /** @throws {DuplicateKeyError} */
  refuseTaken(record: KeyRecord | undefined, { digest }: KeyPatch): void {
    const isFree = digest === undefined || !this.#idByDigest.has(digest)
    if (!isFree && digest !== record?.digest) throw new DuplicateKeyError()
  }

  change(record: KeyRecord, patch: KeyPatch): void {
    this.refuseTaken(record, patch)
    if (patch.digest !== undefined) this.#idByDigest.delete(record.digest)
    this.#put(applyKeyPatch(record, deepCopy(patch)))
  }

  update(id: string, patch: KeyPatch, expectedVersion: number | undefined): boolean {
    const record = this.current(id, expectedVersion)
    if (record !== undefined) this.change(record, patch)
    return record !== undefined
  }

  #put(record: KeyRecord): void {
    const { id, version, digest } = record
    this.#outbox.note(this.byId.get(id), record)
    this.byId.set(id, record)
    this.#idByDigest.set(digest, id)
    for (const listener of this.#listeners) listener.changed({ id, version })
  }
}
