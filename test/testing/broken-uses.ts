import type { KeyChanged, KeyUsage } from 'sallyport'
import { gap, telling, type Broken, type Memory } from './faults.js'

function counted(memory: Memory, { keyId, day, environment }: KeyUsage): KeyUsage | undefined {
  return memory
    .usageOf(keyId, day)
    .find((use) => use.day === day && use.environment === environment)
}

/** Stores that count uses badly, or tell of changes badly. */
export const BROKEN_USES: readonly Broken[] = [
  [
    'counts anew with each batch',
    (memory) => ({
      recordUsage: (usage) => {
        for (const use of usage) {
          memory.recordUsage([{ ...use, count: use.count - (counted(memory, use)?.count ?? 0) }])
        }
      },
    }),
    ['usage-adds-up', 'usage-at-once', 'usage-latest'],
  ],
  [
    'reads a count, and writes it back a moment later',
    (memory) => ({
      recordUsage: async (usage) => {
        for (const use of usage) {
          const before = counted(memory, use)?.count ?? 0
          await gap()
          const meanwhile = (counted(memory, use)?.count ?? 0) - before
          memory.recordUsage([{ ...use, count: use.count - meanwhile }])
        }
      },
    }),
    ['usage-at-once'],
  ],
  [
    'counts but the first use of a key in a batch',
    (memory) => ({
      recordUsage: (usage) => {
        const first = new Map([...usage].reverse().map((use) => [use.keyId, use]))
        memory.recordUsage([...first.values()])
      },
    }),
    ['usage-adds-up', 'usage-of'],
  ],
  [
    'takes what it was told last for the latest use',
    (memory) => {
      const last = new Map<string, Date>()
      return {
        recordUsage: (usage) => {
          memory.recordUsage(usage)
          for (const { keyId, lastUsedAt } of usage) last.set(keyId, lastUsedAt)
        },
        findById: (id) => {
          const found = memory.findById(id)
          const lastUsedAt = last.get(id)
          return found && { ...found, ...(lastUsedAt && { lastUsedAt }) }
        },
      }
    },
    ['usage-latest'],
  ],
  [
    'reads a record, and writes it back with its last use a moment later',
    (memory) => ({
      recordUsage: async (usage) => {
        const before = usage.map(({ keyId }) => memory.findById(keyId))
        await gap()
        memory.recordUsage(usage)
        for (const record of before) {
          const { version } = (record && memory.findById(record.id)) ?? { version: 0 }
          const { revokedAt = null } = record ?? {}
          // A column that is written back is null where the record has nothing.
          if (record) memory.update(record.id, { revokedAt: revokedAt as Date }, version)
        }
      },
    }),
    ['usage-latest', 'usage-beside'],
  ],
  [
    'refuses a batch for a key that is gone',
    (memory) => ({
      recordUsage: (usage) => {
        const gone = usage.some(({ keyId }) => memory.findById(keyId) === undefined)
        if (gone) throw new Error('violates foreign key constraint')
        memory.recordUsage(usage)
      },
    }),
    ['usage-unknown'],
  ],
  [
    'tells all days, in any order',
    (memory) => ({ usageOf: (keyId) => [...memory.usageOf(keyId, '')].reverse() }),
    ['usage-latest', 'usage-of'],
  ],
  [
    'keeps of outcomes but the first of a batch',
    (memory) => ({
      recordUsage: (usage, outcomes = []) => {
        memory.recordUsage(usage, outcomes.slice(0, 1))
      },
      usageOfOwner: memory.usageOfOwner,
    }),
    ['outcomes-add-up', 'outcomes-unclassified'],
  ],
  [
    'keeps no outcomes of keys that are not there',
    (memory) => ({
      recordUsage: (usage, outcomes = []) => {
        const kept = outcomes.filter(({ keyId }) => keyId && memory.findById(keyId))
        memory.recordUsage(usage, kept)
      },
      usageOfOwner: memory.usageOfOwner,
    }),
    ['outcomes-add-up', 'outcomes-gone'],
  ],
  [
    'tells the sums of all environments as those of one',
    (memory) => ({
      usageOfOwner: (ownerId, { environment: _, ...query }) => memory.usageOfOwner(ownerId, query),
    }),
    ['outcomes-add-up'],
  ],
  [
    'tells of outcomes alone, and not of what older versions counted',
    (memory) => ({
      usageOfOwner: (ownerId, query) =>
        memory.usageOfOwner(ownerId, query).filter(({ outcome }) => outcome !== 'unclassified'),
    }),
    ['outcomes-unclassified'],
  ],
  [
    'tells of changes too late',
    telling((tell) => (change) => {
      setImmediate(() => {
        tell(change)
      })
    }),
    [
      'feed-catch-up',
      'feed-rotation',
      'feed-insert-all',
      'feed-update-all',
      'feed-refused',
      'feed-listeners',
    ],
  ],
  [
    'tells only of keys that were there before',
    telling((tell) => (change) => {
      if (change.version > 1) tell(change)
    }),
    ['feed-catch-up', 'feed-rotation', 'feed-insert-all', 'feed-refused', 'feed-listeners'],
  ],
  [
    'tells of one change at a time',
    (memory) => {
      let told = false
      const { listen } = memory.changes
      return {
        updateAll: (changes) => {
          told = false
          const done = memory.updateAll(changes)
          told = false
          return done
        },
        changes: {
          listen: ({ changed, lost }) =>
            listen({
              changed: (change) => {
                if (!told) changed(change)
                told = true
                queueMicrotask(() => {
                  told = false
                })
              },
              lost,
            }),
        },
      }
    },
    ['feed-rotation', 'feed-insert-all', 'feed-update-all', 'feed-listeners'],
  ],
  [
    'tells of changes that were refused',
    (memory) => {
      const told = new Set<(change: KeyChanged) => void>()
      return {
        update: (id, patch, version) => {
          for (const tell of told) tell({ id, version: version + 1 })
          return memory.update(id, patch, version)
        },
        changes: {
          listen: (listener) => {
            told.add(listener.changed)
            return memory.changes.listen(listener)
          },
        },
      }
    },
    ['feed-refused'],
  ],
  [
    'goes on telling who has stopped listening',
    ({ changes }) => ({
      changes: {
        listen: (listener) => {
          void changes.listen(listener)
          return { close: () => undefined }
        },
      },
    }),
    ['feed-listeners'],
  ],
  [
    'tells one listener only',
    ({ changes }) => {
      let taken = false
      return {
        changes: {
          listen: (listener) => {
            const first = !taken
            taken = true
            return first ? changes.listen(listener) : { close: () => undefined }
          },
        },
      }
    },
    ['feed-listeners'],
  ],
]
