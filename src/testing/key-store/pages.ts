import { strict as assert } from 'node:assert'
import { idsOf, insertAll, january, listAll, record, type StoreCase } from './case.js'

const DAYS = [1, 2, 3, 4, 5].map((day) => ({ createdAt: january(day) }))

/** How a list is cut into pages. */
export const PAGE_CASES: readonly StoreCase[] = [
  {
    id: 'page-same-millisecond',
    name: 'keys made in the same millisecond are on one page each, in either order',
    async run(store) {
      const keys = await insertAll(store, Array<object>(7).fill({}))
      for (const order of ['newest', 'oldest'] as const) {
        for (const limit of [1, 2, 3]) {
          const listed = await listAll(store, { ownerId: keys[0].ownerId, order, limit })
          assert.deepEqual([...idsOf(listed)].sort(), [...idsOf(keys)].sort())
        }
      }
    },
  },
  {
    id: 'page-any-key',
    name: 'a page ends, and the next begins, at any key: whatever is in its id, and whenever it was made',
    async run(store) {
      const dates = ['0001-01-01', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']
      const texts = [' ', 'a b', '\n', '\'"\\%', '\u{1f511}']
      const keys = await insertAll(store, [
        ...dates.map((date) => ({ createdAt: new Date(date) })),
        ...texts.map((text, at) => ({ id: record().id + text, createdAt: january(at + 1) })),
      ])
      for (const order of ['newest', 'oldest'] as const) {
        const listed = await listAll(store, { ownerId: keys[0].ownerId, order, limit: 1 })
        assert.deepEqual([...idsOf(listed)].sort(), [...idsOf(keys)].sort())
      }
    },
  },
  {
    id: 'page-last',
    name: 'the last page has no cursor, a full one neither',
    async run(store) {
      const [{ ownerId }] = await insertAll(store, DAYS.slice(0, 4))
      for (const limit of [4, 5, 200]) {
        assert.equal((await store.list({ ownerId, limit })).cursor, undefined)
      }
      const { cursor = '' } = await store.list({ ownerId, limit: 2 })
      assert.ok(cursor.length > 0 && cursor.length <= 256)
      const last = await store.list({ ownerId, limit: 2, cursor })
      assert.deepEqual([last.items.length, last.cursor], [2, undefined])
      assert.equal((await store.list({ ownerId: record().ownerId })).cursor, undefined)
    },
  },
  {
    id: 'page-default',
    name: 'a page has 50 keys where no limit is given, and up to 200',
    async run(store) {
      const keys = await insertAll(store, Array<object>(201).fill({}))
      const { ownerId } = keys[0]
      for (const limit of [undefined, 200]) {
        const page = await store.list({ ownerId, ...(limit !== undefined && { limit }) })
        assert.equal(page.items.length, limit ?? 50)
        assert.notEqual(page.cursor, undefined)
      }
    },
  },
  {
    id: 'page-growing',
    name: 'a key that is made while somebody turns the pages moves no other to a page twice',
    async run(store) {
      const keys = await insertAll(store, DAYS)
      const { ownerId } = keys[0]
      const grow = () => store.insert(record({ ownerId, createdAt: january(6) }))
      const listed = await listAll(store, { ownerId, limit: 2 }, grow)
      assert.deepEqual(idsOf(listed), [...idsOf(keys)].reverse())
    },
  },
  {
    id: 'page-shrinking',
    name: 'a list goes on where its page ended, also when the keys of that page are no longer in it',
    async run(store) {
      const keys = await insertAll(store, DAYS)
      const { ownerId } = keys[0]
      const standing = { state: 'active', at: january(9) } as const
      const query = { ownerId, limit: 2, standing }
      const listed = await listAll(store, query, async ({ items }) => {
        for (const { id } of items) await store.update(id, { revokedAt: january(8) }, 1)
      })
      assert.deepEqual(idsOf(listed), [...idsOf(keys)].reverse())
    },
  },
  {
    id: 'page-alien-cursor',
    name: 'a cursor that is not of this store leads nowhere, and not back to the start',
    async run(store) {
      const [{ ownerId }] = await insertAll(store, DAYS)
      const encoded = ['9999999999999999999 k', '-9999999999999999999 k', '5 \0', '5', ' k'].map(
        (text) => Buffer.from(text).toString('base64url'),
      )
      const plain = ['', 'key_none', "' OR 1=1; --", '\u{1f511}', 'bnVsbA==', '1.5:x']
      for (const cursor of [...plain, ...encoded]) {
        assert.deepEqual({ ...(await store.list({ ownerId, cursor })) }, { items: [] }, cursor)
      }
    },
  },
]
