import type { Authority } from './authority.js'
import type { ReasonedKeyStore } from './audited-key-store.js'
import type { KeyRecord } from './record.js'

/** The keys of a store that somebody may know of: all others are not there. */
export function createHeldStore(
  store: ReasonedKeyStore,
  { ownerId, environments, sees }: Authority,
): ReasonedKeyStore {
  const only = environments.length === 1 ? environments[0] : undefined
  const seen = (record: KeyRecord | undefined) =>
    record !== undefined && sees(record) ? record : undefined

  return {
    ...store,
    findByDigest: async (digest) => seen(await store.findByDigest(digest)),
    findById: async (id) => seen(await store.findById(id)),
    async list({ environment = only, ...query }) {
      const named = environment !== undefined && { environment }
      const page = await store.list({ ...query, ...named, ownerId })
      // Who an operator is, is not told, also not to whoever guesses the id.
      const isToldOf = ({ createdBy }: KeyRecord) =>
        query.createdBy === undefined || createdBy?.operator !== true
      // A store may have keys of environments that other gates serve.
      return { ...page, items: page.items.filter((key) => sees(key) && isToldOf(key)) }
    },
  }
}
