import { PGlite } from '@electric-sql/pglite'
import { afterAll, describe, expect, test } from '@jest/globals'
import {
  createMemoryReviewStore,
  signedReviewFrom,
  type ReviewStore,
  type SignedReview,
} from 'sallyport/console'
import { createPostgresKeyStore, createPostgresReviewStore } from 'sallyport/postgres'
import { createSqliteReviewStore, openSqliteKeyStore } from 'sallyport/sqlite'
import { createSchema, makeTables, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl } from '../services.js'

const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const STORES: readonly (readonly [string, () => Promise<ReviewStore>])[] = [
  ['memory', () => Promise.resolve(createMemoryReviewStore())],
  [
    'SQLite',
    async () => {
      const { database, close } = await openSqliteKeyStore(':memory:')
      closing.push(close)
      return createSqliteReviewStore(database)
    },
  ],
  [
    'PGlite',
    async () => {
      const database = new PGlite()
      closing.push(() => database.close())
      await createPostgresKeyStore(database).migrate()
      return createPostgresReviewStore(database)
    },
  ],
]
const WITH_SERVER: typeof STORES =
  databaseUrl === undefined
    ? []
    : [
        [
          'PostgreSQL',
          async () => {
            const schema = await createSchema(databaseUrl ?? '')
            await makeTables(schema)
            const pool = await openIn(schema, 2)
            closing.push(
              () => schema.drop(),
              () => pool.end(),
            )
            return createPostgresReviewStore(pool)
          },
        ],
      ]

function reviewOf(id: string, more: Partial<SignedReview> = {}, to = '2030-06-16'): SignedReview {
  return {
    ...{ id, ownerId: 'org_1', by: { id: 'ann', name: '\u00c4nn' }, digest: 'd'.repeat(43) },
    at: new Date('2030-06-17T12:00:00.123Z'),
    week: {
      ...{ from: '2030-06-10', to, allowed: { '2030-06-11': 3 }, denied: {} },
      ...{ phi: [['Patient', 2]], morePhi: 0, callers: [['key_1', 3]], moreCallers: 1 },
      ...{ addresses: 1, changes: 0, records: 4, unproven: 4, isComplete: true },
    },
    ...more,
  }
}

describe.each([...STORES, ...WITH_SERVER])('signed reviews in %s', (_, open) => {
  test('are found as they were signed, once, by their owner and week, the latest first', async () => {
    const store = await open()
    const first = reviewOf('rev_1')
    const second = reviewOf('rev_2', {
      ...{ at: new Date('2030-06-18T12:00:00.000Z'), environment: 'live', note: 'Fine.' },
      by: { id: 'bob', name: 'Bob', address: '2001:db8::1' },
    })
    const earlier = reviewOf('rev_3', {}, '2030-06-09')
    for (const each of [first, second, earlier, reviewOf('rev_4', { ownerId: 'org_2' })]) {
      await store.insert(each)
    }
    const again = reviewOf('rev_1', { note: 'Other' })
    await expect(Promise.resolve().then(() => store.insert(again))).rejects.toThrow()
    expect({ ...(await store.find('rev_1')) }).toEqual(first)
    expect(await store.find('rev_9')).toBeUndefined()
    expect(await store.find('a\0b')).toBeUndefined()
    const ids = async (filter: object) => {
      const { items, cursor } = await store.list({ ownerId: 'org_1', ...filter })
      return { ids: items.map(({ id }) => id), cursor }
    }
    expect((await ids({})).ids).toEqual(['rev_2', 'rev_3', 'rev_1'])
    expect((await ids({ to: '2030-06-16' })).ids).toEqual(['rev_2', 'rev_1'])
    const page = await ids({ limit: 2 })
    expect(page.ids).toEqual(['rev_2', 'rev_3'])
    expect(await ids({ limit: 2, cursor: page.cursor })).toEqual({ ids: ['rev_1'] })
    expect((await ids({ cursor: 'nonsense' })).ids).toEqual([])
    expect((await store.list({ ownerId: 'org_9' })).items).toEqual([])
  }, 60_000)
})

test('what is no review is not taken for one', () => {
  const review = reviewOf('rev_1')
  expect(signedReviewFrom(JSON.stringify(review))).toEqual(review)
  for (const text of ['', '{}', JSON.stringify({ ...review, at: 'yesterday' })]) {
    expect(() => signedReviewFrom(text)).toThrow('What is stored is no review.')
  }
})
