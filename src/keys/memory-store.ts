import { DuplicateKeyError } from '../core/errors.js'
import { deepCopy } from '../lib/copy.js'
import type { KeyChangeFeed, KeyChangeListener } from './change-feed.js'
import { matchesQuery } from './key-query.js'
import type { CallerCondition, KeyStore, KeyUsage, OutcomeCount } from './key-store.js'
import { createMemoryJobs, createMemoryReminderChoices } from './memory-jobs.js'
import { createMemoryOutbox } from './memory-outbox.js'
import { sumsOf } from './memory-usage.js'
import { applyKeyPatch, type KeyPatch, type KeyRecord } from './record.js'

/**
 * Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start.
 * @example createGate({ keys: { prefix: 'acme', store: createMemoryKeyStore() }, environment: 'test', scopes: ['read:orders'] })
 */
export function createMemoryKeyStore(): KeyStore {
  const byId = new Map<string, KeyRecord>()
  const idByDigest = new Map<string, string>()
  /** By key, then by day and environment. */
  const uses = new Map<string, Map<string, KeyUsage>>()
  /** By owner, then by all that is not the count. */
  const outcomes = new Map<string, Map<string, OutcomeCount>>()
  const listeners = new Set<KeyChangeListener>()
  /** By owner, then by who asked for it: until when no caller makes a key, in milliseconds on the monotonic clock. */
  const suspended = new Map<string, Map<string, number>>()
  const outbox = createMemoryOutbox()

  function holds({ key }: CallerCondition): boolean {
    return key === undefined || byId.get(key.id)?.version === key.version
  }

  function mayCreate(provided: CallerCondition): boolean {
    const ends = [...(suspended.get(provided.ownerId)?.values() ?? [])]
    return holds(provided) && ends.every((until) => performance.now() >= until)
  }

  function put(record: KeyRecord): void {
    outbox.note(byId.get(record.id), record)
    byId.set(record.id, record)
    idByDigest.set(record.digest, record.id)
    for (const listener of listeners) listener.changed({ id: record.id, version: record.version })
  }

  function isTaken({ id, digest }: KeyRecord): boolean {
    return byId.has(id) || idByDigest.has(digest)
  }

  function insert(record: KeyRecord): void {
    if (isTaken(record)) {
      throw new DuplicateKeyError()
    }
    put(Object.freeze(deepCopy(record)))
  }

  function current(id: string, version: number | undefined): KeyRecord | undefined {
    const record = byId.get(id)
    return version === undefined || record?.version === version ? record : undefined
  }

  function refuseTaken(record: KeyRecord | undefined, { digest }: KeyPatch): void {
    if (digest === undefined || digest === record?.digest || !idByDigest.has(digest)) return
    throw new DuplicateKeyError()
  }

  function change(record: KeyRecord, patch: KeyPatch): void {
    refuseTaken(record, patch)
    if (patch.digest !== undefined) idByDigest.delete(record.digest)
    put(applyKeyPatch(record, deepCopy(patch)))
  }

  function update(id: string, patch: KeyPatch, expectedVersion: number | undefined): boolean {
    const record = current(id, expectedVersion)
    if (record !== undefined) change(record, patch)
    return record !== undefined
  }

  function withUse(record: KeyRecord): KeyRecord {
    const times = [...(uses.get(record.id)?.values() ?? [])].map(({ lastUsedAt }) => +lastUsedAt)
    return times.length === 0 ? record : { ...record, lastUsedAt: new Date(Math.max(...times)) }
  }

  const changes: KeyChangeFeed = {
    listen(listener) {
      listeners.add(listener)
      return { close: () => void listeners.delete(listener) }
    },
  }

  return {
    findByDigest: (digest) => byId.get(idByDigest.get(digest) ?? ''),
    findById(id) {
      const record = byId.get(id)
      return record && withUse(record)
    },
    insert(record, provided) {
      if (provided !== undefined && !mayCreate(provided)) return false
      insert(record)
      return true
    },
    insertAll: (records) =>
      records.map((record) => {
        if (isTaken(record)) return false
        insert(record)
        return true
      }),
    update: (id, patch, expectedVersion, provided) =>
      (provided === undefined || holds(provided)) && update(id, patch, expectedVersion),
    updateAll(wanted) {
      const all = wanted.every(({ id, expectedVersion }) => current(id, expectedVersion))
      if (all) for (const { id, patch } of wanted) refuseTaken(byId.get(id), patch)
      if (all) for (const one of wanted) update(one.id, one.patch, one.expectedVersion)
      return all
    },
    rotate(id, expectedVersion, endsAt, successor, provided) {
      const record = current(id, expectedVersion)
      if (record === undefined || (provided !== undefined && !mayCreate(provided))) return false
      insert(successor)
      change(record, { expiresAt: endsAt, rotatedTo: successor.id, rotatedAt: successor.createdAt })
      return true
    },
    suspendCreation(ownerId, id, durationMs) {
      const ends = suspended.get(ownerId) ?? new Map<string, number>()
      if (durationMs > 0) ends.set(id, performance.now() + durationMs)
      else ends.delete(id)
      if (ends.size > 0) suspended.set(ownerId, ends)
      else suspended.delete(ownerId)
    },
    list(query) {
      const { order = 'newest', limit = 50, cursor } = query
      const all = [...byId.values()].sort((a, b) => +a.createdAt - +b.createdAt)
      if (order === 'newest') all.reverse()
      const before = all.findIndex(({ id }) => id === cursor)
      // A cursor that is not ours leads nowhere, and not back to the start.
      const start = cursor === undefined ? 0 : before === -1 ? all.length : before + 1
      const matching = all
        .slice(start)
        .map(withUse)
        .filter((record) => matchesQuery(record, query))
      const items = matching.slice(0, limit)
      const last = items.at(-1)
      const more = items.length < matching.length
      return { items, ...(more && last !== undefined && { cursor: last.id }) }
    },
    recordUsage(usage, counts = []) {
      for (const one of counts) {
        const { ownerId, environment, keyId, day, outcome } = one
        const name = JSON.stringify([environment, keyId, day, outcome])
        const ofOwner = outcomes.get(ownerId) ?? new Map<string, OutcomeCount>()
        const count = one.count + (ofOwner.get(name)?.count ?? 0)
        outcomes.set(ownerId, ofOwner.set(name, { ...one, count }))
      }
      for (const use of usage) {
        if (!byId.has(use.keyId)) continue
        const days = uses.get(use.keyId) ?? new Map<string, KeyUsage>()
        const name = `${use.day} ${use.environment}`
        const { count = 0, lastUsedAt = use.lastUsedAt } = days.get(name) ?? {}
        const latest = new Date(Math.max(+lastUsedAt, +use.lastUsedAt))
        uses.set(
          use.keyId,
          days.set(name, { ...use, count: count + use.count, lastUsedAt: latest }),
        )
      }
    },
    usageOfOwner: (ownerId, query) => sumsOf(ownerId, query, { byId, uses, outcomes }),
    usageOf(keyId, sinceDay) {
      const days = [...(uses.get(keyId)?.values() ?? [])].filter(({ day }) => day >= sinceDay)
      return days.sort((a, b) => (a.day < b.day ? 1 : -1))
    },
    changes,
    outbox,
    jobs: createMemoryJobs(),
    reminders: createMemoryReminderChoices(),
  }
}
