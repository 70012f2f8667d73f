import type { Server } from 'node:http'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals'
import {
  createGate,
  type AnyRequirement,
  type AppCaller,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { ask, OPEN_APPS } from './open-apps.js'
import { listen } from './servers.js'

type Scope = 'read' | 'write'

const plans = {
  free: { quota: { limit: 3, window: '1h' } },
  single: { concurrency: 1 },
} as const
const options: GateOptions<Scope> = {
  ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: ['read', 'write'] },
  ...{ plans, limits: { defaultPlan: 'free' }, trustProxy: ['127.0.0.1'] },
}

/** By what a cookie says. */
const SESSIONS: Readonly<Record<string, unknown>> = {
  ann: { ownerId: 'org_1', subject: 'ann', scopes: ['read'] },
  bob: Promise.resolve({
    ...{ ownerId: 'org_2', subject: 'bob', scopes: ['read', 'write', 'unknown'] },
    ...{ tenantIds: ['clinic_1'], resources: ['records/rec_1'], metadata: { theme: 'dark' } },
  }),
  tester: { ownerId: 'org_1', environment: 'test' },
  noplan: { ownerId: 'org_3', plan: 'gone' },
}
let asked: string[] = []
const cookieIn = (request: { readonly headers: Readonly<Record<string, unknown>> }) =>
  /sid=(\w+)/.exec(String(request.headers['cookie']))?.[1] ?? ''
const otherwise = (request: { readonly headers: Readonly<Record<string, unknown>> }) => {
  const sid = cookieIn(request)
  asked.push(sid)
  return SESSIONS[sid] as AppCaller<Scope> | undefined
}

const ROUTES = {
  '/': [{ otherwise }],
  '/optional': [{ optional: true, otherwise }],
  '/read': [{ scopes: ['read'], otherwise }],
  '/write': [{ scopes: ['write'], otherwise }],
  '/any': [{ anyScope: ['write'], otherwise }],
  '/tenant': [{ tenant: { header: 'x-tenant' }, otherwise }],
  '/record': [{ resource: { type: 'records' }, otherwise }],
  '/policy': [{ policies: [({ auth }) => auth.kind === 'app'], otherwise }],
  '/later': [{ optional: true, otherwise }, { scopes: ['read'] }],
  '/own': [{ optional: true }, { scopes: ['read'], otherwise }],
  '/pages': [{ otherwise, origins: ['https://app.example.com'] }],
  '/machines': [{ otherwise, origins: false }],
  '/machines-pages': [
    { otherwise, origins: false },
    { scopes: ['read'], otherwise },
  ],
  '/machines-all': [{ otherwise, origins: false }, { scopes: ['read'] }],
} satisfies Record<
  string,
  readonly AnyRequirement<Scope, { readonly headers: Readonly<Record<string, unknown>> }>[]
>

const withSession = (sid: string) => ({ cookie: `sid=${sid}`, 'x-forwarded-proto': 'https' })
const https = { 'x-forwarded-proto': 'https' }

beforeEach(() => {
  asked = []
})

describe.each(Object.entries(OPEN_APPS))('callers of the app, on %s', (_, make) => {
  let told: unknown[] = []
  let server: Server
  let port = 0
  const gate = createGate<Scope>({ ...options, onError: (error) => void told.push(error) })
  const keyOf = async (ownerId: string) => {
    const key = await gate.keys.create({ name: 'CI', ownerId, environment: 'live' })
    return { 'x-api-key': key.secret, 'x-forwarded-proto': 'https' }
  }
  beforeAll(async () => ({ server, port } = await listen(make(gate, ROUTES))))
  afterAll(() => void server.close())
  beforeEach(() => {
    told = []
  })

  test('are known by what the app says of them', async () => {
    const [one, two, three] = [
      await ask(port, '/', withSession('ann')),
      await ask(port, '/record', withSession('ann')),
      await ask(port, '/', withSession('tester')),
    ]
    expect(one).toMatchObject({ status: 200 })
    expect(one.body).toEqual({
      ...{ kind: 'app', ownerId: 'org_1', subject: 'ann', environment: 'live', scopes: ['read'] },
      ...{ tenantIds: [], plan: 'free', metadata: {}, caller: 'live:app:["org_1","ann"]' },
    })
    expect(two.status).toBe(200)
    expect(three.body).toMatchObject({
      ...{ environment: 'test', caller: 'test:app:["org_1",null]' },
    })
    expect(one.headers.get('vary')).toBe('Authorization, X-API-Key, Cookie')
    expect(one.headers.get('cache-control')).toBe('private')
  })

  test('are not asked for where a credential is, good or bad', async () => {
    const good = await keyOf('org_k')
    const cookie = 'sid=ann'
    expect(await ask(port, '/', { ...good, cookie })).toMatchObject({
      ...{ status: 200, body: { kind: 'key', ownerId: 'org_k' } },
    })
    for (const [status, headers] of [
      [401, { 'x-api-key': 'wrong' }],
      [401, { 'x-api-key': '' }],
      [400, { 'x-api-key': 'a b' }],
      [400, { ...good, authorization: 'Bearer x' }],
    ] as const) {
      for (const path of ['/', '/optional', '/later', '/own']) {
        expect(await ask(port, path, { ...https, ...headers, cookie })).toMatchObject({ status })
      }
    }
    expect(asked).toEqual([])
  })

  test('no session is no caller', async () => {
    const answer = await ask(port, '/', https)
    expect(answer).toMatchObject({ status: 401, body: { code: 'missing_credentials' } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    const open = await ask(port, '/optional', https)
    expect(open).toMatchObject({ status: 200, body: { kind: 'nobody' } })
    expect(open.headers.get('vary')).toBe('Authorization, X-API-Key, Cookie')
    expect(await ask(port, '/later', https)).toMatchObject({ status: 401 })
    expect(told).toEqual([])
  })

  test('HTTPS comes first', async () => {
    const headers = { cookie: 'sid=ann', 'x-forwarded-proto': 'http' }
    expect(await ask(port, '/', headers)).toMatchObject({ body: { code: 'https_required' } })
    expect(asked).toEqual([])
  })

  test.each<[string, string, Record<string, string>, number, string]>([
    ['/read', 'ann', {}, 200, ''],
    ['/write', 'ann', {}, 403, 'insufficient_scope'],
    ['/any', 'ann', {}, 403, 'insufficient_scope'],
    ['/any', 'bob', {}, 403, 'resource_not_allowed'],
    ['/tenant', 'ann', { 'x-tenant': 'clinic_1' }, 403, 'tenant_mismatch'],
    ['/record', 'bob', {}, 403, 'resource_not_allowed'],
    ['/policy', 'ann', {}, 200, ''],
    ['/', 'noplan', {}, 503, 'limiter_unavailable'],
  ])('%s for %s with %j: %d', async (path, sid, headers, status, code) => {
    const fresh = createGate<Scope>({ ...options, onError: () => undefined })
    const site = await listen(make(fresh, ROUTES))
    const answer = await ask(site.port, path, { ...withSession(sid), ...headers })
    site.server.close()
    expect(answer.status).toBe(status)
    expect(answer.body['code'] ?? '').toBe(code)
    if (path === '/write') {
      expect(answer.body['detail']).toBe('The account lacks the scope write.')
    }
  })

  test('share the limits of their owner with its keys', async () => {
    const fresh = createGate<Scope>({ ...options, onError: () => undefined })
    const site = await listen(make(fresh, ROUTES))
    const { secret } = await fresh.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', environment: 'live' },
    })
    const key = { ...https, 'x-api-key': secret }
    const left = [
      (await ask(site.port, '/', withSession('ann'))).headers,
      (await ask(site.port, '/', key)).headers,
      (await ask(site.port, '/later', withSession('ann'))).headers,
    ].map((headers) => headers.get('x-ratelimit-remaining'))
    const [over, other] = [
      await ask(site.port, '/', withSession('ann')),
      await ask(site.port, '/', withSession('tester')),
    ]
    site.server.close()
    expect(left).toEqual(['2', '1', '0'])
    expect(over).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } })
    expect(other.status).toBe(200)
  })

  test('are found once, and kept for later guards', async () => {
    const fresh = createGate<Scope>({ ...options, onError: () => undefined })
    const site = await listen(make(fresh, ROUTES))
    expect(await ask(site.port, '/later', withSession('ann'))).toMatchObject({
      ...{ status: 200, body: { kind: 'app', ownerId: 'org_1' } },
    })
    expect(asked).toEqual(['ann'])
    expect(await ask(site.port, '/own', withSession('ann'))).toMatchObject({ status: 200 })
    expect(await ask(site.port, '/own', https)).toMatchObject({ status: 401 })
    site.server.close()
  })

  test.each<[string, string, Record<string, string>, number]>([
    ['/', 'POST', {}, 403],
    ['/', 'DELETE', { 'sec-fetch-site': 'cross-site' }, 403],
    ['/', 'POST', { origin: 'https://evil.example' }, 403],
    ['/', 'POST', { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' }, 403],
    ['/', 'POST', { 'sec-fetch-site': 'same-origin' }, 200],
    ['/', 'GET', { 'sec-fetch-site': 'cross-site' }, 200],
    ['/optional', 'POST', { origin: 'https://evil.example' }, 403],
    ['/later', 'POST', { origin: 'https://evil.example' }, 403],
    ['/pages', 'POST', { origin: 'https://app.example.com', 'sec-fetch-site': 'same-site' }, 200],
    ['/pages', 'POST', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['/machines', 'POST', {}, 200],
    ['/machines-all', 'POST', {}, 200],
    // A later guard holds it to its own origins.
    ['/machines-pages', 'POST', {}, 403],
    ['/machines-pages', 'GET', {}, 200],
  ])('%s %s with %j: %d', async (path, method, headers, status) => {
    const fresh = createGate<Scope>({ ...options, onError: () => undefined })
    const site = await listen(make(fresh, ROUTES))
    const answer = await ask(site.port, path, { ...withSession('ann'), ...headers }, method)
    const nobody = await ask(site.port, path, { ...https, ...headers }, method)
    site.server.close()
    expect(answer.status).toBe(status)
    if (status === 403) {
      expect(answer.body).toMatchObject({
        ...{
          code: 'origin_not_allowed',
          detail: 'A session is accepted from pages of this site only.',
        },
      })
    }
    // Nobody whose session could be misused.
    expect(nobody.status).toBe(path === '/optional' ? 200 : 401)
  })
})

describe('an app that fails is an outage', () => {
  const good = { ownerId: 'org_1' }
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
    ['does not answer', () => new Promise(() => undefined)],
    ['says null', () => null],
    ['says true', () => true],
    ['says an id', () => 'org_1'],
    ['names no owner', () => ({})],
    ['names an owner that is none', () => ({ ownerId: ' org_1' })],
    ['names a long owner', () => ({ ownerId: 'o'.repeat(1_025) })],
    ['names a subject that is none', () => ({ ...good, subject: 7 })],
    ['names an environment of others', () => ({ ...good, environment: 'staging' })],
    ['gives scopes as a text', () => ({ ...good, scopes: 'read write' })],
    ['gives tenants that are none', () => ({ ...good, tenantIds: [''] })],
    ['gives resources that are none', () => ({ ...good, resources: ['records'] })],
    ['misspells a member', () => ({ ...good, resource: ['records/rec_1'] })],
    ['gives a plan that is no name', () => ({ ...good, plan: 7 })],
    ['says a list', () => []],
    ['gives metadata that are a list', () => ({ ...good, metadata: [] })],
    ['gives metadata that are null', () => ({ ...good, metadata: null })],
    ['gives metadata that are none', () => ({ ...good, metadata: 'dark' })],
  ])('%s', async (_, otherwise) => {
    const told: unknown[] = []
    const gate = createGate<Scope>({ ...options, onError: (error) => void told.push(error) })
    const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }
    for (const optional of [false, true] as const) {
      const decision = await gate.check(request, { optional, otherwise } as never)
      expect(decision).toMatchObject({ reason: 'caller_unavailable', status: 503 })
      if (!decision.allowed) expect(decision.headers['retry-after']).toBe('1')
    }
    expect(told).toHaveLength(2)
    for (const error of told) expect(String(error)).toMatch(/'otherwise'|no database/)
  })

  test('what is said is read once, and cannot be changed', async () => {
    const gate = createGate<Scope>({ ...options, onError: () => undefined })
    const said = { ownerId: 'org_1', scopes: ['read'] as Scope[], metadata: { team: { id: 1 } } }
    const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }
    const decision = await gate.check(request, { otherwise: () => said })
    if (!decision.allowed) throw new Error(decision.reason)
    said.scopes.push('write')
    said.metadata.team.id = 2
    expect(decision.auth).toMatchObject({ scopes: ['read'], metadata: { team: { id: 1 } } })
    for (const part of [decision.auth, decision.auth.scopes, decision.auth.metadata]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })
})

test.each<[object, string]>([
  [
    { otherwise: { ownerId: 'org_1' } },
    "requirement: 'otherwise' must be a function that returns a caller, such as { ownerId: 'org_1' }, or undefined",
  ],
  [{ origins: ['https://a.example'] }, "requirement: 'origins' go with 'otherwise' only"],
  [
    { otherwise: () => undefined, origins: ['https://a.example/'] },
    "requirement: 'origins' must list origins, such as ['https://app.example.com'], or be false",
  ],
  [
    { otherwise: () => undefined, origins: true },
    "requirement: 'origins' must list origins, such as ['https://app.example.com'], or be false",
  ],
  [
    { otherwis: () => undefined },
    "requirement: 'otherwis' is not known; did you mean 'otherwise'?",
  ],
])('%j is an error at start', (requirement, message) => {
  const gate = createGate<Scope>(options)
  expect(() => expressGuard(gate, requirement as never)).toThrow(message)
  expect(() => koaGuard(gate, requirement as never)).toThrow(message)
})

describe('sessions that the app is asked about at once', () => {
  const [SLOW, QUICK] = ['198.51.100.1', '198.51.100.2']
  let sessions: string[] = []
  let from: (address?: string) => Promise<string>
  const unlimited = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] } as const
  let gate = createGate(unlimited)
  beforeEach(async () => {
    gate = createGate({ ...unlimited, onError: () => undefined })
    const guard = gate.requirement({
      otherwise: ({ peer }: GateRequest) => {
        sessions.push(peer.address ?? '')
        return peer.address === SLOW
          ? new Promise<undefined>(() => undefined)
          : Promise.resolve({ ownerId: 'org_1' })
      },
    })
    from = async (address) => {
      const peer = { encrypted: true, ...(address !== undefined && { address }) }
      const request = { method: 'GET', url: '/', rawHeaders: [], peer }
      const decision = await gate.check(request, guard)
      return decision.allowed ? 'allowed' : decision.reason
    }
    // From then on the gate is open, and asks at once.
    await from(QUICK)
    sessions = []
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test('and gets no answer leave room for those of others, and are given up a second later', async () => {
    const flood = Array.from({ length: 300 }, () => from(SLOW))
    expect(sessions).toHaveLength(128)
    expect(await from(QUICK)).toBe('allowed')
    expect(await from()).toBe('allowed')
    await jest.advanceTimersByTimeAsync(250)
    // Those that were not asked about are told apart from those that had no answer.
    const unavailable = Array<string>(128).fill('caller_unavailable')
    expect(await Promise.all(flood)).toEqual([
      ...unavailable,
      ...Array<string>(172).fill('caller_busy'),
    ])
    await jest.advanceTimersByTimeAsync(749)
    expect(await from(SLOW)).toBe('caller_busy')
    await jest.advanceTimersByTimeAsync(1)
    const late = from(SLOW)
    expect(sessions.filter((address) => address === SLOW)).toHaveLength(129)
    await jest.advanceTimersByTimeAsync(250)
    expect(await late).toBe('caller_unavailable')
  })

  test('give their place back with the answer', async () => {
    for (let session = 0; session < 600; session++) expect(await from(QUICK)).toBe('allowed')
  })

  test('and are refused may come again after a second', async () => {
    const flood = Array.from({ length: 129 }, () => from(SLOW))
    const request = { method: 'GET', url: '/', rawHeaders: [], peer: { address: SLOW } }
    const denial = await gate.check(
      { ...request, peer: { ...request.peer, encrypted: true } },
      { otherwise: () => undefined },
    )
    expect(denial).toMatchObject({ status: 503, reason: 'caller_busy' })
    expect(denial.headers).toMatchObject({ 'retry-after': '1' })
    await jest.advanceTimersByTimeAsync(250)
    await Promise.all(flood)
  })
})
