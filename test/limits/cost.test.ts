import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Decision, LimitRefusal, LimitStore } from 'sallyport'
import { ask, openGate, repeated, requestWith, verdictOf } from './limited.js'

const heard: LimitRefusal[] = []
const hear = (message: unknown) => {
  heard.push(message as LimitRefusal)
}

afterEach(() => {
  heard.length = 0
  unsubscribe('sallyport:limits', hear)
})

function remaining({ headers }: Decision): string | undefined {
  return headers['x-ratelimit-remaining']
}

describe('a request', () => {
  test('takes what its route costs, from all limits or from none', async () => {
    const { gate, issue } = openGate()
    const { secret } = await issue()
    expect(await ask(gate, secret, 1, 2)).toEqual(['allowed'])
    expect(await ask(gate, secret, 5, 2)).toEqual(repeated('quota_exceeded', 5))
    expect(await ask(gate, secret, 2)).toEqual(['allowed', 'quota_exceeded'])
  })

  test('that costs nothing passes always, and is told how things stand', async () => {
    const { gate, issue } = openGate()
    const { secret } = await issue()
    await ask(gate, secret, 3)
    const decision = await gate.check(requestWith(secret), { cost: 0 })
    expect([verdictOf(decision), remaining(decision)]).toEqual(['allowed', '0'])
  })

  test.each([-1, 0.5, NaN, Infinity, '1', 3.0000001, 4])('cannot cost %p', (cost) => {
    const plans = {
      plus: { quota: { limit: 3, window: '1h' } },
      pro: { quota: 'unlimited' },
    } as const
    const { gate } = openGate({ plans })
    expect(() => gate.requirement({ cost: cost as number })).toThrow(
      "requirement: 'cost' must be a whole number from 0 to 3, the smallest limit there is",
    )
  })

  test('that lacks a scope costs as well; one whose key does not work costs nothing', async () => {
    const { gate, issue } = openGate()
    const { id, secret } = await issue()
    const denied = await gate.check(requestWith(secret), { scopes: ['read:orders'] })
    expect([verdictOf(denied), remaining(denied)]).toEqual(['insufficient_scope', '2'])
    await gate.keys.update(id, { disabled: true })
    const disabled = await gate.check(requestWith(secret))
    expect([verdictOf(disabled), remaining(disabled)]).toEqual(['key_disabled', undefined])
    await gate.keys.update(id, { disabled: false })
    expect(remaining(await gate.check(requestWith(secret)))).toBe('1')
  })
})

describe('several guards on one request', () => {
  async function pass(costs: readonly number[], limit = 10) {
    const plans = { plus: { quota: { limit: 10, window: '1h' } } } as const
    const { gate, issue } = openGate({ plans })
    const { secret } = await issue({ limit })
    let request = requestWith(secret)
    const seen: (string | undefined)[] = []
    for (const cost of costs) {
      const decision = await gate.check(request, { cost })
      seen.push(decision.allowed ? remaining(decision) : decision.reason)
      if (decision.allowed) request = { ...request, grant: decision }
    }
    seen.push(remaining(await gate.check(requestWith(secret), { cost: 0 })))
    return seen
  }

  test.each([
    ['the same', [1, 1, 1], ['9', '9', '9', '9']],
    ['a higher cost later', [1, 3, 3], ['9', '7', '7', '7']],
    ['a lower cost later', [3, 1, 0], ['7', '7', '7', '7']],
    ['none at first', [0, 2], ['10', '8', '8']],
  ])('take the highest cost of all: %s', async (_, costs, seen) => {
    expect(await pass(costs)).toEqual(seen)
  })

  test('refuse what there is no room for, and leave what was taken', async () => {
    expect(await pass([1, 3], 2)).toEqual(['1', 'quota_exceeded', '1'])
  })

  test('of two gates count for each', async () => {
    const one = openGate()
    const { secret } = await one.issue()
    const decision = await one.gate.check(requestWith(secret))
    if (!decision.allowed) throw new Error('not allowed')
    const request = requestWith(secret, { grant: decision })
    expect(verdictOf(await openGate().gate.check(request))).toBe('unknown_key')
  })
})

describe('in a dry run', () => {
  test('nothing is refused, all is counted, and what would be is told', async () => {
    subscribe('sallyport:limits', hear)
    const { gate, issue } = openGate({ limits: { dryRun: true } })
    const [plus, free] = [await issue(), await issue({ plan: 'free', ownerId: 'org_2' })]
    expect(await ask(gate, plus.secret, 4)).toEqual(repeated('allowed', 4))
    const decision = await gate.check(requestWith(plus.secret))
    expect([remaining(decision), decision.headers['retry-after']]).toEqual(['0', undefined])
    expect(await ask(gate, free.secret)).toEqual(['allowed'])
    const quota = { name: 'quota-1h', kind: 'quota', limit: 3, windowMs: 3_600_000, remaining: 0 }
    const [first, ...rest] = heard
    expect(first).toMatchObject({
      reason: 'quota_exceeded',
      limits: [quota],
      cost: 1,
      dryRun: true,
    })
    expect(first?.auth?.ownerId).toBe('org_1')
    expect(rest.map(({ reason }) => reason)).toEqual(['quota_exceeded', 'plan_without_access'])
    expect(JSON.stringify(heard)).not.toContain(plus.secret)
  })

  test('without it, what is refused is told all the same', async () => {
    subscribe('sallyport:limits', hear)
    const { gate, issue } = openGate()
    const { secret } = await issue()
    await ask(gate, secret, 4)
    expect(heard).toMatchObject([{ reason: 'quota_exceeded', dryRun: false }])
  })

  test('an outage lets all in', async () => {
    const store: LimitStore = {
      consume() {
        throw new Error('gone')
      },
    }
    const { gate, issue, told } = openGate({
      limits: { dryRun: true, store, onStoreError: 'deny' },
    })
    const { secret } = await issue()
    expect(await ask(gate, secret, 9)).toEqual(repeated('allowed', 9))
    expect(told).toHaveLength(1)
  })
})

describe('while the limit store', () => {
  const stores: readonly (readonly [string, LimitStore])[] = [
    [
      'throws',
      {
        consume() {
          throw new Error('gone')
        },
      },
    ],
    ['rejects', { consume: () => Promise.reject(new Error('gone')) }],
    ['does not answer', { consume: () => new Promise(() => undefined) }],
  ]

  describe.each(stores)('%s', (_, store) => {
    test('each process lets in its share', async () => {
      const { gate, issue, told } = openGate({ limits: { store, instances: 4 } })
      const { secret } = await issue({ limit: 20 })
      expect(await ask(gate, secret, 7)).toEqual([
        ...repeated('allowed', 5),
        ...repeated('quota_exceeded', 2),
      ])
      expect(told).toHaveLength(1)
    })

    test('all are refused with 503, or let in, as the app has chosen', async () => {
      const denying = openGate({ limits: { store, onStoreError: 'deny' } })
      const { secret } = await denying.issue()
      const denial = await denying.gate.check(requestWith(secret))
      expect(denial).toMatchObject({ status: 503, reason: 'limiter_unavailable' })
      expect(denial.headers['retry-after']).toBe('1')
      const allowing = openGate({ limits: { store, onStoreError: 'allow' } })
      const key = await allowing.issue()
      expect(await ask(allowing.gate, key.secret, 9)).toEqual(repeated('allowed', 9))
      for (const { told } of [denying, allowing]) {
        expect(told).toMatchObject([{ name: 'LimitStoreError', outage: 'begun' }])
      }
    })

    test('a plan without access stays without, and one without limits needs nobody', async () => {
      const { gate, issue } = openGate({ limits: { store, onStoreError: 'deny' } })
      const free = await issue({ plan: 'free' })
      const unlimited = await issue({ plan: 'enterprise' })
      expect(await ask(gate, free.secret)).toEqual(['plan_without_access'])
      expect(await ask(gate, unlimited.secret)).toEqual(['allowed'])
    })
  })
})
