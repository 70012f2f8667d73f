import type { MaybePromise } from '../lib/maybe.js'
import type { KeyPatch, KeyRecord } from './record.js'

/** Which keys to list, newest first. */
export interface KeyQuery {
  readonly ownerId?: string
  readonly environment?: string
  /** How many at most: 1 to 200. Default 50. */
  readonly limit?: number
  /** Where the page before this one ended. */
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/**
 * Where keys live. Every method may answer at once or with a promise. What a store throws is an outage to the gate
 * (503), never a bad credential.
 */
export interface KeyStore {
  findByDigest(digest: string): MaybePromise<KeyRecord | undefined>
  findById(id: string): MaybePromise<KeyRecord | undefined>
  /** @throws {DuplicateKeyError} when the id or the digest is taken. */
  insert(record: KeyRecord): MaybePromise<void>
  /** Applies the patch and adds one to the version. False: the version is no longer this, or there is no such key. */
  update(id: string, patch: KeyPatch, expectedVersion: number): MaybePromise<boolean>
  /** Ends the key at `endsAt`, links it to its successor and inserts that, both or neither; false as in `update`. */
  rotate(
    id: string,
    expectedVersion: number,
    endsAt: Date,
    successor: KeyRecord,
  ): MaybePromise<boolean>
  list(query: KeyQuery): MaybePromise<Page<KeyRecord>>
}

/** The key store failed or did not answer within 250 ms. `cause` has what it threw. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** The id or the digest of a record to insert is taken. */
export class DuplicateKeyError extends Error {
  override readonly name = 'DuplicateKeyError'
}

/** What stands in the way of a change to a key. */
export type KeyObstacle =
  'unknown_key' | 'not_active' | 'already_rotated' | 'changed_meanwhile' | 'already_issued'

/** A key could not be changed; `code` says why. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
  readonly code: KeyObstacle

  constructor(code: KeyObstacle, message: string) {
    super(message)
    this.code = code
  }
}
