import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import type { Limit, LimitRequest, LimitStore } from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { limitStoreCases } from 'sallyport/testing'
import { describeWith, redisUrl } from '../../services.js'
import { SCRIPT_CLIENTS, type ScriptClient } from './script-clients.js'

const PREFIX = 'sallyport-limits-test'
const HOURLY: Limit = { name: 'hourly', kind: 'quota', limit: 5, windowMs: 3_600_000 }
const BURST: Limit = { name: 'burst', kind: 'burst', limit: 5, windowMs: 60_000 }

function request(fields: Partial<LimitRequest> = {}): LimitRequest {
  return { subject: 'org_1', limits: [HOURLY, BURST], cost: 1, at: 0, ...fields }
}

describeWith(redisUrl, 'limits in Redis', (url) => {
  let redis: Redis
  let opened: ScriptClient[] = []

  beforeAll(() => {
    redis = new Redis(url)
  })

  async function keys(): Promise<string[]> {
    const found: string[] = []
    for await (const some of redis.scanStream({ match: `${PREFIX}:*`, count: 1_000 })) {
      found.push(...(some as string[]))
    }
    return found
  }

  afterEach(async () => {
    for (const { close } of opened) close()
    opened = []
    const left = await keys()
    if (left.length > 0) await redis.del(...left)
  })

  afterAll(() => {
    redis.disconnect()
  })

  function open(name: string): LimitStore {
    const client = SCRIPT_CLIENTS[name]?.(url)
    if (client === undefined) throw new Error(`no such client: ${name}`)
    opened.push(client)
    return createRedisLimitStore(client.client, { prefix: PREFIX })
  }

  describe.each(Object.keys(SCRIPT_CLIENTS))('by way of %s', (name) => {
    for (const { name: holds, run } of limitStoreCases(() => [open(name), open(name)])) {
      test(holds, run)
    }

    test('a script that the server has lost is sent again', async () => {
      const store = open(name)
      await store.consume(request())
      await redis.script('FLUSH')
      const verdicts = await Promise.all([1, 2, 3].map(async () => store.consume(request())))
      expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, true])
      expect((await store.consume(request())).states[0]?.remaining).toBe(0)
    })
  })

  test('a request is one round trip, whatever the number of its limits', async () => {
    const store = open('ioredis')
    await store.consume(request())
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1])
    const before = await calls()
    const limits = Array.from({ length: 10 }, (_, n) => ({ ...HOURLY, name: `limit ${String(n)}` }))
    await store.consume(request({ limits }))
    expect(await calls()).toBe(before + 1)
  })

  test('every key expires, with the last of its windows', async () => {
    const store = open('ioredis')
    for (let n = 0; n < 200; n++) {
      const limits = n % 3 === 0 ? [HOURLY] : n % 3 === 1 ? [BURST] : [BURST, HOURLY]
      for (const cost of [1, 0, 9, 4]) {
        await store.consume(request({ subject: `org_${String(n % 100)}`, limits, cost }))
      }
    }
    const found = await keys()
    expect(found).toHaveLength(100)
    for (const key of found) {
      const [ttl, fields] = [await redis.pttl(key), await redis.hgetall(key)]
      const windows = Object.keys(fields).map((field) =>
        field.startsWith('quota') ? 3_600_000 : 60_000,
      )
      expect(ttl).toBeGreaterThan(Math.max(...windows) - 30_000)
      expect(ttl).toBeLessThanOrEqual(Math.max(...windows))
    }
  })

  test('credits are kept for ten years after they were last used', async () => {
    const store = open('ioredis')
    const limits: Limit[] = [{ name: 'credits', kind: 'credit', limit: 5, windowMs: 0 }, HOURLY]
    const [years, day] = [315_360_000_000, 86_400_000]
    const key = `${PREFIX}:{org_1}`
    await store.consume(request({ limits }))
    expect(await redis.pttl(key)).toBeGreaterThan(years - day)
    await redis.pexpire(key, years - 2 * day)
    await store.consume(request({ limits: [HOURLY] }))
    expect(await redis.pttl(key)).toBeLessThan(years - day)
    await store.consume(request({ limits }))
    expect(await redis.pttl(key)).toBeGreaterThan(years - day)
  })

  test('slots expire with their lease, are gone when they are given back, and one round trip does either', async () => {
    const store = open('ioredis')
    const slots: Limit = { name: 'slots', kind: 'concurrency', limit: 5, windowMs: 60_000 }
    const limits = [slots, HOURLY]
    const verdict = await store.consume(request({ limits, slot: 'a' }))
    const key = `${PREFIX}:{org_1}:slots`
    expect(await redis.pttl(key)).toBeGreaterThan(30_000)
    expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000)
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1])
    await store.release?.(request({ limits, slot: 'nobody', cost: 0 }), verdict)
    const before = await calls()
    await store.consume(request({ limits, slot: 'b' }))
    for (const slot of ['a', 'b']) {
      await store.release?.(request({ limits, slot, cost: 0 }), verdict)
    }
    expect(await calls()).toBe(before + 3)
    expect(await redis.exists(key)).toBe(0)
  })

  test.each([
    ['from a future that will never come', ['zadd', '9007199254740991', 'a']],
    ['that are no list', ['set', 'something']],
  ])('slots %s lock nobody out for longer than a lease', async (_, [command = '', ...values]) => {
    const store = open('ioredis')
    const slots: Limit = { name: 'slots', kind: 'concurrency', limit: 1, windowMs: 100 }
    await redis.call(command, `${PREFIX}:{org_1}:slots`, ...values)
    const ask = () => store.consume(request({ limits: [slots], slot: 'b' }))
    await ask()
    await new Promise((resolve) => setTimeout(resolve, 110))
    expect(await ask()).toMatchObject({ allowed: true })
  })

  test('who is refused or asks for nothing leaves no key', async () => {
    const store = open('ioredis')
    await store.consume(request({ cost: 0 }))
    await store.consume(request({ cost: 6 }))
    const slots: Limit = { name: 'slots', kind: 'concurrency', limit: 5, windowMs: 60_000 }
    await store.consume(request({ limits: [slots], slot: 'a', cost: 0 }))
    expect(await keys()).toEqual([])
  })

  test('all counters of a subject are in one slot of a cluster, whatever its name is', async () => {
    const store = open('ioredis')
    const subjects = ['org_1', '{', '}', '{}', 'a}b{c', ' ', '\n', 'x'.repeat(10_000), '\ud800', '']
    for (const subject of subjects) await store.consume(request({ subject }))
    const found = await keys()
    expect(found).toHaveLength(subjects.length)
    for (const key of found) expect(key).toMatch(/^sallyport-limits-test:\{[\w.:@#-]{1,128}\}$/)
  })

  test.each([
    ['no numbers', ['hset', 'quota hourly', 'many']],
    ['a window of nothing', ['hset', 'burst burst', '1 99999999999999 0']],
    ['numbers that are too long', ['hset', 'quota hourly', `${'9'.repeat(60)} 1 1`]],
    ['less than nothing', ['hset', 'quota hourly', '-9 99999999999999 1']],
    ['no hash', ['set', 'something']],
  ])(
    'a counter that is spoilt counts as one that is not there: %s',
    async (_, [command = '', ...values]) => {
      const store = open('ioredis')
      await redis.call(command, `${PREFIX}:{org_1}`, ...values)
      const verdict = await store.consume(request())
      expect(verdict).toMatchObject({ allowed: true })
      expect(verdict.states.map(({ remaining }) => remaining)).toEqual([4, 4])
      expect(await redis.pttl(`${PREFIX}:{org_1}`)).toBeGreaterThan(0)
    },
  )

  test('a counter that a later version has written in another way is neither read nor replaced', async () => {
    const store = open('ioredis')
    const counter = `v2 ${String(Date.now() + 60_000)} 3600000 5`
    await redis.hset(`${PREFIX}:{org_1}`, 'quota hourly', counter)
    await expect(store.consume(request())).rejects.toThrow('newer version of sallyport')
    expect(await redis.hgetall(`${PREFIX}:{org_1}`)).toEqual({ 'quota hourly': counter })
    await store.release?.(request({ slot: 'a' }), { allowed: true, at: 0, states: [] })
    expect(await redis.hgetall(`${PREFIX}:{org_1}`)).toEqual({ 'quota hourly': counter })
    expect(await store.consume(request({ subject: 'org_2' }))).toMatchObject({ allowed: true })
  })

  test.each([
    ['a quota', HOURLY, 3_600_000],
    ['a burst', BURST, 60_000],
  ])(
    'a counter from a future that will never come locks nobody out: %s',
    async (_, limit, longest) => {
      const store = open('ioredis')
      const future = `5000000000000000 9007199254740991 60000`
      await redis.hset(`${PREFIX}:{org_1}`, `${limit.kind} ${limit.name}`, future)
      const verdict = await store.consume(request({ limits: [limit] }))
      expect(verdict).toMatchObject({ allowed: false })
      const [standing] = verdict.states
      expect(standing?.retryAt).toBeLessThanOrEqual(verdict.at + longest)
      const [, endsAt = ''] = (
        (await redis.hget(`${PREFIX}:{org_1}`, `${limit.kind} ${limit.name}`)) ?? ''
      ).split(' ')
      expect(Number(endsAt)).toBeLessThanOrEqual(verdict.at + longest)
    },
  )
})
