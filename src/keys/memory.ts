import { deepCopy } from '../lib/copy.js'
import type { KeyChangeFeed, KeyChangeListener } from './feed.js'
import { patched, stateOf, type KeyPatch, type KeyRecord } from './record.js'
import { DuplicateKeyError, type KeyQuery, type KeyStore, type KeyUsage } from './store.js'

/** Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start. */
export function createMemoryKeyStore(): KeyStore {
  const byId = new Map<string, KeyRecord>()
  const idByDigest = new Map<string, string>()
  /** By key, then by day and environment. */
  const uses = new Map<string, Map<string, KeyUsage>>()
  const listeners = new Set<KeyChangeListener>()

  function put(record: KeyRecord): void {
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

  function current(id: string, version: number): KeyRecord | undefined {
    const record = byId.get(id)
    return record?.version === version ? record : undefined
  }

  function refuseTaken(record: KeyRecord | undefined, { digest }: KeyPatch): void {
    if (digest === undefined || digest === record?.digest || !idByDigest.has(digest)) return
    throw new DuplicateKeyError()
  }

  function change(record: KeyRecord, patch: KeyPatch): void {
    refuseTaken(record, patch)
    if (patch.digest !== undefined) idByDigest.delete(record.digest)
    put(patched(record, deepCopy(patch)))
  }

  function update(id: string, patch: KeyPatch, expectedVersion: number): boolean {
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
    insert,
    insertAll: (records) =>
      records.map((record) => {
        if (isTaken(record)) return false
        insert(record)
        return true
      }),
    update,
    updateAll(wanted) {
      const all = wanted.every(({ id, expectedVersion }) => current(id, expectedVersion))
      if (all) for (const { id, patch } of wanted) refuseTaken(byId.get(id), patch)
      if (all) for (const one of wanted) update(one.id, one.patch, one.expectedVersion)
      return all
    },
    rotate(id, expectedVersion, endsAt, successor) {
      const record = current(id, expectedVersion)
      if (record === undefined) return false
      insert(successor)
      change(record, { expiresAt: endsAt, rotatedTo: successor.id, rotatedAt: successor.createdAt })
      return true
    },
    list(query) {
      const { order = 'newest', limit = 50, cursor } = query
      const all = [...byId.values()].sort((a, b) => +a.createdAt - +b.createdAt)
      if (order === 'newest') all.reverse()
      const before = all.findIndex(({ id }) => id === cursor)
      // A cursor that is not ours leads nowhere, and not back to the start.
      const start = cursor === undefined ? 0 : before === -1 ? all.length : before + 1
      const matching = all.slice(start).filter((record) => matches(record, query))
      const items = matching.slice(0, limit).map(withUse)
      const last = items.at(-1)
      const more = items.length < matching.length
      return { items, ...(more && last !== undefined && { cursor: last.id }) }
    },
    recordUsage(usage) {
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
    usageOf(keyId, sinceDay) {
      const days = [...(uses.get(keyId)?.values() ?? [])].filter(({ day }) => day >= sinceDay)
      return days.sort((a, b) => (a.day < b.day ? 1 : -1))
    },
    changes,
  }
}

function matches(record: KeyRecord, query: KeyQuery): boolean {
  const { ownerId, environment, standing, unrotatedSince } = query
  return (
    (ownerId === undefined || record.ownerId === ownerId) &&
    (environment === undefined || record.environment === environment) &&
    (standing === undefined || stateOf(record, standing.at.getTime()) === standing.state) &&
    (unrotatedSince === undefined ||
      (record.rotatedTo === undefined && record.createdAt <= unrotatedSince))
  )
}
