import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import type { Limit, LimitStore } from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { settle, type Counter } from '../../../src/limits/windows.js'
import { CONSUME } from '../../../adapters/redis/script.js'
import { describeWith, redisUrl } from '../../services.js'

/** What is asked at an instant: the clock may go either way, and the plan may change. */
interface Step {
  readonly limits: readonly Limit[]
  readonly cost: number
  readonly byMs: number
}

const START = 1_900_000_000_000

const sizes = fc
  .record({
    limit: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000_000 })),
    windowMs: fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom(997, 1_000, 60_000, 3_600_000, 2_592_000_000),
    ),
  })
  .filter(({ limit, windowMs }) => limit * windowMs <= Number.MAX_SAFE_INTEGER)

const named = fc
  .tuple(sizes, fc.constantFrom('quota', 'burst'), fc.constantFrom('a', 'b'))
  .map(([size, kind, name]): Limit => ({ ...size, kind, name }))

const limits = fc.uniqueArray(named, {
  minLength: 1,
  maxLength: 3,
  selector: ({ kind, name }) => `${kind} ${name}`,
})

/** A few plans among which a subject changes. */
const histories = fc.array(limits, { minLength: 1, maxLength: 3 }).chain((plans) => {
  const byMs = fc.oneof(
    fc.constantFrom(0, 0, 1, 10, 1_000, 3_600_000, -3_600_000, -1),
    fc.integer({ min: -100, max: 1_000 }),
    fc.constantFrom(...plans.flat().map(({ windowMs }) => windowMs)),
  )
  const cost = fc.oneof(
    fc.constantFrom(0, 1, 1, 2, 5),
    fc.constantFrom(...plans.flat().flatMap(({ limit }) => [limit, Math.ceil(limit / 3)])),
  )
  const step = fc.record({ limits: fc.constantFrom(...plans), cost, byMs })
  return fc.array(step, { minLength: 1, maxLength: 16 })
})

describeWith(redisUrl, 'the script', (url) => {
  let redis: Redis
  let subjects = 0
  beforeAll(() => {
    redis = new Redis(url)
  })
  afterAll(async () => {
    const keys = await redis.keys('sallyport-script:*')
    if (keys.length > 0) await redis.del(...keys)
    redis.disconnect()
  })

  /** A store whose script is told the time, and whose counters stay for as long as the test may take. */
  function open(change: (script: string) => string = (script) => script): LimitStore {
    let at = 0
    const timed = (script: string) =>
      script
        .replace(/local time = .*\nlocal at = .*\n/, `local at = ${String(at)}\n`)
        .replace("'PEXPIRE', key, text(ttl)", "'PEXPIRE', key, '60000'")
    const client = {
      status: 'ready',
      on: () => undefined,
      evalsha: () => Promise.reject(new Error('NOSCRIPT')),
      eval: (script: string, keys: number, ...rest: string[]) =>
        redis.eval(change(timed(script)), keys, ...rest),
    }
    const store = createRedisLimitStore(client, { prefix: 'sallyport-script' })
    return {
      consume(request) {
        at = request.at
        return store.consume(request)
      },
    }
  }

  async function agrees(store: LimitStore, steps: readonly Step[]): Promise<boolean> {
    const kept = new Map<string, Counter>()
    const counters = {
      read: ({ kind, name }: Limit) => kept.get(`${kind} ${name}`),
      write: ({ kind, name }: Limit, counter: Counter) => kept.set(`${kind} ${name}`, counter),
    }
    const subject = `org_${String(++subjects)}`
    let at = START
    for (const { limits: some, cost, byMs } of steps) {
      at = Math.max(START - 10_000_000, at + byMs)
      const request = { subject, limits: some, cost, at }
      const verdict = await store.consume(request)
      if (!isDeepStrictEqual(verdict, settle(counters, request, at))) return false
    }
    return true
  }

  test('counts as the core does, whatever plans and clocks do', async () => {
    const store = open()
    const holds = fc.asyncProperty(histories, (steps) => agrees(store, steps))
    await fc.assert(holds, { numRuns: 1_500 })
  }, 120_000)

  test.each([
    ['a refund of half a bucket', ['math.max(0, missing)', 'math.max(0, missing - limit.window)']],
    ['a clock that refills twice', ['math.max(0, at - (', '(at - (']],
    ['numbers cut to 14 digits', ["string.format('%.0f', number)", 'tostring(number)']],
    ['plans that change the scale', ['return whole * window +', 'return counter.taken --']],
    ['a window that moves', ['math.min(counter.ends, ends)', 'ends']],
    ['counters that stay in the future', ['if spent or limit.ahead then', 'if spent then']],
  ])(
    'red control: %s',
    async (_, [right = '', wrong = '']) => {
      expect(CONSUME).toContain(right)
      const store = open((script) => script.replace(right, wrong))
      const holds = fc.asyncProperty(histories, (steps) => agrees(store, steps))
      expect((await fc.check(holds, { numRuns: 3_000, endOnFailure: true })).failed).toBe(true)
    },
    120_000,
  )
})
