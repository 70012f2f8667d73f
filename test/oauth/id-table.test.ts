import { describe, expect, test } from '@jest/globals'
import { createMemoryReplayStore, createMemoryRevocations, IdShareError } from 'sallyport'

const MOST = 100_000
const SWEEP_MS = 1_000

/** A store whose clock stands where the test has put it, with what it answers to an id. */
function open() {
  const time = { now: 1_000_000 }
  const store = createMemoryReplayStore(() => time.now)
  /** With an owner, for so long; without one, until an instant that is so far away. */
  const add = (id: string, forMs = 60_000, ownerId?: string) =>
    ownerId === undefined
      ? store.addIfAbsent(id, time.now + forMs)
      : store.addIfAbsent(id, 0, { forMs, ownerId })
  const fill = (name: string, count: number, forMs?: number, ownerId?: string) => {
    for (let at = 0; at < count; at++) void add(`${name} ${String(at)}`, forMs, ownerId)
  }
  return { time, store, add, fill }
}

test('an id is there until its instant, and then it is new', () => {
  const { time, add } = open()
  expect([add('a', 10), add('a', 10), add('b', 10)]).toEqual([true, false, true])
  time.now += 9
  expect(add('a', 1)).toBe(false)
  time.now += 1
  expect(add('a', 10)).toBe(true)
})

test('an id that comes again is kept until the later of both instants', () => {
  const { time, add } = open()
  expect([add('longer', 10), add('longer', 20)]).toEqual([true, false])
  expect([add('shorter', 20), add('shorter', 10)]).toEqual([true, false])
  time.now += 19
  expect([add('longer'), add('shorter')]).toEqual([false, false])
})

test('how long an id is to be kept counts by the clock of the store, and not until an instant of another', () => {
  const { time, store } = open()
  const far = Number.MAX_SAFE_INTEGER
  expect(store.addIfAbsent('a', far, { forMs: 10 })).toBe(true)
  expect(store.addIfAbsent('b', 0, { forMs: 10 })).toBe(true)
  time.now += 9
  expect(store.addIfAbsent('b', 0, { forMs: 1 })).toBe(false)
  time.now += 1
  expect(store.addIfAbsent('a', far, { forMs: 10 })).toBe(true)
})

test.each([0, -1, Number.NaN])('an id cannot be kept for %p ms', (forMs) => {
  const { store } = open()
  expect(() => store.addIfAbsent('a', Number.MAX_SAFE_INTEGER, { forMs })).toThrow(RangeError)
  expect(store.addIfAbsent('a', 0, { forMs: 1 })).toBe(true)
})

test('a token is revoked until the instant that was said, and adding it again is harmless', () => {
  const time = { now: 1_000_000 }
  const revocations = createMemoryRevocations(() => time.now)
  expect(revocations.has('a')).toBe(false)
  expect(revocations.add('a', time.now + 10)).toBeUndefined()
  expect(revocations.add('a', time.now + 5)).toBeUndefined()
  void revocations.add('b', 0, { forMs: 5 })
  time.now += 4
  expect(['a', 'b', 'c'].map((id) => revocations.has(id))).toEqual([true, true, false])
  time.now += 1
  expect(['a', 'b'].map((id) => revocations.has(id))).toEqual([true, false])
  time.now += 5
  expect(revocations.has('a')).toBe(false)
})

describe('a table that is full', () => {
  test('takes no more, and forgets none', () => {
    const { add, fill } = open()
    fill('one', MOST - 1)
    expect(add('last')).toBe(true)
    expect(() => add('more')).toThrow(new RangeError('There are 100000 ids already.'))
    expect([add('one 0'), add('last')]).toEqual([false, false])
  })

  test('has places again where ids have ended, of which it looks for once a second', () => {
    const { time, add, fill } = open()
    fill('short', 2, 10)
    fill('long', MOST - 2)
    expect(() => add('more')).toThrow(RangeError)
    time.now += SWEEP_MS - 1
    expect(() => add('more')).toThrow(RangeError)
    time.now += 1
    expect([add('more'), add('and more'), add('long 0')]).toEqual([true, true, false])
    expect(() => add('too many')).toThrow(RangeError)
  })

  test('looks for them also after its clock was put back', () => {
    const { time, add, fill } = open()
    fill('short', 2, 10)
    fill('long', MOST - 2)
    time.now += SWEEP_MS
    expect(add('more')).toBe(true)
    time.now -= 2 * SWEEP_MS
    expect(add('short again', 10)).toBe(true)
    time.now += 10
    expect(add('more again')).toBe(true)
  })

  test('has the place of an id that comes again after its end', () => {
    const { time, add, fill } = open()
    fill('long', MOST - 1)
    void add('short', SWEEP_MS - 2)
    expect(() => add('more')).toThrow(RangeError)
    time.now += SWEEP_MS - 2
    expect(add('short')).toBe(true)
    expect(() => add('more')).toThrow(RangeError)
  })
})

describe('of one owner', () => {
  test('there are as many ids as places are left, and others have theirs', () => {
    const { add, fill } = open()
    fill('mine', MOST / 2, 60_000, 'org_1')
    expect(() => add('more', 60_000, 'org_1')).toThrow(IdShareError)
    expect(add('mine 0', 60_000, 'org_1')).toBe(false)
    fill('theirs', MOST / 4, 60_000, 'org_2')
    expect(() => add('more', 60_000, 'org_2')).toThrow(IdShareError)
    expect(add('more', 60_000, 'org_3')).toBe(true)
    fill('nobody', MOST / 4 - 1)
    expect(() => add('too many')).toThrow(RangeError)
  })

  test('those that have ended do not count', () => {
    const { time, add, fill } = open()
    fill('short', 10, 10, 'org_1')
    fill('long', MOST / 2 - 10, 60_000, 'org_1')
    expect(() => add('more', 60_000, 'org_1')).toThrow(IdShareError)
    time.now += SWEEP_MS
    fill('more', 10, 60_000, 'org_1')
    expect(() => add('too many', 60_000, 'org_1')).toThrow(IdShareError)
  })

  test('an id is counted once: for who has kept it, until it is kept for another', () => {
    const { time, add, fill } = open()
    fill('mine', MOST / 2 - 1, 60_000, 'org_1')
    void add('short', 10, 'org_1')
    time.now += 10
    expect(add('short', 60_000, 'org_2')).toBe(true)
    expect(() => add('more', 60_000, 'org_1')).not.toThrow()
    expect(() => add('too many', 60_000, 'org_1')).toThrow(IdShareError)
  })
})
