import { strict as assert } from 'node:assert'
import type { KeyStore, OutcomeCount, OwnerUsageQuery } from '../../keys/key-store.js'
import { atOnce, record, type StoreCase } from './case.js'
import { use } from './usage.js'

function outcome(ownerId: string, fields: Partial<OutcomeCount> = {}): OutcomeCount {
  return {
    ownerId,
    environment: 'live',
    day: '2030-01-31',
    outcome: 'allowed',
    count: 1,
    ...fields,
  }
}

/** What a store tells of an owner from January 2030 on, as text in no order; `undefined` of one that tells nothing. */
async function sumsOf(
  store: KeyStore,
  ownerId: string,
  query: Partial<OwnerUsageQuery> = {},
): Promise<readonly string[] | undefined> {
  const asked = { from: '2030-01-01', to: '2030-02-01', by: 'day', ...query } as const
  const sums = await store.usageOfOwner?.(ownerId, asked)
  return (
    sums &&
    Array.from(sums, ({ day, keyId, ...one }) =>
      [day ?? keyId ?? '-', one.environment, one.outcome, String(one.count)].join(' '),
    ).sort()
  )
}

/** What requests of an owner came to. */
export const OUTCOME_CASES: readonly StoreCase[] = [
  {
    id: 'outcomes-add-up',
    name: 'requests add up by owner, day, key, environment and outcome, where the store tells them, and those of owners and environments are apart',
    async run(store, other) {
      const key = record()
      await store.insert(key)
      const { ownerId, id: keyId } = key
      const mine = (fields: Partial<OutcomeCount>) => outcome(ownerId, { keyId, ...fields })
      await atOnce([
        () =>
          store.recordUsage(
            [use(keyId, { count: 5 })],
            [mine({ count: 3 }), mine({ outcome: 'limited', count: 2 })],
          ),
        () =>
          other.recordUsage(
            [use(keyId, { count: 4 })],
            [mine({ count: 4 }), mine({ outcome: 'unauthenticated', count: 9 })],
          ),
        () =>
          other.recordUsage(
            [],
            [mine({ environment: 'test', count: 8 }), outcome(ownerId, { count: 6 })],
          ),
        () =>
          store.recordUsage(
            [],
            [outcome(record().ownerId, { count: 7 }), mine({ day: '2030-02-02' })],
          ),
      ])
      const day = '2030-01-31'
      const byDay = await sumsOf(other, ownerId)
      if (byDay === undefined) return
      assert.deepEqual(byDay, [
        ...[`${day} live allowed 13`, `${day} live limited 2`, `${day} live unauthenticated 9`],
        `${day} test allowed 8`,
      ])
      assert.deepEqual(await sumsOf(store, ownerId, { environment: 'test' }), [
        `${day} test allowed 8`,
      ])
      const byKey = await sumsOf(store, ownerId, { by: 'key', environment: 'live' })
      const ofKey = [
        `${keyId} live allowed 7`,
        `${keyId} live limited 2`,
        `${keyId} live unauthenticated 9`,
      ]
      assert.deepEqual(byKey, ['- live allowed 6', ...ofKey].sort())
    },
  },
  {
    id: 'outcomes-unclassified',
    name: 'uses that are told without an outcome, as by an older version, are unclassified, where the store tells them',
    async run(store, other) {
      const key = record()
      await store.insert(key)
      const { ownerId, id: keyId } = key
      await other.recordUsage([
        use(keyId, { count: 5 }),
        use(keyId, { count: 2, day: '2030-01-30' }),
      ])
      const counts = [
        outcome(ownerId, { keyId, count: 3 }),
        outcome(ownerId, { keyId, outcome: 'unauthenticated', count: 10 }),
      ]
      await store.recordUsage([use(keyId, { count: 3 })], counts)
      const sums = await sumsOf(store, ownerId)
      if (sums === undefined) return
      assert.deepEqual(sums, [
        '2030-01-30 live unclassified 2',
        '2030-01-31 live allowed 3',
        '2030-01-31 live unauthenticated 10',
        '2030-01-31 live unclassified 5',
      ])
    },
  },
  {
    id: 'outcomes-gone',
    name: 'requests with a key that is not there any more stay those of their owner, where the store tells them',
    async run(store) {
      const { ownerId } = record()
      await store.recordUsage(
        [],
        [outcome(ownerId, { keyId: 'key_missing', outcome: 'forbidden' })],
      )
      const sums = await sumsOf(store, ownerId, { by: 'key' })
      assert.deepEqual(sums ?? ['key_missing live forbidden 1'], ['key_missing live forbidden 1'])
    },
  },
]
