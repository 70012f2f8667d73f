import { describe, expect, test } from '@jest/globals'
import { createMemoryLimitStore, type Limit, type LimitVerdict } from 'sallyport'

const START = Date.UTC(2030, 0, 31, 12)
const HOUR_MS = 3_600_000

type Given = Omit<Limit, 'name'>

/** A store that is asked for one limit, which may be another each time. */
function open() {
  const store = createMemoryLimitStore()
  const requestOf = (limit: Given, cost: number, at: number) => ({
    ...{ subject: 'org_1', limits: [{ name: 'limit', ...limit }], cost, at },
  })
  const take = (limit: Given, at: number, cost = 1) =>
    store.consume(requestOf(limit, cost, at)) as LimitVerdict
  /** Gives back what was taken, and says how many are left. */
  const giveBack = (limit: Given, taken: LimitVerdict, at: number, cost = 1) => {
    void store.release?.(requestOf(limit, cost, at), taken)
    return take(limit, at, 0).states[0]?.remaining
  }
  return { take, giveBack }
}

const KINDS = ['quota', 'burst', 'credit'] as const

describe('after the clock went back', () => {
  test.each(KINDS)('a %s comes back when its refusal says, and not at the time before', (kind) => {
    const { take } = open()
    const limit = { kind, limit: 1, windowMs: HOUR_MS }
    expect(take(limit, START).allowed).toBe(true)
    const at = START - 5 * HOUR_MS
    const refused = take(limit, at)
    expect(refused).toMatchObject({ allowed: false, states: [{ retryAt: at + HOUR_MS }] })
    expect(take(limit, at + HOUR_MS - 1).allowed).toBe(false)
    expect(take(limit, at + HOUR_MS).allowed).toBe(true)
  })
})

describe('after a limit was changed', () => {
  test.each(['quota', 'credit'] as const)('a %s with a shorter window ends with that', (kind) => {
    const { take } = open()
    expect(take({ kind, limit: 1, windowMs: HOUR_MS }, START).allowed).toBe(true)
    const shorter = { kind, limit: 1, windowMs: 60_000 }
    const at = START + 600_000
    expect(take(shorter, at)).toMatchObject({ allowed: false, states: [{ retryAt: at + 60_000 }] })
    expect(take(shorter, at + 59_999).allowed).toBe(false)
    expect(take(shorter, at + 60_000).allowed).toBe(true)
  })

  test('a burst that is smaller is empty, and not more than that', () => {
    const { take } = open()
    const windowMs = 10_000
    expect(take({ kind: 'burst', limit: 10, windowMs }, START, 10).allowed).toBe(true)
    expect(take({ kind: 'burst', limit: 2, windowMs }, START)).toMatchObject({
      allowed: false,
      states: [{ remaining: 0, resetAt: START + windowMs, retryAt: START + windowMs / 2 }],
    })
  })

  /** Two and a half of three are missing then. */
  function takeMost() {
    const { take } = open()
    const limit = { kind: 'burst', limit: 3, windowMs: 9_000 } as const
    const at = START + 1_500
    expect(take(limit, START, 2).allowed).toBe(true)
    expect(take(limit, at).allowed).toBe(true)
    return { take, at }
  }

  test('a burst that is smaller by less than one is empty, too', () => {
    const { take, at } = takeMost()
    const windowMs = 9_000
    expect(take({ kind: 'burst', limit: 2, windowMs }, at)).toMatchObject({
      states: [{ resetAt: at + windowMs, retryAt: at + windowMs / 2 }],
    })
  })

  test('a burst of another window lacks the same part of one', () => {
    const { take, at } = takeMost()
    expect(take({ kind: 'burst', limit: 3, windowMs: 18_000 }, at)).toMatchObject({
      allowed: false,
      states: [{ remaining: 0, retryAt: at + 3_000, resetAt: at + 15_000 }],
    })
  })

  test('credits that are no longer refilled are not, though it was time', () => {
    const { take } = open()
    expect(take({ kind: 'credit', limit: 1, windowMs: HOUR_MS }, START).allowed).toBe(true)
    expect(take({ kind: 'credit', limit: 1, windowMs: 0 }, START + 2 * HOUR_MS)).toMatchObject({
      allowed: false,
      states: [{ remaining: 0, retryAt: Infinity }],
    })
  })

  test('what costs nothing is let in, though more was taken than there is now', () => {
    const { take } = open()
    expect(take({ kind: 'quota', limit: 5, windowMs: HOUR_MS }, START, 5).allowed).toBe(true)
    const verdict = take({ kind: 'quota', limit: 3, windowMs: HOUR_MS }, START, 0)
    expect(verdict).toEqual({
      ...{ allowed: true, at: START },
      states: [{ remaining: 0, resetAt: START + HOUR_MS }],
    })
  })
})

describe('what is given back', () => {
  test('of credits goes beyond the limit, where they are refilled to more', () => {
    const { take, giveBack } = open()
    const limit = { kind: 'credit', limit: 1, refill: 3, windowMs: HOUR_MS } as const
    expect(take(limit, START).allowed).toBe(true)
    const later = START + HOUR_MS
    const taken = take(limit, later)
    expect(taken.states[0]?.remaining).toBe(2)
    expect(giveBack(limit, taken, later)).toBe(3)
  })

  test.each<[string, Given, number]>([
    ['of a window', { kind: 'credit', limit: 2, windowMs: HOUR_MS }, START + 2 * HOUR_MS],
    [
      'of a month',
      { kind: 'credit', limit: 2, windowMs: 31 * 24 * HOUR_MS, calendar: 'month' },
      Date.UTC(2030, 1, 1),
    ],
  ])('of credits is nothing %s that is over', (_, limit, later) => {
    const { take, giveBack } = open()
    const before = take(limit, START)
    const now = take(limit, later)
    expect(giveBack(limit, before, later)).toBe(1)
    expect(giveBack(limit, now, later)).toBe(2)
  })

  test('of a burst is what has not come back by itself', () => {
    const { take, giveBack } = open()
    const limit = { kind: 'burst', limit: 2, windowMs: 10_000 } as const
    expect(take(limit, START).allowed).toBe(true)
    const taken = take(limit, START)
    expect(taken.states[0]?.remaining).toBe(0)
    expect(giveBack(limit, taken, START + 5_000)).toBe(1)
  })

  test('of what nobody says how it stood is nothing', () => {
    const { take, giveBack } = open()
    const limit = { kind: 'quota', limit: 2, windowMs: HOUR_MS } as const
    const { allowed, at } = take(limit, START)
    expect(giveBack(limit, { allowed, at, states: [] }, START)).toBe(1)
  })
})
