import type { Server } from 'node:http'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import {
  createGate,
  readEvents,
  type AnyRequirement,
  type DecisionMade,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { keptSink, SIGNING } from '../audit/gates.js'
import { ask, OPEN_APPS } from './open-apps.js'
import { sendRaw } from './raw-http.js'
import { listen } from './servers.js'

type Scope = 'read'

const plans = { free: { quota: { limit: 5, window: '1h' }, concurrency: 1 } } as const
function open(options: Partial<GateOptions<Scope>> = {}) {
  return createGate<Scope>({
    ...{
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read'],
      onError: () => undefined,
    },
    ...options,
  })
}

const OPEN = { optional: true } as const
const ROUTES = {
  '/open': [OPEN],
  '/twice': [OPEN, OPEN],
  '/later': [OPEN, { scopes: ['read'] }],
  '/later-any': [OPEN, undefined],
  '/last': [OPEN, OPEN, { scopes: ['read'] }],
  '/first': [{ scopes: ['read'] }, OPEN],
} as const
const NOBODY = { kind: 'nobody' }

describe.each(Object.entries(OPEN_APPS))('credentials that are optional, on %s', (_, make) => {
  const gate = open({ plans, limits: { defaultPlan: 'free' } })
  let server: Server
  let port = 0
  let secret = ''
  beforeAll(async () => {
    ;({ server, port } = await listen(make(gate, ROUTES)))
    ;({ secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read'] }))
  })
  afterAll(() => void server.close())
  const keyOf = async (ownerId: string, scopes: readonly Scope[] = ['read']) => ({
    'x-api-key': (await gate.keys.create({ name: 'CI', ownerId, scopes })).secret,
  })

  test.each(['/open', '/twice'])('%s: nobody passes, and nobody is named', async (path) => {
    const answer = await ask(port, path)
    expect(answer).toMatchObject({ status: 200, body: NOBODY })
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
    expect(answer.headers.get('cache-control')).toBe('private')
    expect(answer.headers.get('vary')).toBe('Authorization, X-API-Key')
    const limits = [...answer.headers.keys()].filter((name) => name.includes('ratelimit'))
    expect(limits).toEqual([])
  })

  test('requests of nobody take no quota and hold no place', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(port, '/open')))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
  })

  test.each(['/open', '/twice'])('%s: a caller is known, and charged once', async (path) => {
    const answer = await ask(port, path, await keyOf(`of ${path}`))
    expect(answer).toMatchObject({ status: 200, body: { kind: 'key', ownerId: `of ${path}` } })
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('4')
    expect(answer.headers.get('vary')).toBe('Authorization, X-API-Key')
  })

  test.each<[string, number, string, (key: string) => Record<string, string>]>([
    ['unknown', 401, 'invalid_credentials', () => ({ 'x-api-key': 'wrong' })],
    ['empty', 401, 'missing_credentials', () => ({ 'x-api-key': '' })],
    ['a scheme alone', 401, 'missing_credentials', () => ({ authorization: 'Bearer' })],
    [
      ...(['two', 400, 'multiple_credentials'] as const),
      (key) => ({ 'x-api-key': key, authorization: `Bearer ${key}` }),
    ],
    ['malformed', 400, 'malformed_request', () => ({ 'x-api-key': 'a b' })],
  ])('a credential that is %s: %d', async (_name, status, code, headers) => {
    for (const path of ['/open', '/twice', '/later']) {
      expect(await ask(port, path, headers(secret))).toMatchObject({ status, body: { code } })
    }
  })

  test("somebody else's scheme is no credential of this gate", async () => {
    const answer = await ask(port, '/open', { authorization: 'Basic dXNlcjpwdw==' })
    expect(answer).toMatchObject({ status: 200, body: NOBODY })
  })

  test.each(['/later', '/later-any', '/last'])(
    '%s: a later guard asks for a caller',
    async (path) => {
      const answer = await ask(port, path)
      expect(answer).toMatchObject({ status: 401, body: { code: 'missing_credentials' } })
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    },
  )

  test.each(['/later', '/last', '/first'])('%s: and finds the one that is there', async (path) => {
    expect(await ask(port, path, await keyOf(`in ${path}`))).toMatchObject({
      ...{ status: 200, body: { kind: 'key', ownerId: `in ${path}` } },
    })
    expect(await ask(port, path, await keyOf('org_2', []))).toMatchObject({
      ...{ status: 403, body: { code: 'insufficient_scope' } },
    })
  })

  test('a cookie that signing out has left empty is no credential, and a bad one is a bad one', async () => {
    const from = [{ cookie: 'session' }, { header: 'X-API-Key' }] as const
    const asks = { ...ROUTES, '/app': [{ otherwise: () => ({ ownerId: 'org_3' }) }] } as const
    const site = await listen(make(open({ credentials: { from } }), asks))
    const empty = { cookie: 'a=b; session=' }
    const answers = [
      await ask(site.port, '/open', empty),
      await ask(site.port, '/app', empty),
      await ask(site.port, '/later', empty),
      await ask(site.port, '/open', { cookie: 'session=wrong' }),
      await ask(site.port, '/app', { cookie: 'session=wrong' }),
    ]
    site.server.close()
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 401, 401, 401])
    expect(answers[0]).toMatchObject({ body: NOBODY })
    expect(answers[1]).toMatchObject({ body: { kind: 'app' } })
    expect(answers[2]).toMatchObject({ body: { code: 'missing_credentials' } })
    expect(answers[3]).toMatchObject({ body: { code: 'invalid_credentials' } })
  })

  test('HTTPS is asked for as ever', async () => {
    const strict = open({ trustProxy: ['127.0.0.1'] })
    const site = await listen(make(strict, ROUTES))
    const lines = ['GET /open HTTP/1.1', 'Host: a', 'X-Forwarded-For: 203.0.113.9']
    const plain = await sendRaw(site.port, [...lines, 'X-Forwarded-Proto: http'])
    const secure = await sendRaw(site.port, [...lines, 'X-Forwarded-Proto: https'])
    site.server.close()
    expect(plain.status).toBe(403)
    expect(plain.body).toContain('https_required')
    expect(secure.status).toBe(200)
  })
})

test('a credential that stands there only for the later guard is looked at', async () => {
  const gate = open()
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read'] })
  const app = express()
  app.use(onExpress.guard(gate, OPEN), (req, _res, next) => {
    if (typeof req.query['key'] === 'string') req.headers['x-api-key'] = req.query['key']
    next()
  })
  app.get('/', onExpress.guard(gate, { scopes: ['read'] }), (req, res) => {
    res.json({ owner: onExpress.authOf(req).ownerId })
  })
  const { server, port } = await listen(app)
  const [good, bad] = [await ask(port, `/?key=${secret}`), await ask(port, '/?key=wrong')]
  server.close()
  expect(good).toMatchObject({ status: 200, body: { owner: 'org_1' } })
  expect(bad).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
})

describe('authOf', () => {
  const gate = open()
  const words = (where: string) =>
    `${where}: a guard with 'optional' let this request in without a caller`

  test('says that nobody was asked for, where it is not told that there may be nobody', async () => {
    const failed: express.ErrorRequestHandler = (error, _req, res, _next) => {
      res.status(500).json({ message: (error as Error).message })
    }
    const asks: express.RequestHandler = (req) => void onExpress.authOf(req)
    const koa = new Koa()
    koa.use(async (ctx, next) => {
      await next().catch((error: unknown) => {
        ctx.body = { message: (error as Error).message }
        ctx.status = 500
      })
    })
    koa.use(onKoa.guard(gate, OPEN)).use((ctx) => void onKoa.authOf(ctx))
    const onBoth = [express().use(onExpress.guard(gate, OPEN), asks, failed), koa.callback()]
    for (const [at, app] of onBoth.entries()) {
      const { server, port } = await listen(app)
      const answer = await ask(port, '/')
      server.close()
      expect(answer.status).toBe(500)
      expect(String(answer.body['message'])).toContain(
        words(at === 0 ? 'authOf(req)' : 'authOf(ctx)'),
      )
    }
  })

  test('is an error where no guard was, optional or not', () => {
    for (const optional of [true, false]) {
      expect(() => onExpress.authOf({} as never, { optional } as never)).toThrow(
        'no guard let this request in',
      )
      expect(() => onKoa.authOf({ req: {} } as never, { optional } as never)).toThrow(
        'no guard let this request in',
      )
    }
  })
})

test.each<[string, unknown]>([
  ['scopes', ['read']],
  ['anyScope', ['read']],
  ['tenant', { header: 'x-tenant' }],
  ['resource', { type: 'records' }],
  ['policies', []],
  ['accepts', { type: 'application/json' }],
  ['phi', { resource: 'Patient', action: 'read' }],
])("'optional' beside %s is an error at start", (name, value) => {
  const requirement = { optional: true, [name]: value } as AnyRequirement<Scope>
  const message = `requirement: 'optional' lets in requests without a caller, and '${name}' needs one; leave '${name}' out, and put a second guard with it on the routes that need it`
  expect(() => onExpress.guard(open(), requirement)).toThrow(message)
  expect(() => onKoa.guard(open(), requirement)).toThrow(message)
  expect(() => open().requirement(requirement)).toThrow(message)
})

test("'optional' is true or false, and no key endpoints are", () => {
  const gate = open()
  expect(() => gate.requirement({ optional: 'yes' } as never)).toThrow(
    "requirement: 'optional' must be true or false",
  )
  expect(() => onExpress.keyEndpoints(gate, { optional: true, scopes: ['read'] } as never)).toThrow(
    "'optional' lets in requests without a caller",
  )
})

describe('gate.check with optional credentials', () => {
  const nobody: GateRequest = {
    ...{ method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } },
  }
  let unsubscribed: () => void = () => undefined
  afterEach(() => {
    unsubscribed()
  })

  test('lets nobody in, and a channel is told', async () => {
    const gate = open()
    const made: DecisionMade[] = []
    const note = (message: unknown) => void made.push(message as DecisionMade)
    subscribe('sallyport:decisions', note)
    unsubscribed = () => void unsubscribe('sallyport:decisions', note)
    const decision = await gate.check(nobody, OPEN)
    expect(decision).toMatchObject({ allowed: true, auth: undefined })
    expect(JSON.parse(JSON.stringify(decision))).toEqual({
      allowed: true,
      requestId: decision.requestId,
    })
    expect(made).toHaveLength(1)
    expect(made[0]).toMatchObject({ auth: undefined, method: 'GET', path: '/' })
    if (decision.allowed) decision.end()
  })

  test('asks no policies of the gate about nobody, and all about somebody', async () => {
    const asked: string[] = []
    const gate = open({
      policies: [
        ({ auth }) => {
          asked.push(auth.ownerId)
          return auth.ownerId === 'org_1'
        },
      ],
    })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_2' })
    expect(await gate.check(nobody, OPEN)).toMatchObject({ allowed: true })
    expect(asked).toEqual([])
    const known = { ...nobody, rawHeaders: ['X-API-Key', secret] }
    expect(await gate.check(known, OPEN)).toMatchObject({ reason: 'policy_denied' })
    expect(asked).toEqual(['org_2'])
  })

  test('records nobody, and who is found after all', async () => {
    const sink = keptSink()
    const gate = open({ audit: { sink, key: SIGNING.key } })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read'] })
    const first = await gate.check(nobody, OPEN)
    const known = await gate.check({ ...nobody, rawHeaders: ['X-API-Key', secret] }, OPEN)
    expect([first.allowed, known.allowed]).toEqual([true, true])
    await gate.audit.flush()
    const [one, two] = sink.records('access')
    expect(one).toMatchObject({ outcome: 'allowed', requestId: first.requestId })
    for (const name of ['environment', 'ownerId', 'keyId', 'app']) {
      expect(one).not.toHaveProperty(name)
    }
    expect(two).toMatchObject({ outcome: 'allowed', ownerId: 'org_1' })
    await gate.close()
  })

  test('an audit log that must be durable holds nobody up, but for itself', async () => {
    const gate = open({
      audit: {
        ...{ key: SIGNING.key, mode: 'required' },
        sink: { write: () => Promise.reject(new Error('full')) },
      },
    })
    expect(await gate.check(nobody, OPEN)).toMatchObject({ reason: 'audit_unavailable' })
    expect(await gate.check(nobody, { ...OPEN, audit: 'best-effort' })).toMatchObject({
      allowed: true,
    })
  })
})

describe('with a limit for requests without credentials', () => {
  const limits = { anonymous: { limit: 2, window: '1h' } } as const

  test('nobody is counted once, whatever number of guards looks, and then refused', async () => {
    const gate = open({ limits })
    const { server, port } = await listen(OPEN_APPS['Express 5'](gate, ROUTES))
    const answers = [
      await ask(port, '/twice'),
      await ask(port, '/last'),
      await ask(port, '/twice'),
      await ask(port, '/later'),
    ]
    server.close()
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 429, 429])
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual([
      '1',
      '0',
      '0',
      '0',
    ])
    expect(answers[2]).toMatchObject({ body: { code: 'anonymous_limit_exceeded' } })
  })

  test('somebody whom a later guard finds is charged all the same', async () => {
    const gate = open({ limits: { ...limits, defaultPlan: 'free' }, plans })
    const requirement = { scopes: ['read'] } as const
    const session = () => ({ ownerId: 'org_1', scopes: ['read'] as const })
    const routes = { '/': [OPEN, { ...requirement, otherwise: session }] } as const
    const { server, port } = await listen(OPEN_APPS['Koa 3'](gate, routes))
    const left = [(await ask(port, '/')).headers, (await ask(port, '/')).headers]
    server.close()
    expect(left.map((headers) => headers.get('x-ratelimit-remaining'))).toEqual(['4', '3'])
  })

  test('a caller of the app is none of these', async () => {
    const gate = open({ limits })
    const routes = { '/': [{ optional: true, otherwise: () => ({ ownerId: 'org_1' }) }] } as const
    const { server, port } = await listen(OPEN_APPS['Koa 3'](gate, routes))
    const statuses: number[] = []
    for (let left = 4; left > 0; left--) statuses.push((await ask(port, '/')).status)
    server.close()
    expect(statuses).toEqual([200, 200, 200, 200])
  })
})

test('a request of nobody that a later guard gives a caller is one event of the log', async () => {
  const sink = keptSink()
  const gate = open({ audit: { sink, key: SIGNING.key, mode: 'required' } })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read'] })
  const app = express()
  app.use(onExpress.guard(gate, OPEN), (req, _res, next) => {
    if (typeof req.query['key'] === 'string') req.headers['x-api-key'] = req.query['key']
    next()
  })
  app.get('/', onExpress.guard(gate, { scopes: ['read'] }), (_req, res) => {
    res.end('in')
  })
  const { server, port } = await listen(app)
  const statuses = [(await ask(port, `/?key=${secret}`)).status, (await ask(port, '/')).status]
  server.close()
  await gate.close()
  expect(statuses).toEqual([200, 401])
  const reader = {
    async *lines() {
      await Promise.resolve()
      for (const { line } of sink.entries) yield { line, where: 'memory' }
    },
  }
  const events: unknown[] = []
  for await (const event of readEvents(reader, {})) if (event.kind === 'access') events.push(event)
  expect(events).toHaveLength(2)
  expect(events[0]).toMatchObject({ outcome: 'allowed', status: 200, ownerId: 'org_1' })
  expect(events[1]).toMatchObject({ outcome: 'denied', reason: 'missing_credentials', status: 401 })
  expect(events[1]).not.toHaveProperty('ownerId')
})
