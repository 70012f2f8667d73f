import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createLeasedLimitStore,
  createMemoryLimitStore,
  type Limit,
  type LimitRequest,
  type LimitStore,
} from 'sallyport'

const HOUR = 3_600_000
const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 1_000, windowMs: HOUR }
const DAILY: Limit = { name: 'daily', kind: 'quota', limit: 160, windowMs: 24 * HOUR }
const WIDE: Limit = { name: 'wide', kind: 'burst', limit: 10_000, windowMs: 10_000 }

beforeEach(() => {
  jest.useFakeTimers({ now: HOUR })
})

afterEach(() => {
  jest.useRealTimers()
})

/** A leased store, and what it asks the other one for. */
function open(...limits: readonly Limit[]) {
  const memory = createMemoryLimitStore()
  const asked: LimitRequest[] = []
  const store: LimitStore = {
    ...memory,
    consume(request) {
      asked.push(request)
      return memory.consume(request)
    },
  }
  const leased = createLeasedLimitStore(store)
  const ask = async (cost = 1) => leased.consume({ subject: 'org_1', limits, cost, at: Date.now() })
  const spend = async (count: number) => {
    const before = asked.length
    for (let n = 0; n < count; n++) await ask()
    expect(asked).toHaveLength(before)
  }
  /** How much is taken when the next request has to ask for more; what is in hand is spent before. */
  const take = async () => {
    const before = asked.length
    for (let n = 0; n < 100 && asked.length === before; n++) await ask()
    return asked.at(-1)?.cost ?? 0
  }
  /** Takes more, as long as it is less than that; it is all spent but what the last one left. */
  const takeUpTo = async (size: number) => {
    for (let n = 0; n < 10 && (await take()) < size; n++);
  }
  return { memory, asked, ask, spend, take, takeUpTo }
}

describe('how much is taken ahead', () => {
  test('is twice as much where the last was used up within 50 ms', async () => {
    const { take, takeUpTo, spend } = open(WIDE)
    await takeUpTo(8)
    await spend(7)
    jest.advanceTimersByTime(49)
    expect(await take()).toBe(16)
    await spend(15)
    jest.advanceTimersByTime(50)
    expect(await take()).toBe(16)
  })

  test('is not more because of one whose window was over', async () => {
    const { take, takeUpTo, spend } = open(HOURLY)
    await takeUpTo(4)
    await spend(3)
    jest.advanceTimersByTime(HOUR - 31)
    expect(await take()).toBe(2)
    await spend(1)
    jest.advanceTimersByTime(29)
    expect(await take()).toBe(4)
    await spend(3)
    // It ends a millisecond before its window.
    jest.advanceTimersByTime(1)
    expect(await take()).toBe(4)
  })

  test('is half as much where it has lasted for more than 500 ms', async () => {
    const { take, takeUpTo, spend } = open(HOURLY)
    await takeUpTo(8)
    await spend(7)
    jest.advanceTimersByTime(500)
    expect(await take()).toBe(8)
    await spend(7)
    jest.advanceTimersByTime(501)
    expect(await take()).toBe(4)
  })

  test('is never nothing', async () => {
    const { ask, take } = open(HOURLY)
    await ask()
    jest.advanceTimersByTime(501)
    expect(await take()).toBe(1)
    expect(await take()).toBe(2)
  })

  test('is half as much where more than half of it was lost', async () => {
    const { take, takeUpTo, spend } = open(WIDE)
    await takeUpTo(8)
    await spend(3)
    jest.advanceTimersByTime(100)
    expect(await take()).toBe(8)
    await spend(2)
    jest.advanceTimersByTime(100)
    expect(await take()).toBe(4)
  })

  test('is a sixteenth at most of what is left of the limit with the least', async () => {
    const { takeUpTo, take } = open(HOURLY, DAILY)
    await takeUpTo(8)
    expect(await take()).toBe(Math.floor((160 - 1 - 2 - 4 - 8) / 16))
  })

  test('is enough for all who wait', async () => {
    const { ask, asked } = open(WIDE)
    const release = jest.fn()
    const slow = createMemoryLimitStore()
    const costs: number[] = []
    const leased = createLeasedLimitStore({
      async consume(request) {
        costs.push(request.cost)
        await new Promise<void>((resolve) =>
          release.mockImplementation(() => {
            resolve()
          }),
        )
        return slow.consume(request)
      },
    })
    const all = Array.from({ length: 6 }, async () =>
      leased.consume({ subject: 'org_1', limits: [WIDE], cost: 1, at: Date.now() }),
    )
    release()
    await jest.advanceTimersByTimeAsync(0)
    release()
    expect(await Promise.all(all)).toHaveLength(6)
    expect(costs).toEqual([1, 6])
    // The control: one after the other, less is taken.
    for (let n = 0; n < 6; n++) await ask()
    expect(asked.map(({ cost }) => cost)).toEqual([1, 2, 4])
  })
})

describe('a burst is smaller by what comes back while permits are in hand', () => {
  test.each([
    [20, 1_000, 18, 900],
    [19, 1_000, 19, 1_000],
    [100, 999, 100, 999],
    [10_000, 10_000, 9_900, 9_900],
  ])('%s in %s ms: %s in %s ms', async (limit, windowMs, less, shorter) => {
    const { ask, asked } = open({ ...WIDE, limit, windowMs })
    await ask()
    expect(asked[0]?.limits).toMatchObject([{ limit: less, windowMs: shorter }])
  })
})

describe('what is in hand is lost', () => {
  test('with the window that it was of', async () => {
    const { ask, takeUpTo } = open(HOURLY)
    await takeUpTo(8)
    jest.advanceTimersByTime(HOUR)
    expect(await ask()).toMatchObject({ states: [{ remaining: 999 }] })
  })

  test('at the very end of its time', async () => {
    const { ask, takeUpTo, memory } = open(HOURLY)
    await takeUpTo(8)
    const left = async () => {
      const request = { subject: 'org_1', limits: [HOURLY], cost: 0, at: Date.now() }
      const { states } = await memory.consume(request)
      return states[0]?.remaining
    }
    expect(await left()).toBe(985)
    jest.advanceTimersByTime(HOUR - 1)
    // A millisecond is left of the window, and nothing in hand.
    expect(await ask()).toMatchObject({ states: [{ remaining: 984 }] })
  })
})
