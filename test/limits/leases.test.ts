import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { LimitRequest, LimitStore, LimitVerdict } from 'sallyport'
import { createTenancies } from '../../src/limits/leases.js'

const AT = Date.UTC(2030, 0, 1)
const HOURLY = { name: 'hourly', kind: 'quota', limit: 1_000, windowMs: 3_600_000 } as const
const REQUEST: LimitRequest = { subject: 'org_1', limits: [HOURLY], cost: 1, at: AT }

beforeEach(() => {
  jest.useFakeTimers({ now: AT })
})
afterEach(() => {
  jest.useRealTimers()
})

const verdictOf = (allowed: boolean, at = Date.now()): LimitVerdict => ({
  allowed,
  at,
  states: [
    {
      remaining: allowed ? 900 : 0,
      resetAt: AT + 3_600_000,
      ...(!allowed && { retryAt: at + 60_000 }),
    },
  ],
})

/** Leases of a store that answers as it is told, and what it was asked for and given back. */
function open(more: Partial<LimitStore> = {}) {
  const asked: number[] = []
  const store: LimitStore = {
    consume({ cost }) {
      asked.push(cost)
      return verdictOf(true)
    },
    ...more,
  }
  const tenancies = createTenancies(store)
  const take = async (times = 1, key = 'a') => {
    let allowed = 0
    for (let n = 0; n < times; n++) {
      allowed += Number((await tenancies.take(key, REQUEST)).allowed)
    }
    return allowed
  }
  return { tenancies, take, asked }
}

describe('what was taken ahead', () => {
  test('is given back when all is closed: as of now, and as taken at the earliest moment', async () => {
    const given: unknown[] = []
    const release: LimitStore['release'] = ({ cost, at, subject }, { at: taken }) => {
      given.push([subject, cost, at - AT, taken - AT])
    }
    const { tenancies, take, asked } = open({ release })
    await jest.advanceTimersByTimeAsync(500)
    await take(8)
    const left = asked.reduce((sum, cost) => sum + cost, 0) - 8
    expect(left).toBeGreaterThan(0)
    await take(1, 'b')
    await jest.advanceTimersByTimeAsync(30)
    await tenancies.close()
    expect(given).toEqual([['org_1', left, 530, 400]])
    // And once.
    await tenancies.close()
    expect(given).toHaveLength(1)
    // From then on, nothing is taken ahead.
    asked.length = 0
    await take(8)
    expect(asked).toEqual(Array(8).fill(1))
  })

  test('ends by itself in a store that takes nothing back', async () => {
    const { tenancies, take } = open()
    await take(8)
    await expect(tenancies.close()).resolves.toBeUndefined()
  })

  test('is given up after a second by a store that does not answer', async () => {
    const { tenancies, take } = open({ release: () => new Promise<never>(() => undefined) })
    await take(8)
    let isClosed = false
    const closing = tenancies.close().then(() => {
      isClosed = true
    })
    await jest.advanceTimersByTimeAsync(999)
    expect(isClosed).toBe(false)
    await jest.advanceTimersByTimeAsync(1)
    await closing
  })
})

test('those who come while the store is asked wait, and are asked for together', async () => {
  const asked: number[] = []
  const { tenancies } = open({
    async consume({ cost }) {
      asked.push(cost)
      await Promise.resolve()
      return verdictOf(true)
    },
  })
  const verdicts = await Promise.all(
    Array.from({ length: 40 }, async () => tenancies.take('a', REQUEST)),
  )
  expect(verdicts.map(({ allowed }) => allowed)).toEqual(Array(40).fill(true))
  expect(asked).toEqual([1, 40])
})

test('where there is not enough to take ahead, a request is asked for alone', async () => {
  const asked: number[] = []
  let most = Infinity
  const { take } = open({
    consume({ cost }) {
      asked.push(cost)
      return verdictOf(cost <= most)
    },
  })
  await take(7)
  most = 1
  asked.length = 0
  await take(20)
  expect(asked.slice(0, 2)).toEqual([expect.any(Number), 1])
  expect(asked[0]).toBeGreaterThan(1)
})

test('a refusal is remembered until there may be room again', async () => {
  let refused = 0
  const { tenancies, take } = open({
    consume: () => {
      refused += 1
      return verdictOf(false)
    },
  })
  expect([await take(5), refused]).toEqual([0, 1])
  tenancies.forgetRefusal('unknown')
  expect([await take(5), refused]).toEqual([0, 1])
  tenancies.forgetRefusal('a')
  expect([await take(5), refused]).toEqual([0, 2])
})

test('no answer within a second is told to all who wait for it, and the next one asks anew', async () => {
  let isSilent = true
  const { tenancies, asked } = open({
    consume({ cost }) {
      asked.push(cost)
      return isSilent ? new Promise<never>(() => undefined) : Promise.resolve(verdictOf(true))
    },
  })
  const waiting = [1, 2].map(async () => tenancies.take('a', REQUEST))
  const lost = Promise.all(
    waiting.map((one) =>
      expect(one).rejects.toThrow('The limit store did not answer within 1000 ms.'),
    ),
  )
  await jest.advanceTimersByTimeAsync(1_000)
  await lost
  expect(asked).toHaveLength(1)
  isSilent = false
  expect(await tenancies.take('a', REQUEST)).toMatchObject({ allowed: true })
})
