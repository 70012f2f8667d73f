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
    expect(site.told[0]?.cause).toEqual(new Error('The limit store did not answer within 50 ms.'))
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

describe('what one process may take alone', () => {
  const allowedOf = async (fields: Partial<LimitRequest>, count: number, from = 0) => {
    let allowed = 0
    for (let n = 0; n < count; n++) {
      const slot = `slot-${String(from + n)}`
      const verdict = await site.limiter.consume(request({ slot, ...fields }))
      allowed += Number(verdict.allowed)
    }
    return allowed
  }
  let site: ReturnType<typeof open>
  beforeEach(() => {
    site = open()
    site.become('failing')
  })

  test('is its share of the places, whatever a request costs', async () => {
    const limit = { name: 'at once', kind: 'concurrency', limit: 8, windowMs: 60_000 } as const
    expect(await allowedOf({ limits: [limit], cost: 5 }, 4)).toBe(2)
    const few = { ...limit, name: 'few', limit: 2 }
    expect(await allowedOf({ limits: [few] }, 4)).toBe(1)
  })

  test('is its share of what credits are refilled to', async () => {
    const credits = { name: 'credits', kind: 'credit', windowMs: 60_000, limit: 16 } as const
    const refilled = { limits: [{ ...credits, refill: 8 }] }
    expect(await allowedOf(refilled, 6)).toBe(4)
    expect(await allowedOf({ ...refilled, at: AT + 60_000 }, 6)).toBe(2)
    const others = { limits: [{ ...credits, name: 'whole' }] }
    expect(await allowedOf(others, 6)).toBe(4)
    expect(await allowedOf({ ...others, at: AT + 60_000 }, 6)).toBe(4)
  })
})

describe('what is given back', () => {
  const SLOTS = { name: 'at once', kind: 'concurrency', limit: 4, windowMs: 60_000 } as const

  function openReleased() {
    const memory = createMemoryLimitStore()
    const released: unknown[] = []
    let failing = false
    const store: LimitStore = {
      consume(one) {
        if (failing) throw new Error('ECONNREFUSED')
        return memory.consume(one)
      },
      release: ({ cost, slot }) => void released.push([cost, slot]),
    }
    const { limiter } = open({ store })
    const asked = (slot: string) => request({ slot, limits: [HOURLY, SLOTS] })
    const take = async (slot: string) => {
      const taken = await limiter.consume(asked(slot))
      return {
        ...taken,
        giveBack: () => {
          limiter.release(asked(slot), taken)
        },
      }
    }
    const back = async () => {
      failing = false
      await jest.advanceTimersByTimeAsync(500)
      await take('probe')
      await jest.advanceTimersByTimeAsync(1_000)
    }
    return { take, back, released, fail: () => (failing = true) }
  }

  test('goes to the store where it was counted there', async () => {
    const { take, released } = openReleased()
    ;(await take('a')).giveBack()
    expect(released).toEqual([[1, 'a']])
  })

  test('stays here where it was counted here, but for a slot that the store may have', async () => {
    const { take, back, released, fail } = openReleased()
    fail()
    // The store was asked, and may have taken it.
    const first = await take('a')
    // From then on, it is not asked.
    const [second, third] = [await take('b'), await take('c')]
    expect([first, second, third].map(({ allowed }) => allowed)).toEqual([true, false, false])
    first.giveBack()
    const fourth = await take('d')
    expect(fourth.allowed).toBe(true)
    fourth.giveBack()
    expect(released).toEqual([])
    await back()
    expect(released).toEqual([[0, 'a']])
  })

  test('leaves the other limits of a request of the store as they are, here', async () => {
    const { take, fail } = openReleased()
    const before = await take('a')
    fail()
    const [first] = [await take('b')]
    expect(first.allowed).toBe(true)
    // It was not counted here.
    before.giveBack()
    expect((await take('c')).allowed).toBe(false)
  })
})

test('how things stand is asked of the store alone, and takes nothing', async () => {
  const site = open()
  const { cost: _, ...asked } = request()
  expect(await site.limiter.peek(asked)).toMatchObject({ states: [{ remaining: 8 }] })
  expect(await site.allowed(3)).toBe(3)
  expect(await site.limiter.peek(asked)).toMatchObject({ states: [{ remaining: 5 }] })
  site.become('failing')
  await expect(site.limiter.peek(asked)).rejects.toThrow(LimitStoreError)
  site.become('well')
  // While the store is away, it is not asked.
  const before = site.asked.length
  await expect(site.limiter.peek(asked)).rejects.toThrow(LimitStoreError)
  expect(site.asked).toHaveLength(before)
})

test('a store is closed, or given up after 5 seconds', async () => {
  let closed = 0
  const store = createMemoryLimitStore()
  await open({ store: { ...store, close: () => void (closed += 1) } }).limiter.close()
  expect(closed).toBe(1)
  await open({ store: { consume: store.consume } }).limiter.close()
  const silent = open({ store: { ...store, close: () => new Promise<never>(() => undefined) } })
  const closing = expect(silent.limiter.close()).rejects.toThrow(
    'The limit store was not closed within 5000 ms.',
  )
  await jest.advanceTimersByTimeAsync(5_000)
  await closing
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
