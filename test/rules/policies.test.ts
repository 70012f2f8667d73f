import { describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  type GateOptions,
  type GateRequest,
  type Policy,
  type PolicyContext,
} from 'sallyport'
import { failuresInto } from '../failures.js'

function requestOf(secret: string): GateRequest {
  return {
    ...{ method: 'GET', url: '/orders', rawHeaders: ['x-api-key', secret, 'x-tenant', 't'] },
    peer: { address: '203.0.113.9', encrypted: true },
  }
}

async function open(options: Partial<GateOptions>) {
  const told: unknown[] = []
  const gate = createGate<string>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    onError: failuresInto(told),
    ...options,
  })
  const key = { name: 'CI', ownerId: 'org_1', tenantIds: ['t'] }
  const { secret } = await gate.keys.create(key)
  return { gate, secret, told }
}

const yes: Policy = () => true
const no: Policy = () => false
const later =
  (policy: Policy): Policy =>
  async (visit) => {
    await new Promise((resolve) => setImmediate(resolve))
    return policy(visit)
  }

const VERDICTS: readonly (readonly [unknown, object])[] = [
  [true, { allowed: true }],
  [false, { reason: 'policy_denied', status: 403 }],
  [{}, { reason: 'policy_denied', status: 403 }],
  [{ message: 'Sign first.' }, { status: 403, body: expect.stringContaining('Sign first.') }],
  [
    { status: 402, message: 'Pay.' },
    { reason: 'policy_denied', status: 402 },
  ],
  [{ status: 400 }, { status: 400 }],
  [{ status: 499 }, { status: 499 }],
  ...['policy_denied', 'access_not_approved', 'terms_not_accepted'].map(
    (reason) => [{ reason }, { reason, status: 403 }] as const,
  ),
]

const NO_VERDICTS = [
  ...[undefined, null, 1, 'true', () => true, Symbol.iterator],
  ...[200, 302, 399, 401, 407, 500, 403.5, '403', null].map((status) => ({ status })),
  { message: 1 },
  ...['unknown_key', 'toString', '', null].map((reason) => ({ reason })),
]

describe.each([
  ['at once', (policy: Policy) => policy],
  ['later', later],
])('a policy that answers %s', (_, made) => {
  test.each(VERDICTS)('%j', async (verdict, expected) => {
    const policy = made(() => verdict as boolean)
    for (const [options, requirement] of [
      [{ policies: [policy] }, {}],
      [{}, { policies: [policy] }],
    ] as const) {
      const { gate, secret, told } = await open(options)
      expect(await gate.check(requestOf(secret), requirement)).toMatchObject(expected)
      expect(told).toEqual([])
    }
  })

  test.each(NO_VERDICTS)('%p, which is no verdict, lets nobody in', async (verdict) => {
    const { gate, secret, told } = await open({ policies: [made(() => verdict as never)] })
    const decision = await gate.check(requestOf(secret))
    expect(decision).toMatchObject({ reason: 'policy_unavailable', status: 503 })
    expect(decision.headers).toMatchObject({ 'retry-after': '1' })
    expect(told).toEqual([expect.any(TypeError)])
    expect(told).toMatchObject([{ message: expect.stringContaining('A policy must answer true') }])
  })

  test('with an error lets nobody in, and the error is told', async () => {
    const failure = new Error('database away')
    const throwing = made(() => {
      throw failure
    })
    const { gate, secret, told } = await open({ policies: [throwing] })
    expect(await gate.check(requestOf(secret))).toMatchObject({ reason: 'policy_unavailable' })
    expect(told).toEqual([failure])
  })

  test('is followed by the next, until one refuses', async () => {
    const asked: string[] = []
    const named = (name: string, answer: boolean) =>
      made(() => {
        asked.push(name)
        return answer
      })
    const { gate, secret } = await open({ policies: [named('a', true), named('b', true)] })
    const requirement = { policies: [named('c', true), named('d', false), named('e', true)] }
    expect(await gate.check(requestOf(secret), requirement)).toMatchObject({
      reason: 'policy_denied',
    })
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
  })
})

test('one policy of every request does not stand for one of the route', async () => {
  const { gate, secret } = await open({ policies: [yes] })
  const denied = { reason: 'policy_denied' }
  expect(await gate.check(requestOf(secret), { policies: [no] })).toMatchObject(denied)
})

describe('a policy refuses a request that was counted,', () => {
  async function outcomes(more: object, ...answers: boolean[]) {
    const plans = { pro: { quota: { limit: 5, window: '1h' }, ...more } } as const
    const signed: Policy = () => answers.shift() ?? true
    const opened = await open({ plans, limits: { defaultPlan: 'pro' }, policies: [signed] })
    const verdicts: string[] = []
    while (verdicts.length < 4) {
      const decision = await opened.gate.check(requestOf(opened.secret))
      verdicts.push(decision.allowed ? 'allowed' : decision.reason)
    }
    expect(opened.told).toEqual([])
    return verdicts
  }
  const DENIED = ['policy_denied', 'policy_denied']

  test('and it holds no place', async () => {
    const verdicts = await outcomes({ concurrency: 1 }, false, false)
    expect(verdicts).toEqual([...DENIED, 'allowed', 'concurrency_exceeded'])
  })

  test('where places are not counted', async () => {
    expect(await outcomes({}, false, false)).toEqual([...DENIED, 'allowed', 'allowed'])
  })
})

test('the operator is told which policy refused', async () => {
  const cause = { check: 'policy', expected: 'true' }
  for (const [policy, got] of [
    [no, "no from the policy 'no'"],
    [() => ({ status: 402 }), 'no from a policy without a name'],
  ] as const) {
    const { gate, secret } = await open({})
    expect(await gate.check(requestOf(secret), { policies: [policy] })).toMatchObject({
      cause: { ...cause, got },
    })
  }
})

test('a policy that never answers is given up after 250 ms', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  try {
    const hanging = () => new Promise<boolean>(() => undefined)
    const { gate, secret, told } = await open({})
    const asked = gate.check(requestOf(secret), { policies: [hanging] })
    let decision: unknown
    void Promise.resolve(asked).then((made) => (decision = made))
    await jest.advanceTimersByTimeAsync(249)
    expect(decision).toBeUndefined()
    await jest.advanceTimersByTimeAsync(1)
    expect(decision).toMatchObject({ reason: 'policy_unavailable', status: 503 })
    expect(told).toMatchObject([{ message: 'A policy did not answer within 250 ms.' }])
  } finally {
    jest.useRealTimers()
  }
})

test('a policy is told who comes, from where, with what, and for which tenant', async () => {
  const visits: PolicyContext[] = []
  const { gate, secret } = await open({
    policies: [
      (visit) => {
        visits.push({ ...visit })
        return true
      },
    ],
  })
  const request = requestOf(secret)
  await gate.check(request, { tenant: { header: 'x-tenant' } })
  await gate.verify(secret, '198.51.100.7')
  const auth = expect.objectContaining({ ownerId: 'org_1', tenantIds: ['t'] })
  const same = { auth, phi: 'allowed', agreed: expect.any(Function) }
  expect(visits).toEqual([
    { ...same, request, tenantId: 't', address: '203.0.113.9' },
    { ...same, request: undefined, tenantId: undefined, address: '198.51.100.7' },
  ])
})

test('gate.verify goes by the policies of every request', async () => {
  const { gate, secret } = await open({ policies: [no] })
  expect(await gate.verify(secret)).toMatchObject({ reason: 'policy_denied' })
})

test('a later guard asks its own policies, and not those of every request again', async () => {
  let asked = 0
  const counting: Policy = () => {
    asked += 1
    return true
  }
  const { gate, secret } = await open({ policies: [counting] })
  const grant = await gate.check(requestOf(secret))
  if (!grant.allowed) throw new Error('refused')
  const request = { ...requestOf(secret), grant }
  expect(await gate.check(request, { policies: [yes] })).toMatchObject({ allowed: true })
  expect(await gate.check(request, { policies: [no] })).toMatchObject({ reason: 'policy_denied' })
  expect(asked).toBe(1)
})

test('what the policies of every request let in, they are asked again about where a later guard is handed another method or URL', async () => {
  const told: string[] = []
  const readOnly: Policy = ({ request }) => {
    told.push(`${request?.method ?? ''} ${request?.url ?? ''}`)
    return request?.method !== 'DELETE' && request?.url !== '/admin'
  }
  const { gate, secret } = await open({ policies: [readOnly] })
  const batch = { ...requestOf(secret), method: 'POST', url: '/batch' }
  const grant = await gate.check(batch)
  if (!grant.allowed) throw new Error(grant.reason)
  const denied = { reason: 'policy_denied' }
  const part = { ...batch, grant }
  expect(await gate.check({ ...part, method: 'DELETE', url: '/orders/1' })).toMatchObject(denied)
  expect(await gate.check({ ...part, url: '/admin' })).toMatchObject(denied)
  expect(await gate.check({ ...part, url: '/orders' })).toMatchObject({ allowed: true })
  expect(await gate.check(part)).toMatchObject({ allowed: true })
  expect(await gate.check({ ...part, method: 'DELETE' })).toMatchObject(denied)
  const asked = ['POST /batch', 'DELETE /orders/1', 'POST /admin', 'POST /orders', 'DELETE /batch']
  expect(told).toEqual(asked)
})

test.each([
  [{ policies: yes }, "'policies' must be a list of functions"],
  [{ policies: [true] }, 'must be a function'],
  [{ tenantMismatchStatus: 401 }, "'tenantMismatchStatus' must be 400, 403 or 404"],
])('%p is found at start-up', async (options, message) => {
  await expect(open(options as never)).rejects.toThrow(message)
})

test('what the policies of every request let in without a tenant, they are asked again about with it', async () => {
  const told: (string | undefined)[] = []
  const signed: Policy = ({ tenantId }) => {
    told.push(tenantId)
    return tenantId !== 't'
  }
  const { gate, secret } = await open({ policies: [signed] })
  const request = requestOf(secret)
  const grant = await gate.check(request)
  if (!grant.allowed) throw new Error(grant.reason)
  const tenant = { header: 'x-tenant' } as const
  expect(await gate.check({ ...request, grant }, { tenant })).toMatchObject({
    reason: 'policy_denied',
  })
  expect(told).toEqual([undefined, 't'])
})

test('they are asked once for a tenant, however many guards there are', async () => {
  let asked = 0
  const { gate, secret } = await open({ policies: [() => (asked += 1) > 0] })
  const request = requestOf(secret)
  const tenant = { header: 'x-tenant' } as const
  const grant = await gate.check(request, { tenant })
  if (!grant.allowed) throw new Error(grant.reason)
  expect(await gate.check({ ...request, grant }, { tenant })).toMatchObject({ allowed: true })
  expect(asked).toBe(1)
})
