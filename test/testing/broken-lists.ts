import { everything, listing, pageOf, paging, without, type Broken } from './faults.js'

/** Stores that list badly. */
export const BROKEN_LISTS: readonly Broken[] = [
  [
    'lists keys of all environments',
    listing((query) => without(query, 'environment')),
    ['list', 'list-exactly'],
  ],
  [
    'takes an owner for a pattern',
    (memory) => ({
      list: (query) => {
        if (!query.ownerId?.endsWith('%')) return memory.list(query)
        const start = query.ownerId.slice(0, -1)
        const items = everything(memory, {}).filter(({ ownerId }) => ownerId.startsWith(start))
        return { items }
      },
    }),
    ['list-exactly'],
  ],
  ['lists keys whoever made them', listing((query) => without(query, 'createdBy')), ['list-maker']],
  [
    'searches by letter case',
    (memory) => ({
      list: (query) => {
        const { search = '' } = query
        const all = memory.list(without(query, 'search'))
        return { ...all, items: all.items.filter(({ name }) => name.includes(search)) }
      },
    }),
    ['list-search'],
  ],
  [
    'lists keys whenever they were used',
    listing((query) => without(query, 'unusedSince')),
    ['list-unused'],
  ],
  ['does not look when a key ends', listing((query) => without(query, 'ending')), ['list-ending']],
  [
    'lists the newest first, whatever is asked',
    listing((query) => without(query, 'order')),
    ['list-oldest', 'list-unrotated'],
  ],
  [
    'lists in the order in which keys came',
    (memory) => {
      const ids: string[] = []
      return {
        insert: (record) => {
          memory.insert(record)
          ids.unshift(record.id)
        },
        list: (query) => {
          const found = [...everything(memory, query)]
          found.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id))
          return pageOf(found, query, ({ id }) => id)
        },
      }
    },
    ['list', 'list-oldest', 'list-maker', 'list-search', 'page-shrinking'],
  ],
  [
    'ends keys after the instant of their end',
    listing(({ standing, ...query }) => {
      if (standing === undefined) return query
      return { ...query, standing: { ...standing, at: new Date(+standing.at - 1) } }
    }),
    ['list-state'],
  ],
  [
    'lists keys that have a successor',
    (memory) => ({
      list: (query) => {
        const { unrotatedSince } = query
        if (unrotatedSince === undefined) return memory.list(query)
        const all = everything(memory, without(query, 'unrotatedSince'))
        return { items: all.filter(({ createdAt }) => createdAt <= unrotatedSince) }
      },
    }),
    ['list-unrotated'],
  ],
  [
    'drops keys of one millisecond between pages',
    paging(({ createdAt }) => createdAt.toISOString()),
    ['list-state', 'page-same-millisecond', 'page-shrinking'],
  ],
  [
    'does not read every cursor that it writes',
    (memory) => ({
      list: (query) =>
        /^\S*$/.test(query.cursor ?? '') ? memory.list(query) : { items: [] as const },
    }),
    ['page-any-key'],
  ],
  [
    'has a cursor on a full last page',
    (memory) => ({
      list: (query) => {
        const page = memory.list(query)
        const last = page.items.at(-1)
        const full = page.items.length === (query.limit ?? 50)
        return last && full ? { ...page, cursor: last.id } : page
      },
    }),
    ['page-last'],
  ],
  ['has pages of ten', listing((query) => ({ limit: 10, ...query })), ['page-default']],
  [
    'counts its pages',
    paging((_record, index) => String(index)),
    ['page-growing', 'page-shrinking'],
  ],
  ['looks for the cursor among the keys that match', paging(({ id }) => id), ['page-shrinking']],
  [
    'begins again where it does not know the cursor',
    (memory) => ({
      list: (query) =>
        memory.list(
          memory.findById(query.cursor ?? '') === undefined ? without(query, 'cursor') : query,
        ),
    }),
    ['page-alien-cursor'],
  ],
]
