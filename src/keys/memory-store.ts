import { matchesQuery } from './key-query.js'
import type { KeyQuery, KeyStore, Page } from './key-store.js'
import { createMemoryJobs, createMemoryReminderChoices } from './memory-jobs.js'
import { MemoryKeys } from './memory-keys.js'
import { createMemoryOutbox } from './memory-outbox.js'
import { MemoryUsage, sumsOf } from './memory-usage.js'
import type { KeyRecord } from './record.js'

/**
 * Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start.
 * @example createGate({ keys: { prefix: 'acme', store: createMemoryKeyStore() }, environment: 'test', scopes: ['read:orders'] })
 */
export function createMemoryKeyStore(): KeyStore {
  const outbox = createMemoryOutbox()
  const keys = new MemoryKeys(outbox)
  const { byId, changes } = keys
  const used = new MemoryUsage(byId)

  return {
    findByDigest: (digest) => keys.byDigest(digest),
    findById(id) {
      const record = byId.get(id)
      return record && used.withUse(record)
    },
    insert(record, provided) {
      if (provided !== undefined && !keys.mayCreate(provided)) return false
      keys.insert(record)
      return true
    },
    insertAll: (records) =>
      records.map((record) => {
        if (keys.isTaken(record)) return false
        keys.insert(record)
        return true
      }),
    update: (id, patch, expectedVersion, provided) =>
      (provided === undefined || keys.holds(provided)) && keys.update(id, patch, expectedVersion),
    updateAll(wanted) {
      const all = wanted.every(({ id, expectedVersion }) => keys.current(id, expectedVersion))
      if (all) for (const { id, patch } of wanted) keys.refuseTaken(byId.get(id), patch)
      if (all) for (const one of wanted) keys.update(one.id, one.patch, one.expectedVersion)
      return all
    },
    rotate(id, expectedVersion, endsAt, successor, provided) {
      const record = keys.current(id, expectedVersion)
      if (record === undefined || (provided !== undefined && !keys.mayCreate(provided)))
        return false
      keys.insert(successor)
      const { id: rotatedTo, createdAt: rotatedAt } = successor
      keys.change(record, { expiresAt: endsAt, rotatedTo, rotatedAt })
      return true
    },
    suspendCreation: (ownerId, id, durationMs) => {
      keys.suspend(ownerId, id, durationMs)
    },
    list: (query) => pageOf(byId.values(), query, (record) => used.withUse(record)),
    recordUsage: (usage, counts = []) => {
      used.record(usage, counts)
    },
    usageOfOwner: (ownerId, query) => sumsOf(ownerId, query, used),
    usageOf: (keyId, sinceDay) => used.of(keyId, sinceDay),
    ...{ changes, outbox },
    jobs: createMemoryJobs(),
    reminders: createMemoryReminderChoices(),
  }
}

function pageOf(
  records: Iterable<KeyRecord>,
  query: KeyQuery,
  withUse: (record: KeyRecord) => KeyRecord,
): Page<KeyRecord> {
  const { order = 'newest', limit = 50, cursor } = query
  const all = [...records].sort((a, b) => +a.createdAt - +b.createdAt)
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
}
