import { describe, expect, test } from '@jest/globals'
import {
  createMemoryLimitStore,
  DENIAL_CHECKS,
  type Decision,
  type GateOptions,
  type LimitStore,
  type Requirement,
} from 'sallyport'
import { openGate, requestWith } from './limited.js'

const PLANS = {
  none: { access: false },
  hour: { quota: { limit: 3, window: '1h' } },
  both: {
    quota: [
      { limit: 2, window: '1m' },
      { limit: 2, window: 'day' },
    ],
  },
  burst: { burst: { limit: 2, window: '10s' } },
  pack: { credits: { amount: 2 } },
  refilled: { credits: { amount: 2, refill: { every: 'month', amount: 1 } } },
  hourly: { credits: { amount: 2, refill: { every: '60m' } } },
  one: { concurrency: 1 },
} as const

function causeOf(decision: Decision) {
  if (decision.allowed) throw new Error('It is allowed.')
  if (decision.cause) expect(DENIAL_CHECKS).toContain(decision.cause.check)
  return { reason: decision.reason, ...decision.cause }
}

async function refused(
  options: Partial<GateOptions>,
  requirement: Requirement = {},
  fields: object = {},
) {
  const told: unknown[] = []
  const onError = (error: unknown) => told.push(error)
  const { gate, issue } = openGate({ plans: PLANS, onError, ...options })
  const { secret, id } = await issue({ plan: 'hour', ...fields })
  for (let time = 0; time < 10; time++) {
    const decision = await gate.check(requestWith(secret), requirement)
    if (decision.allowed) continue
    expect(told).toEqual([])
    expect(JSON.stringify(decision)).toContain('"cause"')
    expect(JSON.stringify(decision)).not.toContain(secret)
    return { ...causeOf(decision), id }
  }
  throw new Error('It was let in.')
}

const OWNER = "0 left for owner 'org_1' in live"

describe('the cause of a request that a limit refuses', () => {
  test.each([
    ['hour', 'quota_exceeded', "1 of 3 left in quota-1h of the plan 'hour'"],
    ['both', 'quota_exceeded', "1 of 2 left in quota-day of the plan 'both'"],
    ['burst', 'burst_exceeded', "1 of 2 left in burst-10s of the plan 'burst'"],
    ['one', 'concurrency_exceeded', "1 of 1 left in concurrency of the plan 'one'"],
    ['pack', 'credits_exhausted', "1 of 2 left in credits of the plan 'pack', never refilled"],
    [
      'refilled',
      'credits_exhausted',
      "1 of 2 left in credits of the plan 'refilled', refilled to 1 each month",
    ],
    [
      'hourly',
      'credits_exhausted',
      "1 of 2 left in credits of the plan 'hourly', refilled to 2 each 1h",
    ],
  ])('of the plan %s names limit, number, plan and owner: %s', async (plan, reason, expected) => {
    expect(await refused({}, {}, { plan })).toMatchObject({
      ...{ reason, check: 'limit', expected, got: OWNER },
    })
  })

  test('says what a request costs, and what is left', async () => {
    expect(await refused({}, { cost: 2 })).toMatchObject({
      expected: "2 of 3 left in quota-1h of the plan 'hour'",
      got: "1 left for owner 'org_1' in live",
    })
  })

  test('has the number and the plan that count for this caller', async () => {
    expect(await refused({}, {}, { limit: 1 })).toMatchObject({
      expected: "1 of 1 left in quota-1h of the plan 'hour'",
    })
    const override = () => ({ plan: 'both', limit: 4 })
    expect(await refused({ limits: { override } })).toMatchObject({
      expected: "1 of 2 left in quota-day of the plan 'both'",
    })
    expect(await refused({ limits: { override: () => ({ plan: 'none' }) } })).toMatchObject({
      ...{ reason: 'plan_without_access', check: 'plan', expected: 'a plan with access' },
      got: "the plan 'none' of owner 'org_1' in live",
    })
    const byDefault = { limits: { defaultPlan: 'none' } }
    expect(await refused(byDefault, {}, { plan: undefined })).toMatchObject({
      got: "the plan 'none' of owner 'org_1' in live",
    })
  })

  test('names the limit of a route, which no plan has', async () => {
    const limit = { name: 'exports', limit: 2, window: '1m' } as const
    expect(await refused({}, { limit })).toMatchObject({
      ...{ reason: 'route_limit_exceeded', check: 'limit', got: OWNER },
      expected: '1 of 2 left in route-exports-1m',
    })
    expect(await refused({}, { limit }, { plan: 'burst' })).toMatchObject({
      ...{ reason: 'burst_exceeded', expected: "1 of 2 left in burst-10s of the plan 'burst'" },
    })
  })

  test('says what is counted where that is not the owner', async () => {
    const { id, got } = await refused({ limits: { by: 'key' } })
    expect(got).toBe(`0 left for owner 'org_1' in live, counted as 'live:key:${id}'`)
    const { got: own } = await refused({ limits: { by: () => 'team_7' } })
    expect(own).toBe("0 left for owner 'org_1' in live, counted as 'live:by:team_7'")
  })

  test('is cut where it is long, and the numbers are before that', async () => {
    const { got } = await refused({ limits: { by: () => 's'.repeat(256) } })
    expect(got).toMatch(/^0 left for owner 'org_1' in live, counted as 'live:by:s+\.\.\.$/)
    expect(got).toHaveLength(256)
  })

  test('of a request without credentials has its address', async () => {
    const { gate } = openGate({ limits: { anonymous: { limit: 1, window: '1m' } } })
    const request = { ...requestWith(''), rawHeaders: [] }
    await gate.check(request)
    expect(causeOf(await gate.check(request))).toEqual({
      ...{ reason: 'anonymous_limit_exceeded', check: 'limit' },
      expected: '1 of 1 left in anonymous-1m',
      got: "0 left for 'anonymous:203.0.113.9'",
    })
  })

  test('where the store does not say which limit it was', async () => {
    const memory = createMemoryLimitStore()
    const store: LimitStore = {
      ...memory,
      consume: async (asked) => {
        const verdict = await memory.consume(asked)
        return { ...verdict, allowed: false }
      },
    }
    expect(await refused({ limits: { store } })).toMatchObject({
      expected: 'room in all limits',
      got: "none for owner 'org_1' in live",
    })
  })

  test('is absent where the store failed: its error is told', async () => {
    const store: LimitStore = { consume: () => Promise.reject(new Error('down')) }
    const { gate, issue } = openGate({ limits: { store, onStoreError: 'deny' } })
    const { secret } = await issue()
    expect(causeOf(await gate.check(requestWith(secret)))).toEqual({
      reason: 'limiter_unavailable',
    })
  })
})
