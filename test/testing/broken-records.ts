import { DuplicateKeyError, type KeyRecord, type KeyStore } from 'sallyport'
import { everything, gap, storing, without, type Broken, type Fault } from './faults.js'

/** A second handle that reads what was there before the last write. */
const behind: Fault = (memory) => {
  const versions = new Map<string, KeyRecord[]>()
  const seen = (record: KeyRecord | undefined) => {
    if (record === undefined) return undefined
    const before = versions.get(record.id) ?? []
    versions.set(record.id, before)
    if (before.at(-1)?.version !== record.version) before.push(record)
    return before.at(-2) ?? record
  }
  const replica: KeyStore = { ...memory, findById: (id) => seen(memory.findById(id)) }
  return [memory, replica]
}

/** Stores that find or keep records badly. */
export const BROKEN_RECORDS: readonly Broken[] = [
  [
    'inserts several keys and says so of all of them',
    (memory) => ({ insertAll: (records) => [...memory.insertAll(records)].map(() => true) }),
    ['insert-all'],
  ],
  [
    'inserts the first of several keys alone',
    (memory) => ({ insertAll: (records) => memory.insertAll(records.slice(0, 1)) }),
    ['insert-all', 'feed-insert-all'],
  ],
  [
    'throws for what is not there',
    (memory) => ({
      findById: (id) => {
        const found = memory.findById(id)
        if (found === undefined) throw new Error('0 rows')
        return found
      },
    }),
    [
      'find-nothing',
      'find-exactly',
      'duplicate-at-once',
      'update-unknown',
      'rotate-atomic',
      'rotate-unknown',
      'rotate-at-once',
      'usage-unknown',
    ],
  ],
  [
    'compares without regard to case',
    (memory) => ({
      findById: (id) =>
        everything(memory, {}).find((key) => key.id.toLowerCase() === id.toLowerCase()),
    }),
    ['find-exactly'],
  ],
  [
    'takes duplicates without a word',
    (memory) => ({
      insert: (record) => {
        try {
          memory.insert(record)
        } catch {
          // As ON CONFLICT DO NOTHING does.
        }
      },
    }),
    ['duplicate', 'duplicate-at-once'],
  ],
  [
    'looks whether a digest is taken, and inserts a moment later',
    (memory) => ({
      insert: async (record) => {
        if (memory.findById(record.id) ?? memory.findByDigest(record.digest)) {
          throw new DuplicateKeyError('taken')
        }
        await gap()
        if (!memory.findByDigest(record.digest)) memory.insert(record)
      },
    }),
    ['duplicate-at-once'],
  ],
  ['reads from a replica that is a write behind', behind, ['stale-read']],
  [
    'remembers what it has read',
    (memory) => {
      const read = new Map<string, KeyRecord>()
      return {
        findByDigest: (digest) => {
          const record = read.get(digest) ?? memory.findByDigest(digest)
          if (record !== undefined) read.set(digest, record)
          return record
        },
      }
    },
    ['stale-read', 'update-everything'],
  ],
  [
    'keeps text in Latin-1',
    storing((record) => ({ ...record, name: record.name.replace(/[^\0-\xff]/g, '?') })),
    ['values-text'],
  ],
  [
    'makes dates of what looks like one',
    storing((record) => {
      const text = JSON.stringify(record.metadata)
      const revive = (_name: string, value: unknown) =>
        typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : value
      return { ...record, metadata: JSON.parse(text, revive) as Record<string, unknown> }
    }),
    ['values-metadata'],
  ],
  [
    'takes an empty list for an absent one',
    storing((record) => (record.allowedIps?.length === 0 ? without(record, 'allowedIps') : record)),
    ['values-empty'],
  ],
  [
    'takes an absent list for an empty one',
    storing((record) => ({ allowedIps: [], ...record })),
    ['values-absent'],
  ],
  [
    'loses who made a key',
    storing((record) => without(record, 'createdBy')),
    ['values-callers', 'values-operators', 'update-everything', 'list-maker'],
  ],
  [
    'keeps dates to the second',
    storing((record) => ({
      ...record,
      createdAt: new Date(Math.floor(+record.createdAt / 1_000) * 1_000),
    })),
    [
      'find',
      'duplicate',
      'stale-read',
      'values-text',
      'values-metadata',
      'values-empty',
      'values-dates',
      'values-plan',
      'values-tenants',
      'values-callers',
      'values-operators',
      'values-links',
      'values-absent',
      'update',
      'update-everything',
      'update-digest',
      'update-digest-taken',
      'lost-update',
      'update-all',
      'update-all-or-none',
      'update-any-version',
      'rotate',
      'rotate-atomic',
      'list-unrotated',
      'usage-latest',
      'usage-beside',
    ],
  ],
  [
    'has no column for a field',
    storing((record) => without(record, 'retry')),
    ['values-links', 'update-everything'],
  ],
  [
    'has no column for a field that was added later',
    storing((record) => without(record, 'plan')),
    ['values-plan'],
  ],
  [
    'has no column for tenants',
    storing((record) => without(record, 'tenantIds')),
    ['values-empty', 'values-tenants'],
  ],
  [
    'keeps lists as sets, in an order of its own',
    storing((record) => ({
      ...record,
      ...(record.tenantIds && { tenantIds: [...record.tenantIds].sort() }),
      ...(record.resources && { resources: [...record.resources].sort() }),
    })),
    ['values-tenants'],
  ],
]
