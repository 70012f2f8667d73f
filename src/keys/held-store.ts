import type { Authority } from './authority.js'
import type { ReasonedKeyStore } from './audited-key-store.js'
import type { KeyContext } from './key-context.js'
import type { KeyQuery, Page } from './key-store.js'
import type { KeyRecord } from './record.js'

/** As many at once as a store answers, to know whether another one follows. */
const MOST = 200
const DEFAULT = 50

/** The keys of a store that somebody may know of: all others are not there. */
export function createHeldStore(
  { store, environments: served }: Pick<KeyContext, 'store' | 'environments'>,
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
      // Who an operator is, is not told, also not to whoever guesses the id.
      const isToldOf = ({ createdBy }: KeyRecord) =>
        query.createdBy === undefined || createdBy?.operator !== true
      // A store may have keys of environments that other gates serve.
      const isSeen = (key: KeyRecord) => sees(key) && isToldOf(key)
      const asked = { ...query, ...named, ownerId }
      const [own, all] = [new Set(environments), environment === undefined ? served : [environment]]
      const isEachSeen = query.createdBy === undefined && all.every((name) => own.has(name))
      if (!isEachSeen) return pageOf((page) => store.list(page), asked, isSeen)
      const page = await store.list(asked)
      return { ...page, items: page.items.filter(isSeen) }
    },
  }
}

/** A page of the keys that are seen. One without any, or a cursor that leads to none, would tell of the others. */
async function pageOf(
  list: ReasonedKeyStore['list'],
  { limit = DEFAULT, ...query }: KeyQuery,
  isSeen: (key: KeyRecord) => boolean,
): Promise<Page<KeyRecord>> {
  const items: KeyRecord[] = []
  let { cursor } = query
  do {
    const page = await list({ ...query, ...at(cursor), limit: limit - items.length })
    items.push(...page.items.filter(isSeen))
    ;({ cursor } = page)
  } while (cursor !== undefined && items.length < limit)
  let next = cursor
  while (next !== undefined) {
    const page = await list({ ...query, ...at(next), limit: MOST })
    if (page.items.some(isSeen)) break
    next = page.cursor
  }
  return { items, ...(next !== undefined && at(cursor)) }
}

function at(cursor: string | undefined) {
  return cursor === undefined ? {} : { cursor }
}
