import { describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { createGate, nestedErrors, type Gate, type GateOptions } from 'sallyport'
import { createTestGate } from 'sallyport/testing'
import { REASONS } from '../../src/http/reasons.js'
import { REASON_NAMES } from '../../src/core/denial.js'
import { FRAMEWORKS, type Scope } from '../adapters/servers.js'

const OPTIONS: GateOptions<Scope> = {
  environment: 'test',
  keys: { prefix: 'acme' },
  scopes: ['read:orders', 'manage:keys'],
}

/** The second of two requests of a key. */
async function second(gate: Gate<Scope>, between: () => void = () => undefined) {
  const app = FRAMEWORKS['Express 5'](gate)
  const key = { name: 'CI', ownerId: 'org_1', scopes: ['read:orders'] } as const
  const { secret } = await gate.keys.create(key)
  const ask = () => request(app).get('/orders').set('X-API-Key', secret)
  await ask().expect(200)
  between()
  return ask()
}

function form({ status, headers, body }: request.Response): unknown {
  const { requestId: _, ...rest } = body as Record<string, unknown>
  return { status, names: Object.keys(headers).sort(), body: rest }
}

describe.each(Object.entries(FRAMEWORKS))('the next request is rejected on %s', (_, makeApp) => {
  const gate = createTestGate(OPTIONS)
  const app = makeApp(gate)
  const ask = () =>
    request(app)
      .get('/orders')
      .set(gate.signInAs({ scopes: ['read:orders'] }))

  test('once, for the reason that a test names', async () => {
    gate.rejectNext('quota_exceeded', { retryAfter: 30 })
    const answer = await ask().expect(429)
    expect(answer.headers['retry-after']).toBe('30')
    expect(answer.body).toMatchObject({ code: 'quota_exceeded' })
    await ask().expect(200)
  })

  test('and more of them, in their order', async () => {
    gate.rejectNext('store_unavailable', { times: 2 })
    gate.rejectNext('insufficient_scope', { scopes: ['manage:keys'] })
    expect((await ask().expect(503)).headers['retry-after']).toBe('1')
    await ask().expect(503)
    const answer = await ask().expect(403)
    expect(answer.headers['www-authenticate']).toContain('scope="manage:keys"')
    expect(answer.body).toMatchObject({ missingScopes: ['manage:keys'] })
    await ask().expect(200)
  })
})

describe('a rejection looks like a real one', () => {
  const plans = {
    quota: { quota: { limit: 1, window: '1h' } },
    burst: { quota: { limit: 9, window: '1d' }, burst: { limit: 1, window: '1m' } },
    credits: { credits: { amount: 1, refill: { every: 'month' } } },
  } as const

  test.each([
    ['quota', 'quota_exceeded'],
    ['burst', 'burst_exceeded'],
    ['credits', 'credits_exhausted'],
  ] as const)('of a plan with a %s', async (defaultPlan, reason) => {
    const kinds = { headers: ['x-ratelimit', 'ratelimit'] } as const
    const options = { ...OPTIONS, plans, limits: { defaultPlan, ...kinds } }
    const real = await second(createGate(options))
    const gate = createTestGate(options)
    const given = await second(gate, () => {
      gate.rejectNext(reason, { retryAfter: Number(real.headers['retry-after']) })
    })
    expect(form(given)).toEqual(form(real))
    const told = ['retry-after', 'x-ratelimit-limit', 'ratelimit-policy']
    const values = ({ headers }: request.Response) => told.map((name) => headers[name] as unknown)
    expect(values(given)).toEqual(values(real))
  })

  test('in the error format of the app', async () => {
    const gate = createTestGate({ ...OPTIONS, errorFormat: nestedErrors() })
    const answer = await second(gate, () => {
      gate.rejectNext('issuer_unavailable')
    })
    expect(answer.body).toMatchObject({ error: { code: 'issuer_unavailable' } })
  })
})

test.each(REASON_NAMES)('for every reason there is: %s', async (reason) => {
  const gate = createTestGate({ ...OPTIONS, onError: () => undefined })
  gate.rejectNext(reason)
  const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: false } }
  const { status, code } = REASONS[reason]
  expect(await gate.check(request)).toMatchObject({ allowed: false, reason, status, code })
})

test('what is no rejection is told, with what to write instead', () => {
  const gate = createTestGate(OPTIONS)
  const messages = [
    ['quota_exceded'],
    ['quota_exceeded', { times: 0 }],
    ['quota_exceeded', { retryAfter: 1.5 }],
    ['quota_exceeded', { retryafter: 1 }],
    ['insufficient_scope', { scopes: ['read:order'] }],
  ].map((given) => {
    try {
      gate.rejectNext(...(given as Parameters<typeof gate.rejectNext>))
      return 'accepted'
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(messages).toEqual([
    "rejectNext: 'quota_exceded' is no reason; did you mean 'quota_exceeded'?",
    "rejectNext: 'times' must be a whole number from 1",
    "rejectNext: 'retryAfter' must be a whole number from 1",
    "rejectNext: 'retryafter' is not known; did you mean 'retryAfter'?",
    "rejectNext: 'read:order' is not one of the scopes; did you mean 'read:orders'?",
  ])
})
