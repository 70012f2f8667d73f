import { EventEmitter } from 'node:events'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import {
  createLeasedLimitStore,
  createMemoryLimitStore,
  type GateOptions,
  type GateRequest,
  type LimitStore,
  type Requirement,
} from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { describeWith, redisUrl } from '../services.js'
import { openGate, requestWith, verdictOf } from './limited.js'

const PLANS = { plus: { quota: { limit: 3, window: '1h' } } } as const

/** A response that ends when it is told to. */
class TestResponse extends EventEmitter {
  statusCode = 200
  writableFinished = false
  closed = false

  getHeader(name: string): unknown {
    return name === 'x-outcome' ? 'charged' : undefined
  }

  end(status: number, finished = true): void {
    this.statusCode = status
    this.writableFinished = finished
    this.closed = true
    this.emit('close')
  }
}

function open(options: Partial<GateOptions> = {}) {
  const opened = openGate({ plans: PLANS, ...options })
  const { gate } = opened
  /** A request through several guards, whose response is not over. */
  async function begin(secret: string, ...guards: readonly Requirement[]) {
    const response = new TestResponse()
    let request: GateRequest = requestWith(secret, { response })
    let decision = await gate.check(request, guards[0])
    for (const guard of guards.slice(1)) {
      if (!decision.allowed) break
      request = { ...request, grant: decision }
      decision = await gate.check(request, guard)
    }
    return { decision, response, word: verdictOf(decision) }
  }
  const left = async (secret: string) => {
    const { headers } = await gate.check(requestWith(secret), { cost: 0 })
    return Number(headers['x-ratelimit-remaining'])
  }
  return { ...opened, begin, left }
}

async function answered(status: number, ...guards: readonly Requirement[]) {
  const { issue, begin, left, told } = open()
  const { secret } = await issue()
  const { response } = await begin(secret, ...guards)
  const before = await left(secret)
  response.end(status)
  return { before, after: await left(secret), told }
}

describe('a response', () => {
  test.each<[Requirement['count'], number, number]>([
    ['success', 200, 2],
    ['success', 302, 2],
    ['success', 399, 2],
    ['success', 400, 3],
    ['success', 503, 3],
    ['failure', 200, 3],
    ['failure', 399, 3],
    ['failure', 401, 2],
    ['failure', 500, 2],
    [({ statusCode }) => statusCode === 418, 418, 2],
    [({ statusCode }) => statusCode === 418, 200, 3],
    [({ getHeader }) => getHeader?.('x-outcome') === 'charged', 200, 2],
    [undefined, 500, 2],
  ])('with count %p and status %i leaves %i of 3', async (count, status, after) => {
    const requirement = count === undefined ? {} : { count }
    expect(await answered(status, requirement)).toEqual({ before: 2, after, told: [] })
  })

  test('gives each take back once, however many guards begin with the same grant', async () => {
    const { gate, issue, left } = open()
    const { secret } = await issue()
    for (const used of [1, 2]) {
      await gate.check(requestWith(secret))
      expect(await left(secret)).toBe(3 - used)
    }
    const response = new TestResponse()
    const request = requestWith(secret, { response })
    const grant = await gate.check(request)
    if (!grant.allowed) throw new Error(grant.reason)
    for (let part = 0; part < 5; part++) {
      const decision = await gate.check({ ...request, grant }, { count: 'failure' })
      expect(decision.allowed).toBe(true)
    }
    expect(await left(secret)).toBe(0)
    response.end(200)
    expect(await left(secret)).toBe(1)
  })

  test('is taken while it is under way, so that no more than the limit ever count', async () => {
    const { issue, begin } = open()
    const { secret } = await issue()
    const all = await Promise.all(
      Array.from({ length: 5 }, () => begin(secret, { count: 'failure' })),
    )
    expect(all.filter(({ word }) => word === 'allowed')).toHaveLength(3)
  })

  test('that would be refused in a dry run has taken nothing, and gives nothing back', async () => {
    const { issue, begin, left } = open({ limits: { dryRun: true } })
    const { secret } = await issue()
    for (let used = 0; used < 3; used++) await begin(secret)
    const beyond = await begin(secret, { count: 'success' })
    expect(beyond.word).toBe('allowed')
    beyond.response.end(500)
    expect(await left(secret)).toBe(0)
  })

  test('of a guard that refuses is settled as those before it have said', async () => {
    const { issue, begin, left } = open()
    const { secret } = await issue()
    const limit = { name: 'exports', limit: 1, window: '1h' } as const
    await begin(secret, { limit })
    const refused = await begin(secret, { count: 'success' }, { count: 'failure', limit })
    expect([refused.word, await left(secret)]).toEqual(['route_limit_exceeded', 1])
    refused.response.end(429)
    expect(await left(secret)).toBe(2)
  })

  test('that costs nothing, or that nobody knows of, is let in all the same', async () => {
    const { gate, issue, begin, left, told } = open()
    const { secret } = await issue()
    const free = await begin(secret, { cost: 0, count: 'success' })
    expect(free.word).toBe('allowed')
    free.response.end(500)
    expect(await left(secret)).toBe(3)
    const decision = await gate.check(requestWith(secret), { count: 'success' })
    expect(verdictOf(decision)).toBe('allowed')
    if (decision.allowed) decision.end()
    expect([await left(secret), told]).toEqual([2, []])
  })

  test('whose status is none counts', async () => {
    const { issue, begin, left } = open()
    const { secret } = await issue()
    for (const count of ['success', 'failure'] as const) {
      const { response } = await begin(secret, { count })
      response.end('none' as never)
    }
    expect(await left(secret)).toBe(1)
  })

  test('is given back once, however often it ends', async () => {
    const { issue, begin, left, gate } = open()
    const { secret } = await issue()
    const requirement = { count: 'success' } as const
    const { response } = await begin(secret, requirement)
    await begin(secret)
    response.end(500)
    response.emit('close')
    await gate.close()
    expect(await left(secret)).toBe(2)
  })

  test('that was not finished counts, whatever is to be counted', async () => {
    for (const count of ['success', 'failure', () => false] as const) {
      for (const status of [200, 500]) {
        const { issue, begin, left } = open()
        const { secret } = await issue()
        const { response } = await begin(secret, { count })
        response.end(status, false)
        expect(await left(secret)).toBe(2)
      }
    }
  })

  test('counts where the gate is closed before it is over, or nobody tells of it', async () => {
    const { issue, begin, left, gate } = open()
    const { secret } = await issue()
    const { response } = await begin(secret, { count: 'success' })
    await gate.close()
    response.end(500)
    const decision = await gate.check(requestWith(secret), { count: 'success' })
    if (decision.allowed) decision.end()
    expect(await left(secret)).toBe(1)
  })

  test.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('wrong')
      },
    ],
    ['promises', () => Promise.resolve(false)],
    ['returns no boolean', () => 0],
  ])('counts where a function of the app %s, and onError is told', async (_, count) => {
    const outcome = await answered(500, { count } as Requirement)
    expect(outcome).toMatchObject({ before: 2, after: 2 })
    expect(outcome.told).toHaveLength(1)
  })

  test('of a request that a rule refuses is that of the denial', async () => {
    expect(await answered(403, { scopes: ['read:orders'], count: 'success' })).toMatchObject({
      after: 3,
    })
    expect(await answered(403, { scopes: ['read:orders'], count: 'failure' })).toMatchObject({
      after: 2,
    })
  })
})

describe('what is given back', () => {
  const ALL = {
    plus: {
      quota: { limit: 9, window: '1h' },
      credits: { amount: 9 },
      burst: { limit: 9, window: '1h' },
      concurrency: 2,
    },
  } as const
  const headers = { headers: ['ratelimit'] } as const

  function states(headers: Readonly<Record<string, string>>) {
    return headers['ratelimit']?.match(/"[^"]+";r=\d+/g)
  }

  test('is all that the request has cost, and its place under way once', async () => {
    const { issue, begin, gate } = open({ plans: ALL, limits: headers })
    const { secret } = await issue()
    const { decision, response } = await begin(secret, { cost: 4, count: 'success' })
    const taken = ['"quota-1h";r=5', '"credits";r=5', '"burst-1h";r=5', '"concurrency";r=1']
    expect(states(decision.headers)).toEqual(taken)
    response.end(500)
    const after = await gate.check(requestWith(secret), { cost: 0 })
    const whole = ['"quota-1h";r=9', '"credits";r=9', '"burst-1h";r=9', '"concurrency";r=2']
    expect(states(after.headers)).toEqual(whole)
  })

  test('of a burst is what time has not given back', async () => {
    const plans = { plus: { burst: { limit: 4, window: '4s' } } } as const
    const { issue, begin, gate, time } = open({ plans, limits: headers })
    const { secret } = await issue()
    const burst = async () => states((await gate.check(requestWith(secret), { cost: 0 })).headers)
    const { response } = await begin(secret, { cost: 2, count: 'success' })
    time.now += 1_000
    await begin(secret, { cost: 3 })
    expect(await burst()).toEqual(['"burst-4s";r=0'])
    // One of the two has come back by itself.
    response.end(500)
    expect(await burst()).toEqual(['"burst-4s";r=1'])
  })

  test('is nothing where the window has turned meanwhile', async () => {
    const { issue, begin, left, time } = open()
    const { secret } = await issue()
    const { response } = await begin(secret, { count: 'success' })
    time.now += 3_600_000
    await begin(secret)
    response.end(500)
    expect(await left(secret)).toBe(2)
  })

  test('is what all guards have taken, by the last one that says what counts', async () => {
    expect(await answered(500, {}, { count: 'success' })).toMatchObject({ before: 2, after: 3 })
    expect(await answered(500, { count: 'success' }, {})).toMatchObject({ before: 2, after: 3 })
    expect(await answered(500, { count: 'success' }, { cost: 3 })).toMatchObject({
      ...{ before: 0, after: 3 },
    })
    expect(await answered(500, {}, { cost: 3, count: 'success' })).toMatchObject({
      ...{ before: 0, after: 3 },
    })
    expect(await answered(500, { count: 'success' }, { count: 'failure' })).toMatchObject({
      ...{ before: 2, after: 2 },
    })
    expect(await answered(200, { count: 'success' }, { count: 'failure' })).toMatchObject({
      ...{ before: 2, after: 3 },
    })
  })

  test('is the limit of the route as well', async () => {
    const { issue, begin } = open()
    const { secret } = await issue({ limit: 100 })
    const login = { limit: { name: 'login', limit: 2, window: '1m' }, count: 'failure' } as const
    for (const guards of [[login], [{}, login], [{ cost: 2 }, { ...login, cost: 1 }]]) {
      for (let time = 0; time < 4; time++) {
        const { response, word } = await begin(secret, ...guards)
        expect(word).toBe('allowed')
        response.end(200)
      }
    }
    for (const word of ['allowed', 'allowed', 'route_limit_exceeded']) {
      const begun = await begin(secret, {}, login)
      expect(begun.word).toBe(word)
      begun.response.end(begun.decision.allowed ? 401 : 429)
    }
  })

  test('is what an earlier guard took, where a later one refuses', async () => {
    const { issue, begin, left } = open()
    const { secret } = await issue()
    const { response, word } = await begin(secret, { count: 'success' }, { cost: 3 })
    await begin(secret, { cost: 0 })
    expect(word).toBe('allowed')
    response.end(500)
    const other = await begin(secret, { count: 'success' }, { scopes: ['read:orders'] })
    expect(other.word).toBe('insufficient_scope')
    other.response.end(403)
    expect(await left(secret)).toBe(3)
  })
})

describe('while the limit store fails', () => {
  function failing() {
    const memory = createMemoryLimitStore()
    const state = { down: false, released: 0 }
    const store: LimitStore = {
      async consume(request) {
        await Promise.resolve()
        if (state.down) throw new Error('away')
        return memory.consume(request)
      },
      async release(request, taken) {
        await Promise.resolve()
        state.released += 1
        const done = memory.release?.(request, taken)
        if (state.down) throw new Error('the answer is lost')
        return done
      },
    }
    return { state, store }
  }

  test('what was counted by this process alone is given back to this process alone', async () => {
    const { state, store } = failing()
    const { issue, begin, left } = open({ limits: { store } })
    const { secret } = await issue()
    state.down = true
    const { response } = await begin(secret, { count: 'success' })
    expect(await left(secret)).toBe(2)
    response.end(500)
    expect(await left(secret)).toBe(3)
    expect(state.released).toBe(0)
  })

  test('what the store has counted is not taken from the count of this process', async () => {
    const { state, store } = failing()
    const plans = { plus: { quota: { limit: 3, window: 'day' } } } as const
    const { issue, begin, left } = open({ plans, limits: { store } })
    const { secret } = await issue()
    const { response } = await begin(secret, { count: 'success' })
    state.down = true
    await begin(secret)
    expect(await left(secret)).toBe(2)
    response.end(500)
    expect(await left(secret)).toBe(2)
  })

  test('what may have been given back is not given back again', async () => {
    const { state, store } = failing()
    const { issue, begin, gate, told } = open({ limits: { store } })
    const { secret } = await issue()
    const { response } = await begin(secret, { count: 'success' })
    state.down = true
    response.end(500)
    await new Promise(setImmediate)
    state.down = false
    while (!String(told).includes('answers again')) {
      await gate.check(requestWith(secret), { cost: 0 })
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await new Promise(setImmediate)
    expect(state.released).toBe(1)
  })
})

describe.each<[string, () => LimitStore]>([
  ['memory', createMemoryLimitStore],
  ['leases on memory', () => createLeasedLimitStore(createMemoryLimitStore())],
])('in %s', (_, createStore) => {
  test('what does not count leaves room, however often', async () => {
    const plans = {
      plus: { quota: { limit: 50, window: '1h' }, burst: { limit: 50, window: '1h' } },
    } as const
    const { issue, begin } = open({ plans, limits: { store: createStore() } })
    const { secret } = await issue()
    for (let round = 0; round < 4; round++) {
      const begun = await Promise.all(
        Array.from({ length: 40 }, () => begin(secret, { count: 'success' })),
      )
      expect(begun.filter(({ word }) => word === 'allowed').length).toBeGreaterThan(30)
      for (const { response } of begun) response.end(500)
    }
  })
})

describeWith(redisUrl, 'in Redis', (url) => {
  let client: Redis
  beforeAll(async () => {
    client = new Redis(url)
    await client.ping()
  })
  afterAll(async () => {
    await client.quit()
  })

  test.each([false, true])('instances give back to one count, with leases: %p', async (leased) => {
    const prefix = `sallyport:test:${randomUUID()}`
    const plans = {
      plus: {
        quota: { limit: 20, window: 'day' },
        credits: { amount: 20, refill: { every: 'month' } },
      },
    } as const
    const instances = await Promise.all(
      [1, 2].map(async () => {
        const redis = createRedisLimitStore(client, { prefix })
        const store = leased ? createLeasedLimitStore(redis) : redis
        const opened = open({ plans, limits: { store }, clock: Date.now })
        return { ...opened, secret: (await opened.issue()).secret }
      }),
    )
    for (let round = 0; round < 3; round++) {
      const begun = await Promise.all(
        instances.flatMap(({ begin, secret }) =>
          Array.from({ length: 10 }, () => begin(secret, { count: 'success' })),
        ),
      )
      expect(begun.map(({ word }) => word)).toEqual(Array(20).fill('allowed'))
      for (const { response } of begun) response.end(500)
      // Redis does one thing after the other: what comes now finds it done.
      await client.ping()
    }
    const [one] = instances
    expect(await one?.left(one.secret)).toBe(20)
    await Promise.all(instances.map(({ gate }) => gate.close()))
  })
})

describe('a requirement', () => {
  test('says what it takes for count', () => {
    expect(() => openGate().gate.requirement({ count: 'always' } as never)).toThrow(
      "requirement: 'count' must be 'success', 'failure', or a function of the response",
    )
  })

  test('with count needs a store that gives back', () => {
    const store = { consume: () => ({ allowed: true, at: 0, states: [] }) }
    expect(() => open({ limits: { store } }).gate.requirement({ count: 'success' })).toThrow(
      "requirement: 'count' needs a 'limits.store' that has release",
    )
  })
})
