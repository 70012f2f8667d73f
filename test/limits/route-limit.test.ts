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
import { until } from '../adapters/until.js'
import { openGate, repeated, requestWith, verdictOf } from './limited.js'

const LIMITED = 'route_limit_exceeded'
const EXPORTS = { name: 'exports', limit: 2, window: '1m' } as const
type Opened = ReturnType<typeof openGate>
type Gate = Opened['gate']

/** A gate without plans. */
const UNPLANNED: Partial<GateOptions> = { plans: undefined } as never

function open(options: Partial<GateOptions> = UNPLANNED) {
  const opened = openGate(options)
  const issue = async (fields: object = {}) => {
    const { secret } = await opened.issue({ ...fields })
    return secret
  }
  return { ...opened, issue }
}

/** A request that passes several guards, one after the other; and what the last of them decided. */
async function pass(gate: Gate, secret: string, ...guards: readonly Requirement[]) {
  let request: GateRequest = requestWith(secret)
  let decision = await gate.check(request, guards[0])
  for (const guard of guards.slice(1)) {
    if (!decision.allowed) break
    request = { ...request, grant: decision }
    decision = await gate.check(request, guard)
  }
  return decision
}

async function words(gate: Gate, secret: string, times: number, ...guards: readonly Requirement[]) {
  const seen: string[] = []
  for (let time = 0; time < times; time++) seen.push(verdictOf(await pass(gate, secret, ...guards)))
  return seen
}

describe('a limit of a route', () => {
  test('holds for each caller, and for each route by itself, without plans', async () => {
    const { gate, issue, time } = open()
    const [one, other] = [await issue(), await issue({ ownerId: 'org_2' })]
    const route = gate.requirement({ limit: { limit: 2, window: '1m' } })
    const another = gate.requirement({ limit: { limit: 2, window: '1m' } })
    expect(await words(gate, one, 3, route)).toEqual(['allowed', 'allowed', LIMITED])
    expect(await words(gate, one, 3, another)).toEqual(['allowed', 'allowed', LIMITED])
    expect(await words(gate, other, 3, route)).toEqual(['allowed', 'allowed', LIMITED])
    expect(await words(gate, one, 5)).toEqual(repeated('allowed', 5))
    time.now += 60_000
    expect(await words(gate, one, 3, route)).toEqual(['allowed', 'allowed', LIMITED])
  })

  test('is shared by routes that give it the same name', async () => {
    const { gate, issue } = open()
    const secret = await issue()
    const [route, another] = [1, 2].map(() => gate.requirement({ limit: EXPORTS }))
    expect(await words(gate, secret, 1, route ?? {})).toEqual(['allowed'])
    expect(await words(gate, secret, 2, another ?? {})).toEqual(['allowed', LIMITED])
  })

  test.each<['owner' | 'key', string]>([
    ['owner', LIMITED],
    ['key', 'allowed'],
  ])('is counted as limits.by says: by %s', async (by, expected) => {
    const { gate, issue } = open({ ...UNPLANNED, limits: { by } })
    const [one, other] = [await issue(), await issue()]
    await words(gate, one, 2, { limit: EXPORTS })
    expect(await words(gate, other, 1, { limit: EXPORTS })).toEqual([expected])
  })

  test('says 429, when to come back, and how it stands', async () => {
    const headers = ['x-ratelimit', 'ratelimit'] as const
    const { gate, issue } = open({ limits: { headers } })
    const secret = await issue({ plan: 'pro' })
    const first = await pass(gate, secret, { limit: EXPORTS })
    const later = await pass(
      gate,
      await issue({ plan: 'pro', ownerId: 'org_2' }),
      {},
      { limit: EXPORTS },
    )
    expect(later.headers['ratelimit-policy']).toBe(first.headers['ratelimit-policy'])
    const more = [{}, { cost: 2, limit: EXPORTS }]
    const owed = await pass(gate, await issue({ plan: 'pro', ownerId: 'org_3' }), ...more)
    expect(
      String(owed.headers['ratelimit'])
        .match(/";r=\d+/g)
        ?.sort(),
    ).toEqual([...['";r=0', '";r=8', '";r=98']])
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'ratelimit-policy':
        '"quota-1h";q=100;w=3600, "burst-1s";q=10;w=1, "route-exports-1m";q=2;w=60',
    })
    await pass(gate, secret, { limit: EXPORTS })
    const denial = await pass(gate, secret, { limit: EXPORTS })
    expect(denial).toMatchObject({ status: 429, code: LIMITED })
    expect(denial.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining': '0' })
  })

  test('is taken with the limits of the plan, or nothing is', async () => {
    const { gate, issue } = open({})
    const secret = await issue()
    await words(gate, secret, 2, { limit: EXPORTS })
    // The plan has one left, and keeps it.
    expect(await words(gate, secret, 3, { limit: EXPORTS })).toEqual(repeated(LIMITED, 3))
    expect(await words(gate, secret, 2)).toEqual(['allowed', 'quota_exceeded'])
    expect(await words(gate, secret, 1, { limit: EXPORTS })).toEqual(['quota_exceeded'])
  })

  test('is taken by what the route costs', async () => {
    const { gate, issue } = open()
    const limit = { ...EXPORTS, limit: 5 }
    const secret = await issue()
    expect(await words(gate, secret, 3, { cost: 2, limit })).toEqual([
      'allowed',
      'allowed',
      LIMITED,
    ])
    expect(await words(gate, secret, 9, { cost: 0, limit })).toEqual(repeated('allowed', 9))
    expect(await words(gate, secret, 2, { cost: 1, limit })).toEqual(['allowed', LIMITED])
  })

  test('in a dry run refuses nothing', async () => {
    const { gate, issue } = open({ ...UNPLANNED, limits: { dryRun: true } })
    expect(await words(gate, await issue(), 5, { limit: EXPORTS })).toEqual(repeated('allowed', 5))
  })
})

describe('behind a guard for all routes', () => {
  test('is counted once for a request, beside the plan', async () => {
    const { gate, issue } = open({})
    const secret = await issue({ plan: 'pro' })
    const decision = await pass(gate, secret, {}, { limit: EXPORTS }, { limit: EXPORTS }, {})
    expect(decision.headers).toMatchObject({
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
    })
    expect(await words(gate, secret, 2, {}, { limit: EXPORTS })).toEqual(['allowed', LIMITED])
    const free = await pass(gate, secret, { cost: 0 })
    // Three requests, and one that was refused by its route after the first guard had let it in.
    expect(free.headers).toMatchObject({ 'x-ratelimit-remaining': '97' })
  })

  test('takes what the plan is owed beside it: all, or nothing', async () => {
    const plans = { plus: { quota: { limit: 100, window: '1h' } } } as const
    const { gate, issue } = open({ plans })
    const secret = await issue({ limit: 5 })
    const guards = [{ cost: 1 }, { cost: 3, limit: { ...EXPORTS, limit: 3 } }] as const
    expect(await words(gate, secret, 1, ...guards)).toEqual(['allowed'])
    // The plan has 2 left, of which the first guard takes one; the route has none.
    expect(await words(gate, secret, 1, ...guards)).toEqual([LIMITED])
    const other = { cost: 3, limit: { ...EXPORTS, name: 'other', limit: 3 } } as const
    expect(await words(gate, secret, 1, { cost: 1 }, other)).toEqual(['quota_exceeded'])
    // Nothing was taken from the route: with more in its plan, the same owner has all of it.
    const { secret: rich } = await gate.keys.create({
      name: 'CI',
      ownerId: 'org_1',
      plan: 'plus',
      limit: 100,
    })
    expect(await words(gate, rich, 2, { cost: 1 }, other)).toEqual(['allowed', LIMITED])
  })

  test('gives back what the last guard took, and nothing of those before it', async () => {
    const plans = { plus: { quota: { limit: 100, window: '1h' } } } as const
    const { gate, issue } = open({ plans })
    const [first, second] = [
      { ...EXPORTS, name: 'first', limit: 3 },
      { ...EXPORTS, name: 'second', limit: 3 },
    ] as const
    const secret = await issue({ limit: 2 })
    const guards = [{ cost: 1 }, { cost: 2, limit: first }, { cost: 3, limit: second }] as const
    expect(await words(gate, secret, 1, ...guards)).toEqual(['quota_exceeded'])
    const { secret: rich } = await gate.keys.create({
      name: 'CI',
      ownerId: 'org_1',
      plan: 'plus',
      limit: 100,
    })
    const ask = (cost: number, limit: typeof first | typeof second) =>
      words(gate, rich, 1, { cost, limit })
    expect(await ask(2, first)).toEqual([LIMITED])
    expect(await ask(1, first)).toEqual(['allowed'])
    expect(await ask(3, second)).toEqual(['allowed'])
  })

  test('gives it back where the count of the plan fails after it', async () => {
    const memory = createMemoryLimitStore()
    let isAway = false
    const store: LimitStore = {
      ...memory,
      consume(request) {
        const isOfPlan = request.limits.some(({ limit }) => limit === 100)
        if (isAway && isOfPlan) throw new Error('away')
        return memory.consume(request)
      },
    }
    const plans = { plus: { quota: { limit: 100, window: '1h' } } } as const
    const released: string[] = []
    const release: LimitStore['release'] = (request, taken) => {
      released.push(...request.limits.map(({ name }) => name))
      return memory.release?.(request, taken)
    }
    const limits = { store: { ...store, release }, onStoreError: 'deny' } as const
    const { gate, issue } = open({ plans, limits })
    const secret = await issue()
    const wide = { cost: 2, limit: { ...EXPORTS, limit: 2, window: '1h' } } as const
    let request: GateRequest = requestWith(secret)
    const grant = await gate.check(request, { cost: 1 })
    if (!grant.allowed) throw new Error('It is let in.')
    request = { ...request, grant }
    isAway = true
    expect(verdictOf(await gate.check(request, wide))).toBe('limiter_unavailable')
    isAway = false
    // It is asked again within half a second, and told what it is owed.
    await until(() => {
      void gate.check(requestWith(secret))
      return released.length > 0
    })
    expect(released).toEqual(['route-exports-1h'])
    expect(await words(gate, await issue(), 2, wide)).toEqual(['allowed', LIMITED])
  })

  test('several limits of several guards all hold', async () => {
    const { gate, issue } = open()
    const secret = await issue()
    const [wide, narrow] = [{ name: 'all', limit: 3, window: '1m' } as const, EXPORTS]
    const guards = [{ limit: wide }, { limit: narrow }]
    expect(await words(gate, secret, 3, ...guards)).toEqual(['allowed', 'allowed', LIMITED])
    expect(await words(gate, secret, 1, { limit: wide })).toEqual([LIMITED])
  })

  test('with requests under way, a place is held once', async () => {
    const plans = { plus: { concurrency: 1, quota: 'unlimited' } } as const
    const { gate, issue } = open({ plans })
    const secret = await issue()
    const decision = await pass(gate, secret, {}, { limit: EXPORTS })
    expect(await words(gate, secret, 1)).toEqual(['concurrency_exceeded'])
    if (decision.allowed) decision.end()
    expect(await words(gate, secret, 1, {}, { limit: EXPORTS })).toEqual(['allowed'])
  })
})

describe.each<[string, () => LimitStore]>([
  ['memory', createMemoryLimitStore],
  ['leases on memory', () => createLeasedLimitStore(createMemoryLimitStore())],
])('in %s', (_, createStore) => {
  test('no more are let in than the limit, however many come at once', async () => {
    const { gate, issue } = open({ limits: { store: createStore() } })
    const secret = await issue({ plan: 'enterprise' })
    const coming = Array.from({ length: 50 }, () => pass(gate, secret, { limit: EXPORTS }))
    const later = Array.from({ length: 50 }, () => pass(gate, secret, {}, { limit: EXPORTS }))
    const seen = (await Promise.all([...coming, ...later])).map(verdictOf)
    expect(seen.filter((word) => word === 'allowed')).toHaveLength(2)
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

  test.each([false, true])('instances share the limit, with leases: %p', async (leased) => {
    const prefix = `sallyport:test:${randomUUID()}`
    const instances = [1, 2].map(() => {
      const store = createRedisLimitStore(client, { prefix })
      return open({ limits: { store: leased ? createLeasedLimitStore(store) : store } })
    })
    const seen = await Promise.all(
      instances.map(async ({ gate, issue }) => {
        const secret = await issue({ plan: 'enterprise' })
        return Promise.all(
          Array.from({ length: 9 }, () => pass(gate, secret, {}, { limit: EXPORTS })),
        )
      }),
    )
    expect(
      seen
        .flat()
        .map(verdictOf)
        .filter((word) => word === 'allowed'),
    ).toHaveLength(2)
    await Promise.all(instances.map(({ gate }) => gate.close()))
  })
})

describe('a requirement', () => {
  test.each<[unknown, string]>([
    [10, "requirement: 'limit' must be such as { name: 'exports', limit: 10, window: '1h' }"],
    [{ limit: 10 }, "'window' must be 'day', 'month', or a duration"],
    [{ limit: 10, window: '1h', name: 'my route' }, "'name' must be letters, digits, _ and -"],
    [{ limit: 10, windw: '1h', window: '1h' }, "did you mean 'window'?"],
    [{ limit: 0, window: '1h' }, "requirement: 'limit' 'limit' must be at least 1"],
  ])('may not have the limit %j', (limit, message) => {
    expect(() => openGate().gate.requirement({ limit } as never)).toThrow(message)
  })

  test('may not cost more than its limit', () => {
    expect(() => open().gate.requirement({ cost: 3, limit: EXPORTS })).toThrow(
      "requirement: 'limit' is below the 'cost' of the route: nothing would ever pass",
    )
  })

  test('that comes with each request needs a name for its limit', () => {
    const { gate } = openGate()
    expect(() => gate.check(requestWith('x'), { limit: { limit: 1, window: '1m' } })).toThrow(
      "needs a 'name' where gate.check is given the requirement itself",
    )
  })
})
