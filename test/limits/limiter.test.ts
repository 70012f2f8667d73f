import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createMemoryLimitStore,
  LimitStoreError,
  type LimitRequest,
  type LimitStore,
  type LimitVerdict,
} from 'sallyport'
import { createLimiter, type LimiterContext } from '../../src/limits/limiter.js'
import { failuresInto } from '../failures.js'

const AT = Date.UTC(2030, 0, 1)
const HOURLY = { name: 'hourly', kind: 'quota', limit: 8, windowMs: 3_600_000 } as const

function request(fields: Partial<LimitRequest> = {}): LimitRequest {
  return { subject: 'org_1', limits: [HOURLY], cost: 1, at: AT, ...fields }
}

type State = 'well' | 'failing' | 'silent'

function open(options: Partial<LimiterContext> = {}) {
  const store = createMemoryLimitStore()
  const told: LimitStoreError[] = []
  const asked: number[] = []
  let state: State = 'well'
  let answers: (() => void)[] = []
  const remote: LimitStore = {
    async consume(one) {
      asked.push(one.cost)
      if (state === 'failing') throw new Error('ECONNREFUSED')
      if (state === 'silent') await new Promise<void>((resolve) => answers.push(resolve))
      return store.consume(one)
    },
  }
  const limiter = createLimiter({
    store: remote,
    onStoreError: 'local',
    instances: 4,
    onError: failuresInto(told),
    ...options,
  })
  return {
    limiter,
    asked,
    outages: () => told.map(({ outage }) => outage),
    told,
    become(next: State) {
      state = next
    },
    /** All that waited gets its answer. */
    speak() {
      const waiting = answers
      answers = []
      for (const answer of waiting) answer()
    },
    async allowed(count: number): Promise<number> {
      let sum = 0
      for (let n = 0; n < count; n++) sum += Number((await limiter.consume(request())).allowed)
      return sum
    },
  }
}

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

describe('a limiter whose store fails', () => {
  test('goes on with its share of the limit, and with the store when it is back', async () => {
    const site = open()
    expect(await site.allowed(3)).toBe(3)
    site.become('failing')
    expect(await site.allowed(10)).toBe(2)
    expect(site.outages()).toEqual(['begun'])
    expect(site.told[0]?.cause).toEqual(new Error('ECONNREFUSED'))
    site.become('well')
    await jest.advanceTimersByTimeAsync(500)
    expect(await site.allowed(1)).toBe(0)
    await jest.advanceTimersByTimeAsync(0)
    expect(site.outages()).toEqual(['begun', 'over'])
    expect(await site.allowed(10)).toBe(5)
  })

  test('asks for nothing, twice a second, while it fails', async () => {
    const site = open()
    site.become('failing')
    await site.allowed(1)
    for (let n = 0; n < 100; n++) {
      await jest.advanceTimersByTimeAsync(20)
      await site.allowed(1)
    }
    expect(site.asked).toEqual([1, 0, 0, 0, 0])
    expect(site.outages()).toEqual(['begun'])
  })

  test('answers at once while it fails', () => {
    const site = open({
      store: {
        consume() {
          throw new Error('not connected')
        },
      },
    })
    expect(site.limiter.consume(request())).toMatchObject({ allowed: true })
    expect(site.limiter.consume(request())).toMatchObject({ allowed: true })
    expect(site.limiter.consume(request())).toMatchObject({ allowed: false })
  })

  test('waits 50 ms for a silent store, once, and asks it one thing at a time', async () => {
    const site = open()
    site.become('silent')
    const first = [0, 1, 2].map(() => site.limiter.consume(request()))
    let answered = 0
    for (const one of first) void Promise.resolve(one).then(() => (answered += 1))
    await jest.advanceTimersByTimeAsync(49)
    expect(answered).toBe(0)
    await jest.advanceTimersByTimeAsync(2)
    expect(answered).toBe(3)
    expect(site.outages()).toEqual(['begun'])
    expect(site.asked).toEqual([1, 1, 1])
    await jest.advanceTimersByTimeAsync(10_000)
    await site.allowed(10)
    await jest.advanceTimersByTimeAsync(10_000)
    await site.allowed(10)
    expect(site.asked).toEqual([1, 1, 1, 0])
    // What was never answered is given up at last.
    await jest.advanceTimersByTimeAsync(20_001)
    await site.allowed(10)
    expect(site.asked).toEqual([1, 1, 1, 0, 0])
  })

  test('believes that a store is back when it answers in time', async () => {
    const site = open()
    site.become('silent')
    void site.limiter.consume(request())
    await jest.advanceTimersByTimeAsync(1_000)
    await site.allowed(1)
    await jest.advanceTimersByTimeAsync(100)
    site.speak()
    await jest.advanceTimersByTimeAsync(0)
    expect(site.outages()).toEqual(['begun'])
    await jest.advanceTimersByTimeAsync(500)
    await site.allowed(1)
    site.speak()
    await jest.advanceTimersByTimeAsync(0)
    expect(site.outages()).toEqual(['begun', 'over'])
  })

  test('admits a costly request where its share is too small for one', async () => {
    const site = open()
    site.become('failing')
    expect(await site.limiter.consume(request({ cost: 5 }))).toMatchObject({ allowed: true })
    expect(await site.limiter.consume(request({ cost: 5 }))).toMatchObject({ allowed: false })
    expect(await site.limiter.consume(request({ cost: 9 }))).toMatchObject({ allowed: false })
  })

  test('shares a limit of 1 among many by giving each 1', async () => {
    const site = open({ instances: 100 })
    site.become('failing')
    expect(await site.allowed(5)).toBe(1)
  })

  test("throws with 'deny'", async () => {
    const site = open({ onStoreError: 'deny' })
    site.become('failing')
    const asked = async () => site.limiter.consume(request())
    await expect(asked).rejects.toThrow(LimitStoreError)
    await expect(asked).rejects.toThrow(LimitStoreError)
    expect(site.outages()).toEqual(['begun'])
  })

  test("lets all in with 'allow'", async () => {
    const site = open({ onStoreError: 'allow' })
    site.become('failing')
    expect(await site.allowed(20)).toBe(20)
    expect(await site.limiter.consume(request())).toEqual({
      allowed: true,
      at: AT,
      states: [{ remaining: 8, resetAt: AT }],
    } satisfies LimitVerdict)
  })
})

test('one owner with many slots to give back leaves room for those of others', async () => {
  const memory = createMemoryLimitStore()
  const released: string[] = []
  let failing = false
  const store: LimitStore = {
    consume(one) {
      if (failing) throw new Error('ECONNREFUSED')
      return memory.consume(one)
    },
    release: ({ subject }) => void released.push(subject),
  }
  const limiter = createLimiter({
    ...{ store, onStoreError: 'local', instances: 1, onError: () => undefined },
  })
  const many = {
    name: 'concurrency',
    kind: 'concurrency',
    limit: 20_000,
    windowMs: 60_000,
  } as const
  const take = async (subject: string, count: number) => {
    const asked = Array.from({ length: count }, (_, at) =>
      request({ subject, limits: [many], slot: `${subject}-${String(at)}` }),
    )
    return Promise.all(asked.map(async (one) => [one, await limiter.consume(one)] as const))
  }
  const taken = [...(await take('org_1', 12_000)), ...(await take('org_2', 100))]
  failing = true
  await limiter.consume(request())
  for (const [one, verdict] of taken) limiter.release({ ...one, cost: 0 }, verdict)
  failing = false
  await jest.advanceTimersByTimeAsync(500)
  await limiter.consume(request())
  await jest.advanceTimersByTimeAsync(1_000)
  const count = (whose: string) => released.filter((subject) => subject === whose).length
  expect([count('org_1'), count('org_2')]).toEqual([5_000, 100])
})

test('a store that answers at once makes no promise', () => {
  const { limiter } = open({ store: createMemoryLimitStore() })
  expect(limiter.consume(request())).toMatchObject({ allowed: true })
})
