import { expect, test } from '@jest/globals'
import { FairCache, type Portion } from '../../src/lib/fair-cache.js'

/** Room for 80 entries of weight 1; a share is 10. */
function open(lendsRoom = true) {
  const removed: string[] = []
  const cache = new FairCache<Portion>({
    ...{ maxWeight: 80, maxEntries: 80, lendsRoom },
    onRemoved: (_entry, handle) => removed.push(handle),
  })
  const add = (whose: string, count: number, weight = 1) => {
    for (let at = 0; at < count; at++) cache.set(`${whose}-${String(at)}`, { whose, weight })
  }
  const countOf = (whose: string, upTo = 1_000) =>
    Array.from({ length: upTo }).filter((_, at) => cache.has(`${whose}-${String(at)}`)).length
  return { cache, removed, add, countOf }
}

test('one caller alone has all the room', () => {
  const { cache, removed, add, countOf } = open()
  add('one', 80)
  expect(countOf('one')).toBe(80)
  add('one', 200)
  expect(cache.size).toBe(80)
  expect(cache.has('one-199')).toBe(true)
  expect(removed).toHaveLength(200)
})

test('unless no room is lent: then it has its share', () => {
  const { add, countOf, removed } = open(false)
  add('one', 80)
  expect(countOf('one')).toBe(10)
  expect(removed.slice(0, 2)).toEqual(['one-0', 'one-1'])
  add('two', 3)
  expect([countOf('one'), countOf('two')]).toEqual([10, 3])
})

test('a caller with too many gives way to the others, down to its share', () => {
  const { cache, add, countOf } = open()
  add('many', 80)
  for (let caller = 0; caller < 70; caller++) add(`few${String(caller)}`, 1)
  expect(countOf('many')).toBe(10)
  expect(cache.size).toBe(80)
  add('many', 500)
  for (let caller = 0; caller < 70; caller++) expect(countOf(`few${String(caller)}`)).toBe(1)
})

test('of one caller alone, that goes which was not used for longest', () => {
  const { cache, add } = open()
  add('one', 80)
  cache.get('one-0')
  cache.set('one-80', { whose: 'one', weight: 1 })
  expect(cache.has('one-0')).toBe(true)
  expect(cache.has('one-1')).toBe(false)
})

test('where nobody has too many, that goes which was not used for longest', () => {
  const { cache, add, countOf } = open()
  for (let caller = 0; caller < 80; caller++) add(`few${String(caller)}`, 1)
  cache.get('few0-0')
  add('new', 1)
  expect(countOf('few0')).toBe(1)
  expect(countOf('few1')).toBe(0)
})

test('what is heavier than a share is not kept, and what was there under its name is gone', () => {
  const { cache, add } = open()
  add('one', 1)
  cache.set('one-0', { whose: 'one', weight: 11 })
  expect(cache.has('one-0')).toBe(false)
  cache.set('one-0', { whose: 'one', weight: 10 })
  expect(cache.has('one-0')).toBe(true)
})

test('an entry that changes hands counts for the new one', () => {
  const { cache, add, countOf } = open()
  add('one', 80)
  for (let at = 0; at < 70; at++) cache.set(`one-${String(at)}`, { whose: 'two', weight: 1 })
  add('three', 5)
  // Each of the others still has its share, at least.
  expect(cache.size).toBe(80)
  expect(countOf('three')).toBe(5)
  expect(Array.from({ length: 10 }).every((_, at) => cache.has(`one-${String(70 + at)}`))).toBe(
    true,
  )
})

test('what is deleted leaves its room', () => {
  const { cache, add, countOf } = open()
  add('one', 80)
  cache.deleteWhere(({ whose }) => whose === 'one')
  expect(cache.size).toBe(0)
  add('two', 80)
  expect(countOf('two')).toBe(80)
})
