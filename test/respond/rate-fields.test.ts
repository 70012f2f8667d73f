import { describe, expect, test } from '@jest/globals'
import { parseList } from 'structured-headers'
import { ask, NOON, openGate, requestWith } from '../authorize/limited.js'
import { readVectors } from '../vectors/read.js'

interface Examples {
  readonly tests: readonly { readonly field: string; readonly value: string }[]
}

const BOTH = ['x-ratelimit', 'ratelimit'] as const

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
    ['where there is none, of the burst', { plan: 'steady' }, 1, ['2', '1', 5]],
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
