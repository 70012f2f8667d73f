import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import type { Limit, LimitStore } from 'sallyport'
import { createRedisLimitStore } from 'sallyport/redis'
import { settle, type Counter } from '../../../src/limits/windows.js'
import { CONSUME } from '../../../adapters/redis/script.js'
import { dose } from '../../dose.js'
import { limits as ofAnyKind } from '../../limits/histories.js'
import { agrees as agreesOn, traffic } from '../../limits/slots.js'
import { describeWith, redisUrl } from '../../services.js'

const RUNS = dose(500, 10_000)

/** What is asked at an instant: the clock may go either way, and the plan may change. */
interface Step {
  readonly limits: readonly Limit[]
  readonly cost: number
  readonly byMs: number
}

/** Leap years among them, and a year of a hundred that is none. */
const starts = fc.oneof(
  fc.constantFrom(1_900_000_000_000, Date.UTC(2028, 1, 29, 23), Date.UTC(2100, 1, 28, 23)),
  fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2110, 0) }),
)

const named = fc
  .tuple(ofAnyKind, fc.constantFrom('a', 'b'))
  .map(([limit, name]): Limit => ({ ...limit, name }))

const limits = fc.uniqueArray(named, {
  minLength: 1,
  maxLength: 3,
  selector: ({ kind, name }) => `${kind} ${name}`,
})

/** A few plans among which a subject changes. */
const histories = fc.array(limits, { minLength: 1, maxLength: 3 }).chain((plans) => {
  const byMs = fc.oneof(
    fc.constantFrom(0, 0, 1, 10, 1_000, 3_600_000, -3_600_000, -1, 86_400_000, 2_678_400_000),
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
        .replace("'PEXPIRE', name, text(ttl)", "'PEXPIRE', name, '60000'")
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
      release: (request, taken) => store.release?.(request, taken),
    }
  }

  async function agrees(
    store: LimitStore,
    steps: readonly Step[],
    start: number,
  ): Promise<boolean> {
    const kept = new Map<string, Counter>()
    const counters = {
      read: ({ kind, name }: Limit) => kept.get(`${kind} ${name}`),
      write: ({ kind, name }: Limit, counter: Counter) => kept.set(`${kind} ${name}`, counter),
    }
    const subject = `org_${String(++subjects)}`
    let at = start
    for (const { limits: some, cost, byMs } of steps) {
      at = Math.max(start - 10_000_000, at + byMs)
      const request = { subject, limits: some, cost, at }
      const verdict = await store.consume(request)
      if (!isDeepStrictEqual(verdict, settle(counters, request, at))) return false
    }
    return true
  }

  test('counts as the core does, whatever plans and clocks do', async () => {
    const store = open()
    const holds = fc.asyncProperty(histories, starts, (steps, start) => agrees(store, steps, start))
    await fc.assert(holds, { numRuns: RUNS })
  }, 300_000)

  test('lets so many requests be under way as a plain list of them says', async () => {
    const store = open()
    const holds = fc.asyncProperty(traffic, (one) =>
      agreesOn(store, one, `org_${String(++subjects)}`),
    )
    await fc.assert(holds, { numRuns: Math.ceil(RUNS / 3) })
  }, 120_000)

  test.each([
    ['slots that never end', ["redis.pcall('ZREMRANGEBYSCORE', limit.slots, '-inf', at)", '0']],
    ['slots that are taken twice', ['limit.all + 1 - limit.own', 'limit.all + 1']],
    ['slots that are there for one more', ['limit.own >= limit.limit', 'limit.own > limit.limit']],
  ])('red control: %s', async (_, [right = '', wrong = '']) => {
    expect(CONSUME).toContain(right)
    const store = open((script) => script.replace(right, wrong))
    const holds = fc.asyncProperty(traffic, (one) =>
      agreesOn(store, one, `org_${String(++subjects)}`),
    )
    expect((await fc.check(holds, { numRuns: 1_000, endOnFailure: true })).failed).toBe(true)
  })

  test.each([
    ['a refund of half a bucket', ['math.max(0, missing)', 'math.max(0, missing - limit.window)']],
    ['a clock that refills twice', ['math.max(0, at - (', '(at - (']],
    ['numbers cut to 14 digits', ["string.format('%.0f', number)", 'tostring(number)']],
    ['plans that change the scale', ['return whole * window +', 'return counter.taken --']],
    ['a window that moves', ['math.min(counter.ends, ends)', 'ends']],
    ['counters that stay in the future', ['if spent or limit.ahead then', 'if spent then']],
    [
      'months of 31 days',
      ["if limit.calendar == 'month' then", "if limit.calendar == 'none' then"],
    ],
    ['a refill that takes away', ['return math.min(counter.taken, ', 'return (']],
    [
      'credits that end',
      ['if limit.window == 0 then return counter.taken', 'if false then return 0'],
    ],
  ])(
    'red control: %s',
    async (_, [right = '', wrong = '']) => {
      expect(CONSUME).toContain(right)
      const store = open((script) => script.replace(right, wrong))
      const holds = fc.asyncProperty(histories, starts, (steps, start) =>
        agrees(store, steps, start),
      )
      expect((await fc.check(holds, { numRuns: 3_000, endOnFailure: true })).failed).toBe(true)
    },
    120_000,
  )
})
