import { EventEmitter } from 'node:events'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import {
  createMemoryLimitStore,
  type Decision,
  type GateOptions,
  type LimitRequest,
  type LimitStore,
  type Plan,
  type Requirement,
} from 'sallyport'
import { openGate, requestWith, verdictOf } from './limited.js'

/** A response that is over when the test says so. */
class Response extends EventEmitter {
  readonly statusCode = 200
  readonly writableFinished = true
  closed = false

  close(): void {
    this.closed = true
    this.emit('close')
  }
}

/** A gate with one plan, and what its store was asked for and given back. */
async function open(plan: Plan, options: Partial<GateOptions> = {}) {
  const memory = createMemoryLimitStore()
  const asked: LimitRequest[] = []
  const released: LimitRequest[] = []
  const store: LimitStore = {
    consume: (request) => {
      asked.push(request)
      return memory.consume(request)
    },
    release: (request, taken) => {
      released.push(request)
      return memory.release?.(request, taken)
    },
  }
  const { limits, ...rest } = options
  const { gate, issue, told } = openGate({
    ...{ plans: { plus: plan }, limits: { defaultPlan: 'plus', store, ...limits } },
    ...rest,
  })
  const { secret } = await issue()
  const ask = async (requirement?: Requirement, more: object = {}) =>
    gate.check(requestWith(secret, more), requirement)
  return { ask, asked, released, told }
}

function grantOf(decision: Decision) {
  if (!decision.allowed) throw new Error(decision.reason)
  return decision
}

const QUOTA: Plan = { quota: { limit: 5, window: '1h' } }
const ONE: Plan = { ...QUOTA, concurrency: 1 }

describe('a place among the requests that are under way', () => {
  test('is not asked for where the plan has no such limit', async () => {
    const { ask, asked } = await open(QUOTA)
    await ask()
    expect(asked).toHaveLength(1)
    expect(asked[0]).not.toHaveProperty('slot')
  })

  test('is given back once, however often the end is told', async () => {
    const { ask, released } = await open(ONE)
    const grant = grantOf(await ask())
    for (let times = 0; times < 3; times++) grant.end()
    expect(released).toHaveLength(1)
  })

  test('is given back once, where a later guard has asked for more', async () => {
    const { ask, asked, released } = await open(ONE)
    const response = new Response()
    const grant = grantOf(await ask({}, { response }))
    expect(verdictOf(await ask({ cost: 3 }, { response, grant }))).toBe('allowed')
    expect(asked.map(({ cost, slot }) => [cost, slot])).toEqual([
      [1, asked[0]?.slot],
      [2, asked[0]?.slot],
    ])
    response.close()
    expect(released).toHaveLength(1)
  })

  test('is given back where a later guard has asked for more, and refuses', async () => {
    const { ask, released } = await open(ONE)
    const grant = grantOf(await ask())
    const policies = [() => false]
    expect(verdictOf(await ask({ cost: 2, policies }, { grant }))).toBe('policy_denied')
    expect(released).toHaveLength(1)
    expect(verdictOf(await ask())).toBe('allowed')
  })

  test('is not taken by a request that costs nothing', async () => {
    const { ask, released } = await open(ONE)
    const response = new Response()
    expect(verdictOf(await ask({ cost: 0 }, { response }))).toBe('allowed')
    response.close()
    expect(released).toEqual([])
  })
})

test('a later guard that costs no more does not ask again', async () => {
  const { ask, asked } = await open(QUOTA)
  const grant = grantOf(await ask({ cost: 2 }))
  for (const cost of [1, 2]) expect(verdictOf(await ask({ cost }, { grant }))).toBe('allowed')
  expect(asked).toHaveLength(1)
})

test('of two limits that refuse, a quota is the reason and not a burst', async () => {
  const plan = { quota: { limit: 1, window: '1h' }, burst: { limit: 1, window: '1s' } } as const
  const { ask } = await open(plan)
  await ask()
  expect(await ask()).toMatchObject({
    reason: 'quota_exceeded',
    headers: { 'retry-after': '3600' },
  })
})

test('what costs more than there ever is has to wait for a window', async () => {
  const { ask } = await open(QUOTA, { limits: { override: () => ({ limit: 1 }) } })
  expect(await ask({ cost: 2 })).toMatchObject({
    reason: 'quota_exceeded',
    headers: { 'retry-after': '3600' },
  })
})

test.each([
  ['limits.override', { override: () => Promise.resolve({ limit: 1 }) as object }],
  ['limits.by', { by: () => Promise.resolve('a') as never }],
])('%s is called by its name where it answers later', async (name, limits) => {
  const { ask, told } = await open(QUOTA, { limits })
  expect(verdictOf(await ask())).toBe('limiter_unavailable')
  expect(told).toMatchObject([{ message: expect.stringContaining(`${name} must answer at once`) }])
})

test.each([
  ['256 characters', 'x'.repeat(256), 'allowed'],
  ['a list', ['a'], 'limiter_unavailable'],
  ['a text with NUL', 'a\0', 'limiter_unavailable'],
  ['a text with half of a surrogate pair', 'a\ud800', 'limiter_unavailable'],
  ['a text with a whole one', 'a\ud83d\ude00', 'allowed'],
])('whose counters these are can be said with %s: %s', async (_, subject, expected) => {
  const { ask } = await open(QUOTA, { limits: { by: () => subject as string } })
  expect(verdictOf(await ask())).toBe(expected)
})

describe('what is published when a limit refuses', () => {
  async function published(work: () => Promise<unknown>) {
    const messages: unknown[] = []
    const hear = (message: unknown) => messages.push(message)
    subscribe('sallyport:limits', hear)
    try {
      await work()
    } finally {
      unsubscribe('sallyport:limits', hear)
    }
    return messages
  }

  test('has what is left of each limit', async () => {
    const plan = { ...QUOTA, burst: { limit: 2, window: '1s' } } as const
    const { ask } = await open(plan)
    await ask({ cost: 2 })
    const messages = await published(() => ask())
    const limits = [
      { kind: 'quota', limit: 5, remaining: 3 },
      { kind: 'burst', limit: 2, remaining: 0 },
    ]
    expect(messages).toMatchObject([{ reason: 'burst_exceeded', limits, cost: 1, dryRun: false }])
  })

  test.each([
    ['a plan without access', { access: false }, {}, 'plan_without_access'],
    ['an outage', QUOTA, { limits: { by: () => '' } }, 'limiter_unavailable'],
  ])('has no limits for %s', async (_, plan, options, reason) => {
    const { ask } = await open(plan, options)
    expect(await published(() => ask())).toMatchObject([{ reason, limits: [], cost: 1 }])
  })
})
