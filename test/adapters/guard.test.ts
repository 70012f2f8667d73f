import type { Server } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import express, { type ErrorRequestHandler } from 'express'
import Koa, { type Context } from 'koa'
import {
  createGate,
  createMemoryKeyStore,
  DeniedError,
  type Gate,
  type GateOptions,
  type KeyStore,
} from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import request from 'supertest'
import { sendRaw } from './raw-http.js'
import { listen } from './servers.js'
import { failuresInto } from '../failures.js'

const OPTIONS: GateOptions<'read:orders' | 'manage:keys'> = {
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['read:orders', 'manage:keys'],
}

type TestGate = Gate<'read:orders' | 'manage:keys'>

const servers: Server[] = []

async function serve(listener: Parameters<typeof listen>[0]) {
  const { server, port } = await listen(listener)
  servers.push(server)
  return `http://127.0.0.1:${String(port)}`
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Two guards in a row, then a handler that tells who came in. */
const TWICE = {
  express: (gate: TestGate, second = gate) => {
    const app = express()
    app.use(onExpress.guard(gate))
    app.get('/', onExpress.guard(second, { scopes: ['read:orders'] }), (req, res) => {
      res.json(onExpress.authOf(req))
    })
    return app
  },
  koa: (gate: TestGate, second = gate) => {
    const app = new Koa()
    app.use(onKoa.guard(gate))
    app.use(onKoa.guard(second, { scopes: ['read:orders'] }))
    app.use((ctx) => {
      ctx.body = onKoa.authOf(ctx)
    })
    return app.callback()
  },
}

function counting(store: KeyStore) {
  let reads = 0
  const findByDigest: KeyStore['findByDigest'] = async (digest) => {
    reads += 1
    return store.findByDigest(digest)
  }
  return { store: { ...store, findByDigest }, reads: () => reads }
}

describe.each(['express', 'koa'] as const)('guard on %s', (framework) => {
  test('a later guard checks only its own requirement, with a store that answers later too', async () => {
    const { store, reads } = counting(createMemoryKeyStore())
    const gate = createGate({ ...OPTIONS, keys: { prefix: 'acme', store } })
    const input = { name: 'Test', ownerId: 'org_1' }
    const may = await gate.keys.create({ ...input, scopes: ['read:orders'] })
    const mayNot = await gate.keys.create(input)
    const url = await serve(TWICE[framework](gate))
    const allowed = await request(url).get('/').auth(may.secret, { type: 'bearer' })
    expect([allowed.status, allowed.body]).toMatchObject([200, { ownerId: 'org_1', keyId: may.id }])
    expect(reads()).toBe(1)
    const denied = await request(url).get('/').auth(mayNot.secret, { type: 'bearer' })
    expect([denied.status, reads()]).toEqual([403, 2])
  })

  test('the guard of another gate opens no door of this one', async () => {
    const gate = createGate(OPTIONS)
    const other = createGate(OPTIONS)
    const { secret } = await gate.keys.create({
      name: 'Test',
      ownerId: 'org_1',
      scopes: ['read:orders'],
    })
    const url = await serve(TWICE[framework](gate, other))
    const answer = await request(url).get('/').auth(secret, { type: 'bearer' })
    expect(answer.status).toBe(401)
  })

  test('a store that fails is 503 with Retry-After, and is told without the secret', async () => {
    const told: unknown[] = []
    const failing: KeyStore = {
      ...createMemoryKeyStore(),
      findByDigest: () => Promise.reject(new Error('connection refused')),
    }
    const gate = createGate({
      ...OPTIONS,
      keys: { prefix: 'acme', store: failing },
      onError: failuresInto(told),
    })
    const { secret } = await gate.keys.create({ name: 'Test', ownerId: 'org_1' })
    const url = await serve(TWICE[framework](gate))
    const answer = await request(url).get('/').auth(secret, { type: 'bearer' })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(told).toHaveLength(1)
    expect(String(told[0]) + answer.text).not.toContain(secret)
  })
})

/** A store that answers when it is told to, and an app that has answered by then. */
const LATE = {
  express: (gate: TestGate, entered: () => void, use: 'guard' | 'keyEndpoints') => {
    const app = express()
    app.use((_req, res, next) => {
      res.status(504).end('late')
      next()
    })
    if (use === 'guard') app.use(onExpress.guard(gate))
    else app.use(onExpress.keyEndpoints(gate, { scopes: ['manage:keys'] }))
    const onError: ErrorRequestHandler = (_error, _req, _res, _next) => {
      entered()
    }
    app.use(entered, onError)
    return app
  },
  koa: (gate: TestGate, entered: () => void, use: 'guard' | 'keyEndpoints') => {
    const app = new Koa()
    app.use((ctx, next) => {
      ctx.res.writeHead(504).end('late')
      return next()
    })
    if (use === 'guard') app.use(onKoa.guard(gate))
    else app.use(onKoa.keyEndpoints(gate, { scopes: ['manage:keys'] }))
    app.use(entered).on('error', entered)
    return app.callback()
  },
}

describe.each(['express', 'koa'] as const)(
  'on %s, when the app has answered before',
  (framework) => {
    test.each([
      ['guard', 'respond', true],
      ['guard', 'respond', false],
      ['guard', 'next', false],
      ['keyEndpoints', 'respond', true],
      ['keyEndpoints', 'next', false],
    ] as const)('%s with deny: %s does nothing (a good key: %j)', async (use, deny, good) => {
      const { store } = counting(createMemoryKeyStore())
      const failures: unknown[] = []
      const onError = failuresInto(failures)
      const keys = { prefix: 'acme', store }
      const gate = createGate({ ...OPTIONS, onDenied: deny, keys, onError })
      const key = { name: 'Test', ownerId: 'org_1', scopes: ['manage:keys'] } as const
      const { secret } = await gate.keys.create(key)
      const unhandled = jest.fn()
      const entered = jest.fn()
      const uncaught = ['unhandledRejection', 'uncaughtException'] as const
      for (const event of uncaught) process.on(event, unhandled)
      const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
      const url = await serve(LATE[framework](gate, entered, use))
      const answer = await request(url)
        .get('/')
        .auth(good ? secret : 'acme_nobody', { type: 'bearer' })
      for (let turn = 0; turn < 5; turn++) await nextTurn()
      for (const event of uncaught) process.off(event, unhandled)
      expect([answer.status, answer.text]).toEqual([504, 'late'])
      expect([unhandled, entered, logged].map(({ mock }) => mock.calls)).toEqual([[], [], []])
      expect(failures).toEqual([])
      logged.mockRestore()
    })
  },
)

describe.each(['express', 'koa'] as const)('one request on %s has one id', (framework) => {
  test.each([true, false])('where the second guard lets it in: %j', async (may) => {
    const seen: (string | undefined)[] = []
    const gate = createGate(OPTIONS)
    const check = (...asked: Parameters<TestGate['check']>) => {
      const decision = gate.check(...asked)
      void Promise.resolve(decision).then(({ requestId }) => seen.push(requestId))
      return decision
    }
    const watched: TestGate = { ...gate, check: check as TestGate['check'] }
    const scopes = may ? (['read:orders'] as const) : []
    const { secret } = await gate.keys.create({ name: 'Test', ownerId: 'org_1', scopes })
    const url = await serve(TWICE[framework](watched))
    const answer = await request(url).get('/').auth(secret, { type: 'bearer' })
    expect(answer.status).toBe(may ? 200 : 403)
    expect(seen).toEqual(Array(2).fill(answer.headers['x-request-id']))
    if (!may) expect(answer.body).toMatchObject({ requestId: seen[0] })
  })
})

describe("onDenied: 'next'", () => {
  test.each([
    ['express', (gate: TestGate) => express().use(onExpress.guard(gate))],
    ['koa', (gate: TestGate) => new Koa().use(onKoa.guard(gate)).callback()],
  ] as const)('shows no path of the server where %s itself answers', async (_, open) => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {})
    const answer = await request(
      await serve(open(createGate({ ...OPTIONS, onDenied: 'next' }))),
    ).get('/')
    logged.mockRestore()
    expect(answer.status).toBe(401)
    expect(answer.text).toContain('Denied: missing_credentials')
    expect(answer.text).not.toMatch(/\.[jt]s|node_modules|\bat /)
  })

  test('hands Express a DeniedError with the whole answer', async () => {
    const gate = createGate({ ...OPTIONS, onDenied: 'next' })
    const app = express().use(onExpress.guard(gate))
    const answerError: ErrorRequestHandler = (error: DeniedError, _req, res, _next) => {
      res.status(error.status).set(error.headers).send({ own: error.denial.reason })
    }
    app.use(answerError)
    const answer = await request(await serve(app)).get('/')
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="api"'])
    expect(answer.text).toBe('{"own":"missing_credentials"}')
  })

  test('throws a DeniedError in Koa, which answers with its status', async () => {
    const gate = createGate({ ...OPTIONS, onDenied: 'next' })
    const app = new Koa().use(onKoa.guard(gate))
    const errors: unknown[] = []
    app.on('error', (error: unknown) => errors.push(error))
    const answer = await request(await serve(app.callback())).get('/')
    expect(answer.status).toBe(401)
    expect(errors).toEqual([expect.any(DeniedError)])
  })
})

describe('keyEndpoints', () => {
  const MANAGING = { scopes: ['manage:keys'] } as const
  const body = { name: 'CI', expiresAt: '2099-01-31T00:00:00+01:00', metadata: { team: 'ci' } }

  test.each([
    [
      'express',
      (gate: TestGate) => express().use(express.json(), onExpress.keyEndpoints(gate, MANAGING)),
    ],
    [
      'koa',
      (gate: TestGate) =>
        new Koa().use(bodyParser()).use(onKoa.keyEndpoints(gate, MANAGING)).callback(),
    ],
  ] as const)(
    'takes a body that was parsed before it on %s, through the whole life of a key',
    async (_, open) => {
      const gate = createGate(OPTIONS)
      const admin = { name: 'Admin', ownerId: 'org_1', scopes: ['manage:keys'] } as const
      const { secret } = await gate.keys.create(admin)
      const agent = request.agent(await serve(open(gate))).auth(secret, { type: 'bearer' })
      const created = await agent.post('/').send(body)
      expect([created.status, created.headers['cache-control']]).toEqual([201, 'no-store'])
      const { id, secret: fresh } = created.body as { id: string; secret: string }
      expect(created.body).toMatchObject({
        ownerId: 'org_1',
        expiresAt: '2099-01-30T23:00:00.000Z',
      })
      const changed = await agent.patch(`/${id}`).send({ disabled: true })
      expect([changed.status, changed.body]).toMatchObject([200, { state: 'disabled' }])
      expect(await gate.verify(fresh)).toMatchObject({ reason: 'key_disabled' })
      await agent.patch(`/${id}`).send({ disabled: false, expiresAt: null }).expect(200)
      const rotated = await agent.post(`/${id}/rotate`).send({ gracePeriod: '1h' }).expect(201)
      expect(rotated.body).toMatchObject({ previous: { id, state: 'active' }, rotatedFrom: id })
      await agent.post(`/${id}/rotate`).expect(409)
      await agent.post(`/${id}/rotate`).send({ gracePeriod: 'soon' }).expect(400)
      const shown = await agent.get(`/${id}`).expect(200)
      expect(shown.text).not.toMatch(/secret|digest/)
      const listed = await agent.get('/?limit=2').expect(200)
      expect(listed.body).toMatchObject({ keys: [{}, {}], cursor: expect.any(String) })
      await agent.delete(`/${id}`).expect(204)
      expect(await gate.verify(fresh)).toMatchObject({ reason: 'key_revoked' })
    },
  )
})

test.each([
  ['http://[/keys', 'GET, PATCH, DELETE'],
  ['http://localhost/', 'GET, POST'],
  ['/?x=/more', 'GET, POST'],
  ['//', 'GET, POST'],
])(
  'keyEndpoints answer to the URL "%s" the same, whatever the framework makes of it',
  async (url, allow) => {
    const gate = createGate(OPTIONS)
    const key = { name: 'Test', ownerId: 'org_1', scopes: ['manage:keys'] } as const
    const { secret } = await gate.keys.create(key)
    const requirement = { scopes: ['manage:keys'] } as const
    const endpoints = onExpress.keyEndpoints(gate, requirement)
    const bare: Parameters<typeof serve>[0] = (req, res) => {
      const { url = '' } = req
      endpoints(Object.assign(req, { url, originalUrl: url }), res, () => res.writeHead(500).end())
    }
    const koa = new Koa().use(onKoa.keyEndpoints(gate, requirement)).callback()
    const lines = [`PUT ${url} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${secret}`]
    for (const listener of [bare, koa]) {
      const { port } = new URL(await serve(listener))
      const answer = await sendRaw(Number(port), [...lines, 'Content-Length: 0'])
      expect([answer.status, answer.headers['allow']]).toEqual([405, allow])
    }
  },
)

test('authOf before any guard names the mistake', () => {
  const notGuarded = expect.objectContaining({ code: 'not_guarded' }) as unknown as Error
  const outgoing = Object.assign(express.request, { rawHeaders: [] })
  expect(() => onExpress.authOf(outgoing)).toThrow(notGuarded)
  const app = new Koa()
  const incoming = { rawHeaders: [], socket: {} } as unknown as Context['req']
  const ctx = app.createContext(incoming, {} as Context['res'])
  expect(() => onKoa.authOf(ctx)).toThrow(notGuarded)
  for (const nothing of [undefined, null, 7] as never[]) {
    expect(() => onExpress.authOf(nothing)).toThrow(notGuarded)
    expect(() => onKoa.authOf(nothing)).toThrow(notGuarded)
  }
})
