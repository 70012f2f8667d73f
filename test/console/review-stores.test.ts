import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createMemoryReviewStore,
  signedReviewFrom,
  type ReviewStore,
  type SignedReview,
} from 'sallyport/console'
import { createPostgresKeyStore, createPostgresReviewStore } from 'sallyport/postgres'
import { createSqliteReviewStore, openSqliteKeyStore } from 'sallyport/sqlite'
import { reviewStoreCases } from 'sallyport/testing'
import { openEmbedded } from '../adapters/postgres/embedded.js'
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
      const database = await openEmbedded()
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
  let store: ReviewStore
  beforeAll(async () => {
    store = await open()
  }, 60_000)

  test.each(reviewStoreCases(() => store))('$name', ({ run }) => run())

  test('no text that is no id is found', async () => {
    expect(await store.find('a\0b')).toBeUndefined()
    expect((await store.list({ ownerId: 'a\0b' })).items).toEqual([])
  })
})

describe('control: the cases find out', () => {
  test.each<[string, (store: ReviewStore) => Partial<ReviewStore>, string[]]>([
    ['one who does not keep the note', withoutNote, ['stored']],
    ['an id that is taken over', takenOver, ['unique', 'kept']],
    ['one who is silent about an id that is taken', silent, ['unique']],
    ['one who keeps what the caller has', keepsTheirs, ['kept']],
    ['the oldest first', oldestFirst, ['listed']],
    ['a page that ends too early', ({ list }) => ({ list: withoutCursor(list) }), ['listed']],
    ['a page that begins again', ({ list }) => ({ list: withoutStart(list) }), ['listed']],
    [
      'reviews of every week',
      ({ list }) => ({ list: ({ to: _, ...rest }) => list(rest) }),
      ['by-week'],
    ],
    ['reviews of everybody', ofEverybody, ['stored', 'listed', 'by-week']],
  ])('%s', async (_, broken, ids) => {
    const cases = reviewStoreCases(() => {
      const store = createMemoryReviewStore()
      return { ...store, ...broken(store) }
    })
    const ends = await Promise.allSettled(cases.map(({ run }) => run()))
    const failed = cases.filter((_case, at) => ends[at]?.status === 'rejected')
    expect(failed.map(({ id }) => id)).toEqual(ids)
  })
})

type List = ReviewStore['list']

function withoutNote(store: ReviewStore): Partial<ReviewStore> {
  return { insert: ({ note: _, ...review }) => store.insert(review) }
}

function takenOver(store: ReviewStore): Partial<ReviewStore> {
  const latest = new Map<string, SignedReview>()
  return {
    insert(review) {
      if (!latest.has(review.id)) store.insert(review)
      latest.set(review.id, review)
    },
    find: (id) => latest.get(id),
  }
}

function silent(store: ReviewStore): Partial<ReviewStore> {
  return { insert: async (review) => (await store.find(review.id)) ?? store.insert(review) }
}

function keepsTheirs(store: ReviewStore): Partial<ReviewStore> {
  const theirs = new Map<string, SignedReview>()
  return {
    insert(review) {
      store.insert(review)
      theirs.set(review.id, review)
    },
    find: (id) => theirs.get(id),
  }
}

function oldestFirst({ list }: ReviewStore): Partial<ReviewStore> {
  return {
    async list(filter) {
      const { items, ...rest } = await list(filter)
      return { ...rest, items: [...items].reverse() }
    },
  }
}

function withoutCursor(list: List): List {
  return async (filter) => ({ items: (await list(filter)).items })
}

function withoutStart(list: List): List {
  return async (filter) => {
    const { cursor, ...rest } = filter
    return list(cursor === 'no cursor' ? filter : rest)
  }
}

function ofEverybody(store: ReviewStore): Partial<ReviewStore> {
  const all: SignedReview[] = []
  return {
    insert(review) {
      store.insert(review)
      all.push(review)
    },
    list: ({ to }) => ({ items: all.filter(({ week }) => to === undefined || week.to === to) }),
  }
}

test('what is no review is not taken for one', () => {
  const review = reviewOf('rev_1')
  expect(signedReviewFrom(JSON.stringify(review))).toEqual(review)
  for (const text of ['', '{}', JSON.stringify({ ...review, at: 'yesterday' })]) {
    expect(() => signedReviewFrom(text)).toThrow('What is stored is no review.')
  }
})
