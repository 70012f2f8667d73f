import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { NodeResponse } from 'sallyport'
import { basic, openIssuer, serve } from './api.js'

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
}

describe('a token that is made from a token', () => {
  const [ORDERS, BILLS] = ['https://orders.example.com', 'https://bills.example.com']
  const { gate, create } = openIssuer({ issuing: { audience: [ORDERS, BILLS] } })
  let api: Awaited<ReturnType<typeof serve>>
  let narrow: string
  let key: string
  beforeAll(async () => {
    api = await serve('Express', gate)
    const { id, secret } = await create()
    key = id
    const answer = await exchange(secret, { audience: ORDERS })
    narrow = String(answer.body['access_token'])
  })
  afterAll(() => api.close())

  const exchange = (subject: string, more: Readonly<Record<string, string>> = {}) =>
    api.post('/token', { ...EXCHANGE, subject_token: subject, ...more })
  const claimsIn = (token: unknown) => {
    const [, claims = ''] = String(token).split('.')
    return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>
  }
  const audienceIn = (token: unknown) => claimsIn(token)['aud']

  test('is of the same key', async () => {
    const { body } = await exchange(narrow)
    expect(claimsIn(body['access_token'])).toMatchObject({ sub: key, client_id: key })
  })

  test('is for those that the other one is for, and for no others', async () => {
    expect(audienceIn(narrow)).toBe(ORDERS)
    const answers = [await exchange(narrow), await exchange(narrow, { audience: ORDERS })]
    expect(answers.map(({ body }) => audienceIn(body['access_token']))).toEqual([ORDERS, ORDERS])
    expect(await exchange(narrow, { audience: BILLS })).toMatchObject({
      ...{ status: 400, body: { error: 'invalid_target' } },
    })
  })
})

describe('a token that is for others only', () => {
  const [OWN, ALIAS, BILLS] = ['https://api', 'https://www', 'https://bills'].map(
    (name) => `${name}.example.com`,
  ) as [string, string, string]
  const audience = [OWN, ALIAS, BILLS]
  const open = (more: object) => {
    const { gate, create } = openIssuer({ issuing: { audience, ...more } })
    return { gate, create }
  }
  /** What a gate says of tokens for each of these, and for all. */
  async function verdicts(more: object): Promise<unknown[]> {
    const { gate, create } = open(more)
    const api = await serve('Express', gate)
    const { id, secret } = await create()
    const answers: unknown[] = []
    for (const form of [...audience.map((one) => ({ audience: one })), {}]) {
      const asked = { grant_type: 'client_credentials', ...form }
      const { body } = await api.post('/token', asked, basic(id, secret))
      const token = String(body['access_token'])
      const { status } = await api.get('/orders', token)
      const again = await api.post('/token', { ...EXCHANGE, subject_token: token })
      const revoked = await api.post('/revoke', { token }, basic(id, secret))
      answers.push([status, again.status, revoked.status])
      const decision = await gate.verify(token)
      if (status === 401) expect(decision).toMatchObject({ reason: 'token_invalid' })
      else expect(decision).toMatchObject({ reason: 'token_revoked' })
    }
    await api.close()
    return answers
  }
  const [TAKEN, NOT_TAKEN] = [
    [200, 200, 200],
    [401, 400, 200],
  ]

  test('is not accepted by the gate that has issued it, nor exchanged there; it is revoked there', async () => {
    expect(await verdicts({})).toEqual([TAKEN, NOT_TAKEN, NOT_TAKEN, TAKEN])
  })

  test('is accepted where the option names more of the own names', async () => {
    expect(await verdicts({ accepts: [OWN, ALIAS] })).toEqual([TAKEN, TAKEN, NOT_TAKEN, TAKEN])
    expect(await verdicts({ accepts: BILLS })).toEqual([NOT_TAKEN, NOT_TAKEN, TAKEN, TAKEN])
  })

  test.each([
    ['https://other.example.com', "'tokens.accepts' has 'https://other.example.com', which"],
    [[], "'tokens.accepts'"],
  ])('%j is none of its names: the gate is not made', (accepts, message) => {
    expect(() => open({ accepts })).toThrow(message)
  })
})

describe('limits', () => {
  const plans = {
    free: { quota: { limit: 3, window: '1h' } },
    narrow: { concurrency: 1 },
  } as const

  test('of each key are those of its tokens too', async () => {
    const { gate, create, verdict } = openIssuer({
      plans,
      limits: { defaultPlan: 'free', by: 'key' },
    })
    const { secret } = await create()
    const { accessToken } = await gate.tokens.exchange(secret)
    const verdicts = [await verdict(secret), await verdict(accessToken), await verdict(accessToken)]
    expect(verdicts).toEqual(['allowed', 'allowed', 'quota_exceeded'])
    expect(await verdict(secret)).toBe('quota_exceeded')
  })

  test('of requests under way are free again after an exchange, however it ends', async () => {
    const { gate, create } = openIssuer({ plans, limits: { defaultPlan: 'narrow' } })
    const { secret } = await create()
    const refused = gate.tokens.exchange(secret, { scopes: ['manage:keys'] })
    await expect(refused).rejects.toThrow('insufficient_scope')
    for (let index = 0; index < 3; index++) {
      expect(await gate.tokens.exchange(secret)).toHaveProperty('accessToken')
    }
  })

  test('of requests under way count a client and its subject once', async () => {
    const { gate, create } = openIssuer({ plans, limits: { defaultPlan: 'narrow' } })
    const { id, secret } = await create()
    const api = await serve('Express', gate)
    const answer = await api.post(
      '/token',
      { ...EXCHANGE, subject_token: secret },
      basic(id, secret),
    )
    await api.close()
    expect(answer.status).toBe(200)
  })
})

describe('an endpoint of tokens that is handed no response', () => {
  const plans = { narrow: { concurrency: 1 } } as const

  test.each([
    ['token', {}],
    ['token', { scope: 'manage:keys' }],
  ] as const)(
    'has given back its place among the requests under way with the answer: %s %j',
    async (name, more) => {
      const { gate, create, verdict } = openIssuer({ plans, limits: { defaultPlan: 'narrow' } })
      const { id, secret } = await create()
      const endpoint = gate.endpoints[name]()
      const call = (response?: NodeResponse) =>
        endpoint({
          request: {
            ...{ method: 'POST', url: '/', response },
            rawHeaders: ['Authorization', basic(id, secret).authorization],
            peer: { address: '127.0.0.1', encrypted: true },
          },
          ...{ target: '/', stream: (async function* () {})() },
          parsed: { grant_type: 'client_credentials', ...more },
        })
      const statuses = [(await call()).status, (await call()).status]
      expect(new Set(statuses)).toEqual(new Set(['scope' in more ? 400 : 200]))
      // The control: one that was handed a response waits for its end.
      await call({ statusCode: 200, writableFinished: false, once: () => undefined })
      expect((await call()).status).toBe(429)
      expect(await verdict(secret)).toBe('concurrency_exceeded')
    },
  )
})

test('an authorization server that is asked about tokens is called otherwise than the gate', () => {
  const introspection = {
    endpoint: 'https://login.example.com/introspect',
    ...{ issuer: 'https://api.example.com', audience: ['https://api.example.com'] },
    ...{ clientId: 'api', clientSecret: 'secret' },
  }
  expect(() => openIssuer({ introspection })).toThrow("'tokens.issuer' is one of 'issuers' too")
})
