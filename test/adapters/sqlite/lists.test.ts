import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMemoryKeyStore, type KeyQuery, type KeyRecord, type KeyStore } from 'sallyport'
import { record } from './setup.js'
import { temporaryStores } from './stores.js'

const { open } = temporaryStores()

describe('a list', () => {
  const DAY = 86_400_000
  const START = Date.UTC(2030, 0, 1)

  /** 200 keys in every state, three of them made in each moment. */
  async function fill(...stores: readonly KeyStore[]) {
    for (let index = 0; index < 200; index++) {
      const at = new Date(START + Math.floor(index / 3) * DAY)
      const maybe = (nth: number, fields: Partial<KeyRecord>) => (index % nth === 0 ? fields : {})
      const key = record({
        // In the order of their making, as the memory has them.
        id: `key_${String(index).padStart(4, '0')}`,
        ownerId: `org_${String(index % 2)}`,
        environment: index % 5 === 0 ? 'test' : 'live',
        createdAt: at,
        ...maybe(3, { expiresAt: new Date(at.getTime() + 30 * DAY) }),
        ...maybe(4, { disabledAt: at }),
        ...maybe(7, { revokedAt: at }),
        ...maybe(6, { rotatedTo: 'key_next', rotatedAt: at }),
      })
      for (const store of stores) await store.insert(key)
    }
  }

  async function everything(store: KeyStore, query: KeyQuery): Promise<string[]> {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.list({ ...query, ...(cursor !== undefined && { cursor }) })
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor !== undefined)
    return ids
  }

  test('has what the memory store has, for every filter, order and size of page', async () => {
    const [store, memory] = [await open(), createMemoryKeyStore()]
    await fill(store, memory)
    const at = new Date(START + 40 * DAY)
    const query = fc.record(
      {
        ownerId: fc.constantFrom('org_0', 'org_1', 'org_2'),
        environment: fc.constantFrom('live', 'test'),
        standing: fc.record({
          state: fc.constantFrom('active', 'disabled', 'expired', 'revoked'),
          at: fc.constant(at),
        }),
        unrotatedSince: fc.constant(new Date(START + 20 * DAY)),
        limit: fc.constantFrom(1, 7, 50, 200),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom('newest', 'oldest'), async (some, order) => {
        const expected = await everything(memory, some)
        const ids = await everything(store, { ...some, order })
        expect(ids).toEqual(order === 'newest' ? expected : expected.reverse())
      }),
    )
  })

  test.each([
    'key_0001',
    '',
    'AAAA',
    Buffer.from('-9223372036854775809 key_1').toString('base64url'),
    Buffer.from('1 key_\0').toString('base64url'),
    Buffer.from('x key_1').toString('base64url'),
  ])('from an alien cursor leads nowhere: %j', async (cursor) => {
    const store = await open()
    await fill(store)
    expect(await store.list({ cursor })).toEqual({ items: [] })
  })
})
