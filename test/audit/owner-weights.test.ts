import { describe, expect, test } from '@jest/globals'
import { heldAs, OwnerWeights } from '../../src/audit/owner-weights.js'

type Pending = Parameters<typeof heldAs>[0]

/** A queue with records, each named by the letter of its owner and its weight, the oldest first. */
function queueOf(...names: readonly string[]) {
  const weights = new OwnerWeights()
  const records = new Map<Pending, ReturnType<typeof heldAs>>()
  for (const name of names) {
    const record = { name, weight: Number(name.slice(1)), whose: name.slice(0, 1) }
    const held = heldAs(record as unknown as Pending)
    records.set(record as unknown as Pending, held)
    weights.add(held)
  }
  /** The names of those that give way to another record. */
  const givesWayTo = (whose: string, weight: number, most: number) =>
    weights
      .givingWay(records, { weight, whose }, most)
      ?.map((record) => (record as unknown as { name: string }).name)
  return { weights, records, givesWayTo }
}

describe('where a queue is full', () => {
  test('the last records of the owner that has the most give way, and as few as are needed', () => {
    const { givesWayTo } = queueOf('a4', 'b9', 'a3', 'a2', 'a1')
    expect(givesWayTo('c', 1, 19)).toEqual(['a1'])
    expect(givesWayTo('c', 1, 17)).toEqual(['a1', 'a2'])
    expect(givesWayTo('c', 2, 19)).toEqual(['a1', 'a2'])
  })

  test('the next owner gives way where the first has no more to give', () => {
    const { givesWayTo } = queueOf('b5', 'a4', 'a3', 'b1', 'd1')
    expect(givesWayTo('c', 2, 10)).toEqual(['a3', 'a4'])
    expect(givesWayTo('c', 2, 9)).toEqual(['a3', 'a4'])
    expect(givesWayTo('c', 2, 8)).toEqual(['a3', 'a4', 'b1'])
    expect(givesWayTo('c', 2, 3)).toEqual(['a3', 'a4', 'b1', 'b5'])
    expect(givesWayTo('c', 2, 2)).toBeUndefined()
  })

  test('no owner gives way to one that has as much with its new record', () => {
    const { givesWayTo } = queueOf('a3', 'c1', 'c1', 'b1')
    expect(givesWayTo('c', 1, 6)).toBeUndefined()
    const other = queueOf('a4', 'c1', 'c1')
    expect(other.givesWayTo('c', 1, 6)).toEqual(['a4'])
    expect(other.givesWayTo('c', 2, 6)).toBeUndefined()
    // As soon as it has no more than that one, it gives no more.
    expect(queueOf('a2', 'a2', 'c1').givesWayTo('c', 1, 2)).toBeUndefined()
    expect(queueOf('a2', 'a2', 'c1').givesWayTo('c', 1, 4)).toEqual(['a2'])
  })

  test('what weighs nothing stays, for it makes no room', () => {
    const { givesWayTo } = queueOf('a3', 'a2', 'a0')
    expect(givesWayTo('c', 1, 4)).toEqual(['a2'])
  })
})

describe('the weight of a queue', () => {
  test('is that of all its records, of nobody as well', () => {
    const { weights } = queueOf('a3', 'b2', 'a1')
    expect(weights.total).toBe(6)
    const ofNobody = heldAs({ weight: 4 } as Pending)
    expect(ofNobody).toEqual({ weight: 4, whose: '' })
    weights.add(ofNobody)
    expect(weights.total).toBe(10)
    weights.remove(ofNobody)
    expect(weights.total).toBe(6)
  })

  test('is less by what has left, and an owner whose records have all left has none', () => {
    const { weights, records, givesWayTo } = queueOf('a3', 'b5', 'a2')
    for (const [record, held] of [...records]) {
      if (held.whose !== 'b') continue
      records.delete(record)
      weights.remove(held)
    }
    expect(weights.total).toBe(5)
    expect(givesWayTo('b', 2, 5)).toEqual(['a2'])
    expect(givesWayTo('b', 4, 7)).toEqual(['a2'])
    expect(givesWayTo('b', 5, 7)).toBeUndefined()
  })
})
