import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMemoryLimitStore, type Plan } from 'sallyport'
import { parseList } from 'structured-headers'
import { dose } from '../dose.js'
import { ask, NOON, openGate, requestWith } from './limited.js'
import { readVectors } from '../vectors/read.js'

interface Examples {
  readonly tests: readonly { readonly field: string; readonly value: string }[]
}

const BOTH = ['x-ratelimit', 'ratelimit'] as const

const size = fc.integer({ min: 5, max: 12 })
const length = fc.constantFrom('1s', '1500ms', '60s', '1h', '366d')
const shorter = fc.constantFrom('1s', '1500ms', '60s', '30d')
const ofCalendar = fc.oneof(length, fc.constantFrom('day', 'month'))
const plans = fc
  .record(
    {
      quota: fc.uniqueArray(fc.record({ limit: size, window: ofCalendar }), {
        minLength: 1,
        maxLength: 3,
        selector: ({ window }) => window,
      }),
      burst: fc.record({ limit: size, window: shorter }),
      credits: fc.record(
        { amount: size, refill: fc.record({ every: ofCalendar, amount: size }) },
        { requiredKeys: ['amount'] },
      ),
      concurrency: size,
    },
    { requiredKeys: [] },
  )
  .filter((plan) => Object.keys(plan).length > 0) as fc.Arbitrary<Plan>
const step = fc.record({
  afterMs: fc.constantFrom(0, 1, 400, 1_000, 3_600_000),
  cost: fc.integer({ min: 0, max: 5 }),
})

/** A field as a client reads it: names, each with its parameters. */
function read(value: string | undefined): [unknown, Record<string, unknown>][] {
  return parseList(value ?? '').map((member) => {
    const [name, parameters] = member
    return [name, Object.fromEntries(parameters)]
  })
}

async function answer(fields: object, times: number, options: object = { headers: BOTH }) {
  const { gate, issue, time } = openGate({ limits: options })
  const { secret } = await issue(fields)
  time.now += 1
  await ask(gate, secret, times - 1)
  const decision = await gate.check(requestWith(secret))
  return { gate, secret, time, decision, headers: decision.headers }
}

describe('X-RateLimit', () => {
  test('does not pass a burst for a quota', async () => {
    const { headers } = await answer({ plan: 'steady' }, 1)
    expect(headers).not.toHaveProperty('x-ratelimit-limit')
    expect(headers).toHaveProperty('ratelimit-policy')
  })

  test('tells of the quota, in whole seconds that are never too early', async () => {
    const { headers } = await answer({ plan: 'pro' }, 2)
    expect(headers).toMatchObject({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '98',
      'x-ratelimit-reset': String(NOON / 1_000 + 3_601),
    })
  })

  test.each([
    ['of several quotas, of the one with the least left', { plan: 'both' }, 1, ['3', '2', 60]],
    [
      'of two with as little left, of the one that lasts longer',
      { plan: 'both', limit: 5 },
      5,
      ['5', '0', 86_400],
    ],
    ['where there is none, of the burst that refuses', { plan: 'steady' }, 3, ['2', '0', 10]],
  ])('tells %s', async (_, fields, times, [limit, left, seconds]) => {
    const { headers } = await answer(fields, times)
    expect(headers).toMatchObject({
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': left,
      'x-ratelimit-reset': String(NOON / 1_000 + Number(seconds) + 1),
    })
  })

  test('says nothing where nothing is limited', async () => {
    const { headers } = await answer({ plan: 'enterprise' }, 1)
    expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([])
  })
})

describe('RateLimit and RateLimit-Policy', () => {
  test('are lists of named limits, as a client for structured fields reads them', async () => {
    const { headers } = await answer({ plan: 'pro' }, 3)
    expect(read(headers['ratelimit-policy'])).toEqual([
      ['quota-1h', { q: 100, w: 3_600 }],
      ['burst-1s', { q: 10, w: 1 }],
    ])
    expect(read(headers['ratelimit'])).toEqual([
      ['quota-1h', { r: 97, t: 3_600 }],
      ['burst-1s', { r: 7, t: 1 }],
    ])
  })

  test('are written as the draft writes them', async () => {
    const { headers } = await answer({ plan: 'both' }, 1)
    const { tests } = readVectors('ratelimit/ratelimit-draft-examples.json') as Examples
    // Without partition keys, which are not written here, and two of which are not base64.
    const examples = tests.filter(({ value }) => !value.includes('pk='))
    for (const { field, value } of examples) {
      const ours = read(headers[field.toLowerCase()])
      expect(ours.length).toBeGreaterThan(0)
      for (const [name, parameters] of read(value)) {
        const known = field === 'RateLimit' ? ['r', 't'] : ['q', 'w']
        expect([typeof name, Object.keys(parameters)]).toEqual(['string', known])
      }
      for (const [name, parameters] of ours) {
        const known = field === 'RateLimit' ? ['r', 't'] : ['q', 'w']
        expect([typeof name, Object.keys(parameters)]).toEqual(['string', known])
      }
    }
    expect(headers['ratelimit']).toBe('"quota-1m";r=2;t=60, "quota-1d";r=4;t=86400')
  })

  test.each<[string, Plan, object, object]>([
    [
      'requests under way in a unit of their own, without a window',
      { concurrency: 3 },
      { q: 3, qu: 'concurrent-requests' },
      { r: 2 },
    ],
    [
      'a month without a length',
      { quota: { limit: 9, window: 'month' } },
      { q: 9 },
      { r: 8, t: 43_200 },
    ],
    ['a day likewise', { quota: { limit: 9, window: 'day' } }, { q: 9 }, { r: 8, t: 43_200 }],
    ['credits without a time', { credits: { amount: 9 } }, { q: 9 }, { r: 8 }],
    [
      'credits that are refilled to more',
      { credits: { amount: 2, refill: { every: '1d', amount: 9 } } },
      { q: 9, w: 86_400 },
      { r: 1, t: 86_400 },
    ],
    [
      'parts of seconds rounded up',
      { quota: { limit: 9, window: '1500ms' } },
      { q: 9, w: 2 },
      { r: 8, t: 2 },
    ],
  ])('tell of %s', async (_, plan, policy, state) => {
    const limits = { defaultPlan: 'plus', headers: BOTH, store: createMemoryLimitStore() }
    const { gate, issue } = openGate({ plans: { plus: plan }, limits })
    const { headers } = await gate.check(requestWith((await issue()).secret))
    expect(read(headers['ratelimit-policy'])).toEqual([[expect.any(String), policy]])
    expect(read(headers['ratelimit'])).toEqual([[expect.any(String), state]])
  })

  test('are what the draft allows, whatever plans there are, and name each limit once in both', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.array(step, { maxLength: 12 }), async (plan, steps) => {
        const limits = { defaultPlan: 'plus', headers: BOTH, store: createMemoryLimitStore() }
        const { gate, issue, time } = openGate({ plans: { plus: plan }, limits })
        const { secret } = await issue()
        for (const { afterMs, cost } of steps) {
          time.now += afterMs
          const decision = await gate.check(requestWith(secret), { cost })
          const { headers } = decision
          const [policies, states] = [read(headers['ratelimit-policy']), read(headers['ratelimit'])]
          expect(new Set(policies.map(([name]) => name)).size).toBe(policies.length)
          expect(states.map(([name]) => name)).toEqual(policies.map(([name]) => name))
          const after = Number(headers['retry-after'] ?? Infinity)
          for (const [
            index,
            [name, { q, qu = 'requests', w = 1, ...others }],
          ] of policies.entries()) {
            const [, { r, t = 0, ...more }] = states[index] ?? [name, {}]
            expect([typeof name, others, more]).toEqual(['string', {}, {}])
            for (const number of [q, w, r, t]) expect(Number.isSafeInteger(number)).toBe(true)
            expect(['requests', 'concurrent-requests']).toContain(qu)
            expect(w).toBeGreaterThanOrEqual(1)
            expect(r).toBeGreaterThanOrEqual(0)
            expect(r).toBeLessThanOrEqual(Number(q))
            // Of a limit that refuses, nothing more is there before Retry-After.
            if (r === 0 && qu === 'requests' && cost > 0)
              expect(after).toBeGreaterThanOrEqual(Number(t))
          }
          if (!decision.allowed) expect(decision.status).toBe(429)
        }
      }),
      { numRuns: dose(40, 150) },
    )
  })

  test('name the time of Retry-After where they refuse', async () => {
    const { decision, headers } = await answer({ plan: 'steady' }, 3)
    expect(decision).toMatchObject({ status: 429, reason: 'burst_exceeded' })
    expect(headers['retry-after']).toBe('5')
    expect(read(headers['ratelimit'])).toEqual([['burst-10s', { r: 0, t: 5 }]])
  })
})

describe('which of them', () => {
  test.each([
    [undefined, ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']],
    [['ratelimit'], ['ratelimit', 'ratelimit-policy']],
    [[], []],
  ])('is said by %j', async (names, fields) => {
    const { headers } = await answer({}, 1, names === undefined ? {} : { headers: names })
    const seen = Object.keys(headers).filter((name) => name.includes('ratelimit'))
    expect(seen.sort()).toEqual(fields)
  })
})

describe('Retry-After', () => {
  test.each([
    [0, 3_600],
    [1, 3_600],
    [999, 3_600],
    [1_000, 3_599],
    [3_599_998, 1],
  ])('%i ms after the first request is never before the window ends', async (later, seconds) => {
    const { gate, secret, time } = await answer({}, 3)
    time.now += later
    const { headers } = await gate.check(requestWith(secret))
    expect(headers['retry-after']).toBe(String(seconds))
    time.now += seconds * 1_000
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
  })

  test('is the window where the cost is above the limit of the key: it never passes', async () => {
    const { gate, issue } = openGate()
    const { secret } = await issue({ plan: 'pro', limit: 1 })
    const decision = await gate.check(requestWith(secret), { cost: 2 })
    expect(decision).toMatchObject({ reason: 'quota_exceeded' })
    expect(decision.headers['retry-after']).toBe('3600')
  })
})
