import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryLimitStore, type GateOptions, type Plan } from 'sallyport'
import { ask, openGate, repeated, requestWith } from './limited.js'

const DAY = 86_400_000

function open(plan: Plan, options: GateOptions['limits'] = {}) {
  const limits = { defaultPlan: 'plus', store: createMemoryLimitStore(), ...options }
  return openGate({ plans: { plus: plan }, limits })
}

describe('a quota of the calendar', () => {
  test.each([
    ['month', Date.UTC(2030, 1, 1)],
    ['day', Date.UTC(2030, 1, 1)],
  ] as const)('ends with the %s, whenever its first request comes', async (window, end) => {
    const { gate, issue, time } = open({ quota: { limit: 2, window } })
    const { secret } = await issue()
    const decision = await gate.check(requestWith(secret))
    expect(decision.headers['x-ratelimit-reset']).toBe(String(end / 1_000))
    expect(await ask(gate, secret, 2)).toEqual(['allowed', 'quota_exceeded'])
    time.now = end - 1
    expect(await ask(gate, secret)).toEqual(['quota_exceeded'])
    time.now = end
    expect(await ask(gate, secret, 3)).toEqual(['allowed', 'allowed', 'quota_exceeded'])
  })
})

describe('credits', () => {
  test('are used up, and refilled when the month begins', async () => {
    const { gate, issue, time } = open({ credits: { amount: 3, refill: { every: 'month' } } })
    const { secret } = await issue()
    expect(await ask(gate, secret, 2, 2)).toEqual(['allowed', 'credits_exhausted'])
    expect(await ask(gate, secret, 2)).toEqual(['allowed', 'credits_exhausted'])
    const { headers } = await gate.check(requestWith(secret))
    expect(headers).toMatchObject({
      'retry-after': String(12 * 60 * 60),
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Date.UTC(2030, 1, 1) / 1_000),
    })
    time.now = Date.UTC(2030, 1, 1)
    expect(await ask(gate, secret, 4)).toEqual([...repeated('allowed', 3), 'credits_exhausted'])
  })

  test('that are never refilled end, and nobody is told to come back', async () => {
    const { gate, issue, time } = open(
      { credits: { amount: 2 } },
      { headers: ['x-ratelimit', 'ratelimit'] },
    )
    const { secret } = await issue()
    expect(await ask(gate, secret, 2)).toEqual(['allowed', 'allowed'])
    time.now += 3_650 * DAY
    const decision = await gate.check(requestWith(secret))
    expect(decision).toMatchObject({ status: 429, reason: 'credits_exhausted' })
    expect(decision.headers).not.toHaveProperty('retry-after')
    expect(decision.headers).not.toHaveProperty('x-ratelimit-reset')
    expect(decision.headers).toMatchObject({
      'ratelimit-policy': '"credits";q=2',
      ratelimit: '"credits";r=0',
    })
    expect(JSON.parse(decision.allowed ? '' : decision.body)).toMatchObject({
      detail: 'The credits of your plan are used up, and they are not refilled.',
    })
  })

  test('are refilled to what the refill says, and what is left beyond that stays', async () => {
    const { gate, issue, time } = open({
      credits: { amount: 5, refill: { amount: 2, every: '1d' } },
    })
    const [one, other] = [await issue(), await issue({ ownerId: 'org_2' })]
    await ask(gate, one.secret, 5)
    await ask(gate, other.secret, 1)
    time.now += DAY
    expect(await ask(gate, one.secret, 3)).toEqual(['allowed', 'allowed', 'credits_exhausted'])
    expect(await ask(gate, other.secret, 5)).toEqual([
      ...repeated('allowed', 4),
      'credits_exhausted',
    ])
  })

  test('are never there for what costs more than they are refilled to, and it is told so', async () => {
    const { gate, issue } = open({ credits: { amount: 5, refill: { amount: 2, every: '1d' } } })
    const { secret } = await issue()
    await ask(gate, secret, 1, 5)
    const later = await gate.check(requestWith(secret), { cost: 2 })
    expect(later.headers['retry-after']).toBe(String(DAY / 1_000))
    const never = await gate.check(requestWith(secret), { cost: 3 })
    expect(never).toMatchObject({ status: 429, reason: 'credits_exhausted' })
    expect(never.headers).not.toHaveProperty('retry-after')
    expect(JSON.parse(never.allowed ? '' : never.body)).toMatchObject({
      detail: 'This request costs more than the credits of your plan are refilled to.',
    })
  })

  test('are taken together with the windows of the plan, or not at all', async () => {
    const { gate, issue, time } = open({
      quota: { limit: 1, window: '1m' },
      credits: { amount: 3 },
    })
    const { secret } = await issue()
    const seen: string[] = []
    for (let n = 0; n < 4; n++) {
      seen.push(...(await ask(gate, secret, 2)))
      time.now += 60_000
    }
    const minute = ['allowed', 'quota_exceeded']
    expect(seen).toEqual([
      ...minute,
      ...minute,
      'allowed',
      'credits_exhausted',
      ...repeated('credits_exhausted', 2),
    ])
  })

  test('of a key or of an owner can be others than those of the plan', async () => {
    const { gate, issue } = open(
      { credits: { amount: 1 } },
      { override: ({ ownerId }) => (ownerId === 'org_2' ? { credits: 4 } : undefined) },
    )
    const allowed = async (fields: object) => {
      const { secret } = await issue(fields)
      return (await ask(gate, secret, 6)).filter((verdict) => verdict === 'allowed').length
    }
    expect(await allowed({})).toBe(1)
    expect(await allowed({ ownerId: 'org_2' })).toBe(4)
    expect(await allowed({ ownerId: 'org_3', limit: 3 })).toBe(3)
  })

  test('are topped up by saying that there are more', async () => {
    const bought = { credits: 2 }
    const { gate, issue } = open({ credits: { amount: 1 } }, { override: () => bought })
    const { secret } = await issue()
    expect(await ask(gate, secret, 3)).toContain('credits_exhausted')
    bought.credits += 2
    expect(await ask(gate, secret, 3)).toEqual(['allowed', 'allowed', 'credits_exhausted'])
  })

  test('that an override names and the plan has not let nobody in', async () => {
    const { gate, issue, told } = open(
      { quota: { limit: 1, window: '1m' } },
      { override: () => ({ credits: 4 }) },
    )
    const { secret } = await issue()
    expect(await ask(gate, secret)).toEqual(['limiter_unavailable'])
    expect(told).toHaveLength(1)
  })
})

describe('a warning', () => {
  afterEach(() => {
    jest.restoreAllMocks()
  })

  test.each([
    ['is given where credits are counted in memory and nobody said so', {}, 1],
    ['is not given where somebody did', { store: createMemoryLimitStore() }, 0],
  ])('%s', (_, limits, times) => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue()
    const plans = { plus: { credits: { amount: 1 } } }
    createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [], plans, limits })
    expect(warn.mock.calls).toHaveLength(times)
    if (times > 0)
      expect(warn.mock.calls[0]).toEqual([
        expect.stringContaining('forgotten'),
        { code: 'SALLYPORT_CREDITS_IN_MEMORY' },
      ])
  })
})
