import { describe, expect, test } from '@jest/globals'
import request from 'supertest'
import {
  createGate,
  DeniedError,
  GRANT,
  MisuseError,
  type GateOptions,
  type Grant,
} from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { createTestGate, type TestCaller } from 'sallyport/testing'
import { FRAMEWORKS, type Scope } from '../adapters/servers.js'

const OPTIONS: GateOptions<Scope> = {
  environment: ['live', 'sandbox'],
  keys: { prefix: 'acme' },
  scopes: ['read:orders', 'manage:keys'],
}

const ANONYMOUS = {
  ...{ method: 'GET', url: '/', rawHeaders: [] },
  peer: { address: '203.0.113.7', encrypted: true },
}

function headersOf(headers: object) {
  return { rawHeaders: Object.entries(headers).flat() as string[] }
}

/** What a request is answered, but for the id that each has of its own. */
function seen(answer: request.Response): unknown {
  const { date: _, 'x-request-id': __, 'content-length': ___, ...headers } = answer.headers
  const { requestId: ____, ...body } = answer.body as Record<string, unknown>
  return { status: answer.status, headers, body, text: answer.ok && answer.text }
}

describe.each(Object.entries(FRAMEWORKS))('a request that is signed in on %s', (_, makeApp) => {
  const gate = createTestGate(OPTIONS)
  const app = makeApp(gate)

  test.each<[path: string, caller: TestCaller<Scope> & { readonly kind?: 'key' }, status: number]>([
    ['/orders', { scopes: ['read:orders'] }, 200],
    ['/orders', { scopes: ['manage:keys'] }, 403],
    ['/orders', { scopes: ['read:orders'], resources: ['records/rec_1'] }, 403],
    ['/clinics/clinic_1', { tenantIds: ['clinic_1'] }, 200],
    ['/clinics/clinic_2', { tenantIds: ['clinic_1'] }, 403],
    ['/records/rec_1', { resources: ['records/rec_1'] }, 200],
    ['/records/rec_2', { resources: ['records/rec_1'] }, 403],
    ['/nowhere', {}, 404],
  ])('is answered as with a key: %s %j', async (path, caller, status) => {
    const { kind: ____, ...input } = caller
    const secret = await gate.keyFor(input as Parameters<typeof gate.keyFor>[0])
    const byKey = await request(app).get(path).set('X-API-Key', secret).expect(status)
    const signedIn = await request(app).get(path).set(gate.signInAs(caller)).expect(status)
    expect(seen(signedIn)).toEqual(seen(byKey))
  })

  test('is one caller, and others that come meanwhile are others', async () => {
    const names = ['org_1', 'org_2', 'org_3']
    const agents = names.map((ownerId) =>
      request.agent(app).set(gate.signInAs({ ownerId, scopes: ['read:orders'] })),
    )
    const answers = await Promise.all(agents.map((agent) => agent.get('/orders')))
    expect(answers.map(({ text }) => text)).toEqual(names)
  })

  test('must not bring a second credential', async () => {
    const headers = gate.signInAs({ scopes: ['read:orders'] })
    const secret = await gate.keyFor('read:orders')
    await request(app).get('/orders').set(headers).set('X-API-Key', secret).expect(400)
  })

  test('is a request without credentials for every other gate', async () => {
    const headers = gate.signInAs({ scopes: ['read:orders'] })
    const real = makeApp(createGate(OPTIONS))
    const anonymous = await request(real).get('/orders').expect(401)
    const answer = await request(real).get('/orders').set(headers).expect(401)
    expect(seen(answer)).toEqual(seen(anonymous))
    const other = makeApp(createTestGate({ ...OPTIONS, onError: () => undefined }))
    await request(other).get('/orders').set(headers).expect(401)
  })
})

test('authOf returns what a test says, and is complete and frozen', async () => {
  const gate = createTestGate(OPTIONS)
  const authOf = async (caller: TestCaller<Scope>) => {
    const req = {}
    await gate.signIn(req, caller)
    return onExpress.authOf(req as never)
  }
  expect(await authOf({})).toEqual({
    ...{ kind: 'key', keyId: 'key_test', name: 'test', ownerId: 'org_test', environment: 'live' },
    ...{ scopes: [], tenantIds: [], metadata: {} },
  })
  const expiresAt = new Date('2031-01-01T00:00:00Z')
  const own = {
    kind: 'token',
    ...{ ownerId: 'org_1', environment: 'sandbox', scopes: ['read:orders' as const] },
    ...{ tenantIds: ['clinic_1'], resources: ['records/*'], metadata: { role: 'nurse' } },
    ...{ issuer: 'https://login.example.com', subject: 'user_1', clientId: 'app', tokenId: 't1' },
    ...{ claims: { sub: 'user_1' }, expiresAt },
  } as const
  const auth = await authOf(own)
  expect({ ...auth }).toEqual(own)
  expect([auth, auth.scopes, auth.metadata].map(Object.isFrozen)).toEqual([true, true, true])
  expect((await authOf({ kind: 'token' })).expiresAt?.getTime()).toBeGreaterThan(gate.clock())
})

test('a caller may be one that the app knows by itself', async () => {
  const gate = createTestGate(OPTIONS)
  const caller = { kind: 'app', ownerId: 'org_1', subject: 'user_1' } as const
  const decision = await gate.check({ ...ANONYMOUS, ...headersOf(gate.signInAs(caller)) })
  expect(decision).toMatchObject({ allowed: true, auth: { ...caller, scopes: [] } })
})

test('a guard that lets everybody in knows a caller of a test, and so does a limit for nobody', async () => {
  const gate = createTestGate({ ...OPTIONS, limits: { anonymous: { limit: 1, window: '1h' } } })
  const ask = (headers: object) =>
    gate.check({ ...ANONYMOUS, ...headersOf(headers) }, { optional: true })
  expect(await ask({})).toMatchObject({ allowed: true, auth: undefined })
  for (let n = 0; n < 3; n++) {
    const decision = await ask(gate.signInAs({ ownerId: 'org_1' }))
    expect(decision).toMatchObject({ allowed: true, auth: { ownerId: 'org_1' } })
  }
  expect(await ask({})).toMatchObject({ reason: 'anonymous_limit_exceeded' })
  const broken = { 'x-api-key': '', ...gate.signInAs({}) }
  expect(await ask(broken)).toMatchObject({ allowed: false })
})

describe('without HTTP', () => {
  const gate = createTestGate({ ...OPTIONS, policies: [({ auth }) => auth.ownerId !== 'org_bad'] })
  const reading = { scopes: ['read:orders'] } as const

  test('a request of Express is signed in, and later guards check their requirements', async () => {
    const req: { auth?: unknown } = {}
    await gate.signIn(req, reading)
    expect(onExpress.authOf(req as never)).toBe(req.auth)
    const asked = (scopes: readonly Scope[]) => {
      let passed = false
      const res = {
        headersSent: false,
        setHeader: () => undefined,
        writeHead: () => ({ end() {} }),
      }
      onExpress.guard(gate, { scopes })(req as never, res as never, () => {
        passed = true
      })
      return passed
    }
    expect(asked(['read:orders'])).toBe(true)
    expect(asked(['manage:keys'])).toBe(false)
  })

  test('and so is a context of Koa', async () => {
    const ctx = { req: {}, state: {} as { auth?: unknown }, status: 404, set() {}, vary() {} }
    await gate.signIn(ctx, reading)
    expect(onKoa.authOf(ctx as never)).toBe(ctx.state.auth)
    let passed = 0
    const next = () => Promise.resolve((passed += 1))
    await onKoa.guard(gate, { scopes: ['read:orders'] })(ctx as never, next)
    expect(passed).toBe(1)
    await onKoa.guard(gate, { scopes: ['manage:keys'] })(ctx as never, next)
    expect([passed, ctx.status]).toEqual([1, 403])
  })

  test('a guard of another gate lets nobody in for it', async () => {
    const req: { [GRANT]?: Grant } = {}
    await gate.signIn(req, reading)
    const decision = await createGate(OPTIONS).check({
      ...{ method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } },
      grant: req[GRANT],
    })
    expect(decision).toMatchObject({ reason: 'missing_credentials' })
  })

  test('what a policy forbids is thrown', async () => {
    const signingIn = gate.signIn({}, { ownerId: 'org_bad' })
    await expect(signingIn).rejects.toThrow(DeniedError)
    await expect(signingIn).rejects.toMatchObject({ status: 403 })
  })

  test('requests that are over hold no place of a plan', async () => {
    const plans = { pro: { concurrency: 1 } }
    const narrow = createTestGate({ ...OPTIONS, plans })
    for (let n = 0; n < 5; n++) await narrow.signIn({}, {})
  })
})

describe('a caller that cannot be is told, with what to write instead', () => {
  const plans = { pro: { quota: { limit: 9, window: '1h' } } } as const
  const gate = createTestGate({ ...OPTIONS, plans })
  test.each([
    [{ scopes: ['read:order'] }, /signInAs: 'read:order' .* did you mean 'read:orders'\?/],
    [{ scope: ['read:orders'] }, /signInAs: 'scope' is not known; did you mean 'scopes'\?/],
    [{ environment: 'lvie' }, /signInAs: 'lvie' is not an environment of this gate/],
    [{ plan: 'prp' }, /signInAs: 'prp' is not one of the plans; did you mean 'pro'\?/],
    [{ kind: 'robot' }, /signInAs: 'kind' must be/],
    [{ issuer: 'https://login.example.com' }, /signInAs: 'issuer' is not known/],
    [undefined, /signInAs: must be an object/],
  ])('%j', (caller, message) => {
    expect(() => gate.signInAs(caller as never)).toThrow(MisuseError)
    expect(() => gate.signInAs(caller as never)).toThrow(message)
  })
})
