import { expect, test } from '@jest/globals'
import { createMemoryKeyStore, type Duration } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { openInstance } from './instances.js'

/** Keys named by the day on which they were made. */
function open(rotateAfter?: Duration) {
  const time = createTestClock()
  const { gate } = openInstance(createMemoryKeyStore(), {
    clock: time.clock,
    environment: ['live', 'test'],
    keys: { prefix: 'acme', ...(rotateAfter !== undefined && { rotateAfter }) },
  })
  const { keys } = gate
  const create = (name: string, fields = {}) =>
    keys.create({ name, ownerId: 'org_1', environment: 'live', ...fields })
  const names = async (query?: Parameters<typeof keys.due>[0]) =>
    (await keys.due(query)).items.map(({ name }) => name)
  return { time, keys, create, names }
}

test('a key is due 90 days after it was made, to the millisecond; the one that waits longest first', async () => {
  const { time, create, keys, names } = open()
  await create('first')
  time.advance('1d')
  await create('second')
  time.advance('89d')
  expect(await names()).toEqual(['first'])
  time.advance('86399999ms')
  expect(await names()).toEqual(['first'])
  time.advance('1ms')
  expect(await names()).toEqual(['first', 'second'])
  const { items } = await keys.due()
  expect(items[0]).toMatchObject({ state: 'active', dueAt: new Date('2030-04-01T00:00:00Z') })
  expect(JSON.stringify(items)).not.toContain('digest')
})

test('within a time, also those that will be due in it', async () => {
  const { time, create, names } = open()
  await create('first')
  time.advance('76d')
  expect(await names({ within: '14d' })).toEqual(['first'])
  expect(await names({ within: '13d' })).toEqual([])
  expect(await names()).toEqual([])
})

test('the age at which a key is due can be chosen', async () => {
  const { time, create, names } = open('1h')
  await create('first')
  expect(await names()).toEqual([])
  time.advance('1h')
  expect(await names()).toEqual(['first'])
})

test('a key that was rotated, revoked, disabled or has ended is not due; its successor begins anew', async () => {
  const { time, create, keys, names } = open()
  const [rotated, revoked, disabled] = [await create('a'), await create('b'), await create('c')]
  await create('d', { expiresAt: new Date(time.clock() + 86_400_000) })
  await create('e')
  time.advance('1s')
  await keys.rotate(rotated.id)
  await keys.revoke(revoked.id)
  await keys.update(disabled.id, { disabled: true })
  time.advance('89d')
  expect(await names({ within: '1d' })).toEqual(['e', 'a'])
  await keys.rotate((await keys.due({ within: '1d' })).items[0]?.id ?? '')
  time.advance('1d')
  expect(await names()).toEqual(['a'])
})

test('keys that are due come in pages, also when those of a page are rotated before the next', async () => {
  const { time, create, keys } = open()
  for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name)
  await create('f', { ownerId: 'org_2' })
  await create('g', { environment: 'test' })
  time.advance('90d')
  const filter = { ownerId: 'org_1', environment: 'live', limit: 2 }
  const pages: string[][] = []
  for (let cursor: string | undefined, done = false; !done; done = cursor === undefined) {
    const page = await keys.due({ ...filter, ...(cursor !== undefined && { cursor }) })
    pages.push(page.items.map(({ name }) => name))
    for (const { id } of page.items) await keys.rotate(id)
    cursor = page.cursor
  }
  expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']])
})

test.each([
  [{ within: 14 }, "'within' must be a duration"],
  [{ within: '14' }, "'within' must be a duration"],
  [{ state: 'active' }, "'state' is not known"],
  [{ limit: 201 }, "'limit'"],
])('%j is refused', async (query, message) => {
  const { keys } = open()
  await expect(keys.due(query as never)).rejects.toThrow(message)
})

test('a list has those that are due, with its other filters, and either end first', async () => {
  const { time, create, keys } = open()
  const listed = async (filter: Parameters<typeof keys.list>[0]) =>
    (await keys.list(filter)).items.map(({ name }) => name)
  await create('first')
  await create('other', { environment: 'test' })
  const paused = await create('paused')
  await keys.update(paused.id, { disabled: true })
  time.advance('80d')
  await create('second')
  time.advance('10d')
  expect(await listed({ dueWithin: '0s' })).toEqual(['other', 'first'])
  expect(await listed({ dueWithin: '0s', environment: 'live' })).toEqual(['first'])
  expect(await listed({ dueWithin: '80d' })).toEqual(['second', 'other', 'first'])
  expect(await listed({ dueWithin: '80d', order: 'oldest' })).toEqual(['first', 'other', 'second'])
  expect(await listed({ dueWithin: '80d', search: 'other' })).toEqual(['other'])
  expect(await listed({ dueWithin: '0s', state: 'active' })).toEqual(['other', 'first'])
  expect(await listed({ dueWithin: '0s', state: 'disabled' })).toEqual([])
  expect(await listed({ order: 'oldest' })).toEqual(['first', 'other', 'paused', 'second'])
  await expect(keys.list({ dueWithin: 'soon' as never })).rejects.toThrow(
    "'dueWithin' must be a duration",
  )
  await expect(keys.list({ order: 'up' as never })).rejects.toThrow("'order'")
})
