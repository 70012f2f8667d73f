import { LRUCache } from 'lru-cache'
import { isPromise, lastly, then, type MaybePromise } from '../lib/maybe.js'
import type { Digester } from './digest.js'
import type { KeyRecord } from './record.js'
import { StoreError, type KeyStore } from './store.js'

const CACHE_ENTRIES = 50_000
const CACHE_TTL_MS = 30_000
const UNKNOWN_TTL_MS = 5_000
/** A store that keeps answering with records older than a change it acknowledged is failing. */
const ATTEMPTS = 3

/** Finds keys by their secrets, remembering what `prepare` made of them. */
export interface KeyCache<T> {
  /** What is remembered under the fingerprint of a secret. */
  recall(name: string): T | undefined
  /** What the key with this secret is, or `undefined` if there is none. @throws {StoreError} */
  find(secret: string, name: string): MaybePromise<T | undefined>
  /** Forgets a key that is now at this version: nothing older will be used again. */
  changed(id: string, version: number): void
}

interface Entry<T> {
  readonly id: string
  readonly value: T
}

export function createKeyCache<T extends object>(
  store: KeyStore,
  digester: Digester,
  prepare: (record: KeyRecord) => T,
): KeyCache<T> {
  const time = { ttlResolution: 0, perf: performance }
  const namesById = new Map<string, string>()
  const known = new LRUCache<string, Entry<T>>({
    max: CACHE_ENTRIES,
    ttl: CACHE_TTL_MS,
    ...time,
    dispose: ({ id }, name) => {
      if (namesById.get(id) === name) namesById.delete(id)
    },
  })
  const unknown = new LRUCache<string, true>({ max: CACHE_ENTRIES, ttl: UNKNOWN_TTL_MS, ...time })
  /** The version that a changed key has at least, for as long as an older one could still be on its way. */
  const floors = new LRUCache<string, number>({ max: CACHE_ENTRIES, ttl: CACHE_TTL_MS, ...time })
  let reads = new Map<string, MaybePromise<T | undefined>>()
  let changes = 0

  function search(digests: readonly string[], at = 0): MaybePromise<KeyRecord | undefined> {
    const digest = digests[at]
    if (digest === undefined) return undefined
    return then(store.findByDigest(digest), (record) => record ?? search(digests, at + 1))
  }

  function read(secret: string, name: string, attempt = 1): MaybePromise<T | undefined> {
    const seen = changes
    return then(search(digester.candidates(secret, name)), (record) => {
      if (record === undefined) {
        if (seen === changes) unknown.set(name, true)
        return undefined
      }
      if (record.version < (floors.get(record.id) ?? 0)) {
        if (attempt === ATTEMPTS)
          throw new StoreError('The key store answers with outdated records.')
        return read(secret, name, attempt + 1)
      }
      const value = prepare(record)
      known.set(name, { id: record.id, value })
      namesById.set(record.id, name)
      return value
    })
  }

  return {
    recall: (name) => known.get(name)?.value,
    find(secret, name) {
      if (unknown.has(name)) return undefined
      const under = reads.get(name)
      if (under !== undefined) return under
      const mine = reads
      const reading = lastly(read(secret, name), () => mine.delete(name))
      if (isPromise(reading)) mine.set(name, reading)
      return reading
    },
    changed(id, version) {
      changes += 1
      floors.set(id, version)
      const name = namesById.get(id)
      if (name !== undefined) known.delete(name)
      unknown.clear()
      // Who comes after the change does not join a read that began before it.
      reads = new Map()
    },
  }
}
