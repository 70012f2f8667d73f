import { deepCopy } from '../lib/copy.js'
import { patched, type KeyRecord } from './record.js'
import { DuplicateKeyError, type KeyStore } from './store.js'

/** Keys in the memory of this process: for tests, demonstrations and keys that are imported at every start. */
export function createMemoryKeyStore(): KeyStore {
  const byId = new Map<string, KeyRecord>()
  const idByDigest = new Map<string, string>()

  function put(record: KeyRecord): void {
    byId.set(record.id, record)
    idByDigest.set(record.digest, record.id)
  }

  function insert(record: KeyRecord): void {
    if (byId.has(record.id) || idByDigest.has(record.digest)) {
      throw new DuplicateKeyError('A key with this id or digest exists already.')
    }
    put(Object.freeze(deepCopy(record)))
  }

  function current(id: string, version: number): KeyRecord | undefined {
    const record = byId.get(id)
    return record?.version === version ? record : undefined
  }

  return {
    findByDigest: (digest) => byId.get(idByDigest.get(digest) ?? ''),
    findById: (id) => byId.get(id),
    insert,
    update(id, patch, expectedVersion) {
      const record = current(id, expectedVersion)
      if (record !== undefined) put(patched(record, deepCopy(patch)))
      return record !== undefined
    },
    rotate(id, expectedVersion, endsAt, successor) {
      const record = current(id, expectedVersion)
      if (record === undefined) return false
      insert(successor)
      put(patched(record, { expiresAt: endsAt, rotatedTo: successor.id }))
      return true
    },
    list({ ownerId, environment, limit = 50, cursor }) {
      const matching = [...byId.values()]
        .reverse()
        .filter(
          (record) =>
            (ownerId === undefined || record.ownerId === ownerId) &&
            (environment === undefined || record.environment === environment),
        )
      const before = matching.findIndex(({ id }) => id === cursor)
      // A cursor that is not ours leads nowhere, and not back to the start.
      const start = cursor === undefined ? 0 : before === -1 ? matching.length : before + 1
      const items = matching.slice(start, start + limit)
      const last = items.at(-1)
      const more = start + items.length < matching.length
      return { items, ...(more && last !== undefined && { cursor: last.id }) }
    },
  }
}
