import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, nestedErrors, type AuditSink, type GateOptions } from 'sallyport'
import { createPair, issuerWith, NOW, openGate, signToken } from '../jwt/issuer.js'
import { failuresInto } from '../failures.js'

/** Rejections that nobody has handled: each would end the process. */
const loose: unknown[] = []
const count = (error: unknown) => loose.push(error)
beforeEach(() => {
  loose.length = 0
  process.on('unhandledRejection', count)
})
afterEach(() => {
  process.off('unhandledRejection', count)
  jest.restoreAllMocks()
})

const turn = () => new Promise((resolve) => setTimeout(resolve, 10))
const failure = new Error('of the app')
const mustAnswer = (name: string) =>
  expect.objectContaining({ message: `${name} must answer at once, and has returned a promise.` })
/** With `catch` of its own it is no promise of Node's, and without it no other one. */
const thenable = () => ({
  then: (_: unknown, reject?: (error: unknown) => void) => reject?.(failure),
})
const rejecting = [
  ['a promise', () => Promise.reject(failure)],
  ['a thenable', thenable],
] as const

function open(options: Partial<GateOptions<'read'>>) {
  const told: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'], bruteForce: false },
    onError: failuresInto(told),
    ...options,
  })
  const ask = async () => {
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    return await gate.verify(secret)
  }
  return { gate, told, ask }
}

describe.each(rejecting)('%s that fails, of a function of the app', (_, make) => {
  const rejected = make as () => never

  test("'identify', which may promise its answer: an outage, and not a bad token", async () => {
    const pair = createPair('ES256', 'key-1')
    const { verdict, errors } = openGate([issuerWith(pair, { identify: rejected })])
    expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
    await turn()
    expect(errors).toEqual([failure])
    expect(loose).toEqual([])
  })

  test.each(['by', 'override'] as const)('limits.%s: nobody is let in', async (name) => {
    const { ask, told } = open({
      plans: { pro: { quota: { limit: 10, window: '1h' } } },
      limits: { defaultPlan: 'pro', [name]: rejected },
    })
    expect(await ask()).toMatchObject({ reason: 'limiter_unavailable' })
    await turn()
    expect(told).toEqual([mustAnswer(`limits.${name}`), failure])
    expect(loose).toEqual([])
  })

  test('audit.when: the access is recorded', async () => {
    const kinds: string[] = []
    const sink: AuditSink = {
      write: (entries) => void kinds.push(...entries.map(({ record }) => record.kind)),
    }
    const { gate, ask, told } = open({ audit: { sink, when: rejected } })
    expect(await ask()).toMatchObject({ allowed: true })
    await gate.audit.flush()
    expect(kinds).toContain('access')
    expect(told).toEqual([mustAnswer('audit.when'), failure])
    expect(loose).toEqual([])
  })

  test('errorFormat.body: the default format answers', async () => {
    const { gate, told } = open({
      errorFormat: { contentType: 'application/json', body: rejected },
    })
    const denied = await gate.verify('acme_nobody')
    expect('body' in denied && JSON.parse(denied.body)).toMatchObject({ status: 401 })
    await turn()
    expect(told).toEqual([mustAnswer('errorFormat.body'), failure])
    expect(loose).toEqual([])
  })

  test('words of an error format: the default format answers', async () => {
    const words = { 401: { message: rejected } }
    const { gate, told } = open({ errorFormat: nestedErrors({ words }) })
    const denied = await gate.verify('acme_nobody')
    expect('body' in denied && JSON.parse(denied.body)).toMatchObject({ status: 401 })
    await turn()
    expect(told).toEqual([mustAnswer('words.message')])
    expect(loose).toEqual([])
  })

  test('onError itself: the answer is the same', async () => {
    const shown = jest.spyOn(console, 'error').mockReturnValue(undefined)
    const pair = createPair('ES256', 'key-1')
    const identify = () => {
      throw new Error('no such organization')
    }
    const clock = () => NOW * 1_000
    const { gate } = open({ issuers: [issuerWith(pair, { identify })], onError: rejected, clock })
    expect(await gate.verify(await signToken({}, pair))).toMatchObject({
      reason: 'issuer_unavailable',
    })
    await turn()
    expect(shown.mock.calls).toEqual([['sallyport:', failure]])
    expect(loose).toEqual([])
  })
})

test('an onError that throws, and an error that cannot be shown, harm nothing', async () => {
  const shown = jest.spyOn(console, 'error').mockImplementation((_, error) => {
    if (error !== undefined) throw new Error('cannot be shown')
  })
  const onError = () => {
    throw failure
  }
  const { ask } = open({
    onError,
    plans: { pro: { quota: { limit: 10, window: '1h' } } },
    limits: {
      defaultPlan: 'pro',
      by: () => {
        throw failure
      },
    },
  })
  expect(await ask()).toMatchObject({ reason: 'limiter_unavailable' })
  expect(shown).toHaveBeenLastCalledWith('sallyport: an error that cannot be shown')
})

test('a promise that comes to something is a failure too, of a function that says which tenant', async () => {
  const { gate, told } = open({})
  const input = { name: 'CI', ownerId: 'org_1', tenantIds: ['clinic_1'] }
  const { secret } = await gate.keys.create(input)
  const request = {
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', secret] },
    peer: { address: '127.0.0.1', encrypted: true },
  }
  const requirement = { tenant: () => Promise.resolve('clinic_1') }
  expect(await gate.check(request, requirement)).toMatchObject({ reason: 'tenant_mismatch' })
  await turn()
  expect(told).toEqual([
    expect.objectContaining({ message: expect.stringContaining('must answer at once') }),
  ])
})

describe('what does not answer is not waited for', () => {
  const never = () => new Promise<never>(() => undefined)

  test('a finder of service accounts: 503 within 250 ms', async () => {
    const pair = createPair('ES256', 'key-1')
    const issuer = 'https://api.example.com'
    const { gate, told } = open({ tokens: { issuer, serviceAccounts: never } })
    const now = Math.floor(Date.now() / 1_000)
    const assertion = await signToken(
      { iss: 'robot', sub: 'robot', aud: issuer, jti: '1', iat: now, exp: now + 60 },
      pair,
      { typ: 'JWT' },
    )
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    })
    const stream = (async function* () {
      yield await Promise.resolve(Buffer.from(String(form)))
    })()
    const begun = performance.now()
    const answer = await gate.endpoints.token()({
      ...{ target: '', parsed: undefined, stream },
      request: {
        ...{ method: 'POST', url: '/token' },
        rawHeaders: ['Content-Type', 'application/x-www-form-urlencoded'],
        peer: { encrypted: true, address: '203.0.113.1' },
      },
    })
    expect(answer.status).toBe(503)
    expect(performance.now() - begun).toBeLessThan(2_000)
    expect(told).toMatchObject([
      { message: 'tokens.serviceAccounts did not answer within 250 ms.' },
    ])
  })
})
