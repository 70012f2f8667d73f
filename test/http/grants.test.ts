import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { createGate, type GateOptions, type GateRequest } from 'sallyport'

type Scope = 'read:orders'

function open(options: Partial<GateOptions<Scope>> = {}) {
  const gate = createGate<Scope>({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    plans: { one: { concurrency: 1, quota: { limit: 100, window: '1h' } } },
    limits: { defaultPlan: 'one', anonymous: { limit: 5, window: '1h' } },
    onError: () => undefined,
    ...options,
  })
  const create = async () =>
    (await gate.keys.create({ ...{ name: 'CI', ownerId: 'org_1', tenantIds: ['clinic-1'] } }))
      .secret
  return { gate, create }
}

function requestWith(...fields: string[]): GateRequest {
  return {
    ...{ method: 'GET', url: '/orders', rawHeaders: ['Host', 'api.example.com', ...fields] },
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
  }
}

const TENANT = { tenant: { header: 'X-Tenant' } } as const

describe('what is let in', () => {
  test('tells the client its id and its limits, and caches whose answer it is', async () => {
    const { gate, create } = open()
    const decision = await gate.check(requestWith('X-API-Key', await create()))
    expect(decision.allowed && { ...decision.headers }).toEqual({
      'x-request-id': decision.requestId,
      'cache-control': 'private',
      vary: 'Authorization, X-API-Key',
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '99',
      'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
    })
    expect(decision.requestId).toMatch(/^req_\w{22}$/)
    expect('audit' in decision && decision.audit).toBeTruthy()
  })

  test('varies by the session as well where the app may know the caller', async () => {
    const { gate, create } = open()
    const otherwise = () => ({ ownerId: 'org_1' })
    for (const fields of [[], ['X-API-Key', await create()]]) {
      const decision = await gate.check(requestWith(...fields), { otherwise })
      expect(decision.allowed && decision.headers).toMatchObject({
        vary: expect.stringContaining('Cookie'),
      })
      if (decision.allowed) decision.end()
    }
  })

  test('without plans tells of no limits, and nobody of no caller', async () => {
    const { gate } = open({ plans: undefined as never, limits: undefined as never })
    const decision = await gate.check(requestWith(), { optional: true })
    expect(decision.allowed && { ...decision.headers }).toEqual({
      'x-request-id': decision.requestId,
      'cache-control': 'private',
      vary: 'Authorization, X-API-Key',
    })
    expect(decision).toMatchObject({ allowed: true })
    expect(JSON.parse(JSON.stringify(decision))).toEqual({
      ...{ allowed: true, requestId: decision.requestId },
    })
    expect(inspect(decision)).not.toContain('auth')
    if (decision.allowed) decision.end()
  })

  test('is shown, and written as JSON, with its caller and its tenant', async () => {
    const { gate, create } = open()
    const secret = await create()
    const request = requestWith('X-API-Key', secret, 'X-Tenant', 'clinic-1')
    const decision = await gate.check(request, TENANT)
    if (!decision.allowed) throw new Error('refused')
    const { auth, requestId } = decision
    expect(decision.tenantId).toBe('clinic-1')
    const shown = { allowed: true, requestId, auth, tenantId: 'clinic-1' }
    expect(JSON.parse(JSON.stringify(decision))).toEqual(JSON.parse(JSON.stringify(shown)))
    expect(inspect(decision)).toBe(inspect(shown))
    expect(inspect(decision)).not.toContain(secret)
    decision.end()
    const without = await gate.check(requestWith('X-API-Key', secret))
    expect(without.allowed && without.tenantId).toBeUndefined()
    expect(inspect(without)).not.toContain('tenantId: ')
  })

  test('gives its place back when it ends', async () => {
    const { gate, create } = open()
    const request = requestWith('X-API-Key', await create())
    const first = await gate.check(request)
    expect(await gate.check(request)).toMatchObject({ reason: 'concurrency_exceeded' })
    if (first.allowed) first.end()
    expect(await gate.check(request)).toMatchObject({ allowed: true })
  })

  test('is known to a later guard of the same gate, and to no other gate', async () => {
    const [{ gate, create }, other] = [open(), open()]
    const request = requestWith('X-API-Key', await create())
    const grant = await gate.check(request)
    if (!grant.allowed) throw new Error('refused')
    const later = await gate.check({ ...request, grant })
    expect(later).toMatchObject({ allowed: true, requestId: grant.requestId })
    const denied = await gate.check({ ...request, grant }, { policies: [() => false] })
    expect(denied).toMatchObject({ reason: 'policy_denied', requestId: grant.requestId })
    const elsewhere = await other.gate.check({ ...request, grant })
    expect(elsewhere).toMatchObject({ reason: 'unknown_key' })
    expect(elsewhere.requestId).not.toBe(grant.requestId)
  })
})

test('what takes no place among the requests under way ends without giving one back', async () => {
  const plans = { all: { quota: { limit: 100, window: '1h' } } } as const
  const { gate, create } = open({ plans, limits: { defaultPlan: 'all' } })
  const decision = await gate.check(requestWith('X-API-Key', await create()))
  if (!decision.allowed) throw new Error('refused')
  expect(() => {
    decision.end()
  }).not.toThrow()
})

describe('what is refused', () => {
  test('has an id without a request, too', async () => {
    const { gate } = open({ requestIdHeader: 'X-Request-Id' })
    const denied = await gate.verify('acme_live_sk_wrong')
    expect(denied).toMatchObject({
      allowed: false,
      requestId: expect.stringMatching(/^req_\w{22}$/),
    })
  })

  test('has a cause where one is known, and none where the reason says it all', async () => {
    const { gate } = open()
    const missing = await gate.check(requestWith())
    expect(missing).toMatchObject({ reason: 'missing_credentials' })
    expect('cause' in missing).toBe(false)
    const unknown = await gate.check(requestWith('X-API-Key', 'acme_live_sk_wrong'))
    expect(unknown).toMatchObject({ reason: 'unknown_key', cause: { check: expect.any(String) } })
    const { rawHeaders, method, url } = requestWith()
    const plain = await gate.check({
      ...{ rawHeaders, method, url, peer: { address: '203.0.113.9', encrypted: false } },
    })
    expect(plain).toMatchObject({ reason: 'https_required', cause: {} })
  })

  test('tells how the limit of its address stands, and the same of it as before', async () => {
    const { gate } = open()
    const request = requestWith('X-API-Key', 'acme_live_sk_wrong')
    for (const left of ['4', '3']) {
      const denied = await gate.check(request)
      if (denied.allowed) throw new Error('let in')
      expect(denied.headers).toMatchObject({ 'x-ratelimit-remaining': left })
      expect(denied.cause).toMatchObject({ check: expect.any(String) })
      expect(denied.headers['x-request-id']).toBe(denied.requestId)
      const { headers, body, ...rest } = { ...denied, headers: denied.headers, body: denied.body }
      expect(inspect(denied)).toBe(inspect(rest))
      expect(JSON.parse(body)).toMatchObject({ requestId: headers['x-request-id'] })
    }
  })
})
