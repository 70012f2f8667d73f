import type { Server } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import {
  BadRequestException,
  ConflictException,
  HttpException,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common'
import express5, { type Request, type RequestHandler } from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { createGate, nestedErrors, parseAuditLine, type AccessRecord, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from './servers.js'
import { until } from './until.js'

const LARGE = JSON.stringify({ a: 'x'.repeat(200) })
const NO_ENCODING = 'Content-Encoding of the body is not supported.'

type Listener = Parameters<typeof listen>[0]

const SECRET_TEXT = 'password of the database'

/** As those of http-errors are made. */
class TakenError extends Error {
  declare expose: boolean
  readonly status = 409
}
TakenError.prototype.expose = true

class HttpFault extends Error {
  declare expose: boolean
  readonly status = 503
}
HttpFault.prototype.expose = true

const NEST: Readonly<Record<string, () => unknown>> = {
  '/nest': () => new ConflictException('This name is taken.'),
  '/nest-text': () => new HttpException('This name is taken.', 409),
  '/nest-texts': () => new BadRequestException(['name is missing', 'born is no date']),
  '/nest-secret': () => new ConflictException('sp_live_sk_0123456789abcdef is taken.'),
  '/nest-name': () => new ConflictException(),
  '/nest-object': () => new ConflictException({ reason: SECRET_TEXT }),
  '/nest-route': () => new NotFoundException('Cannot GET /nest-route'),
  '/nest-json': () =>
    new BadRequestException(`Unexpected token 'p', "${SECRET_TEXT}" is not valid JSON`),
  '/nest-fault': () => new ServiceUnavailableException(SECRET_TEXT),
}

/** As body parsers, routers and HTTP clients throw them. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  '/fault': () => new Error(SECRET_TEXT),
  '/teapot': () => Object.assign(new Error(SECRET_TEXT), { status: 418 }),
  '/conflict': () => Object.assign(new Error(SECRET_TEXT), { statusCode: 409 }),
  '/status-200': () => Object.assign(new Error(SECRET_TEXT), { status: 200 }),
  ...NEST,
  '/http-error': () => new TakenError('This name is taken.'),
  '/http-fault': () => new HttpFault(SECRET_TEXT),
  // As http-errors gives a status to an error of somebody else.
  '/wrapped': () =>
    Object.assign(new Error(SECRET_TEXT), { status: 409, statusCode: 409, expose: true }),
  '/upstream': () => Object.assign(new Error(SECRET_TEXT), { status: 401, response: {} }),
  '/text': () => SECRET_TEXT,
  // What it says of itself must be worked out first, and that fails.
  '/unreadable': () =>
    Object.defineProperty(new Error('hidden'), 'status', {
      get() {
        throw new Error(SECRET_TEXT)
      },
    }),
  '/nothing-thrown': () => undefined,
}

function expressApp(express: typeof express5, gate: Gate<'read'>): Listener {
  const app = express().disable('x-powered-by')
  app.use(onExpress.guard(gate))
  for (const [path, make] of Object.entries(THROWN)) {
    const throws: RequestHandler = (_req, res) => {
      res.set({ etag: '"1"', 'content-encoding': 'br' }).status(201)
      throw make()
    }
    app.get(path, throws)
  }
  app.get('/own', () => {
    throw gate.answer(404, { code: 'NO_ORDER', message: 'There is no such order.' })
  })
  app.get('/misworded', () => {
    throw gate.answer(404, { message: 5 as never })
  })
  app.get('/unworded', () => {
    throw gate.answer(409)
  })
  app.post('/json', express.json({ limit: 100 }), (req: Request, res) => {
    res.json(req.body)
  })
  app.all('/only-post', (_req, res) => {
    res.set('allow', 'POST')
    throw gate.answer(405)
  })
  app.get('/half', (_req, res) => {
    res.write('half')
    throw new Error(SECRET_TEXT)
  })
  return app.use(onExpress.notFound(gate)).use(onExpress.errors(gate))
}

function koaApp(Koa: typeof Koa3, gate: Gate<'read'>): Listener {
  const app = new Koa()
  const router = new Router()
  app.silent = true
  app.use(onKoa.errors(gate)).use(onKoa.notFound(gate)).use(onKoa.guard(gate))
  for (const [path, make] of Object.entries(THROWN)) {
    router.get(path, (ctx) => {
      ctx.set({ etag: '"1"', 'content-encoding': 'br' })
      ctx.status = 201
      throw make()
    })
  }
  router.get('/own', () => {
    throw gate.answer(404, { code: 'NO_ORDER', message: 'There is no such order.' })
  })
  router.get('/misworded', () => {
    throw gate.answer(404, { message: 5 as never })
  })
  router.get('/unworded', () => {
    throw gate.answer(409)
  })
  router.post('/json', bodyParser({ jsonLimit: 100 }), (ctx) => {
    ctx.body = ctx.request.body
  })
  router.post('/only-post', (ctx) => {
    ctx.status = 204
  })
  router.get('/half', (ctx) => {
    ctx.res.write('half')
    throw new Error(SECRET_TEXT)
  })
  app.use(router.routes()).use(router.allowedMethods())
  return app.callback()
}

const FRAMEWORKS: readonly (readonly [string, (gate: Gate<'read'>) => Listener])[] = [
  ['Express 5', (gate) => expressApp(express5, gate)],
  ['Express 4', (gate) => expressApp(express4, gate)],
  ['Koa 3', (gate) => koaApp(Koa3, gate)],
  ['Koa 2', (gate) => koaApp(Koa2, gate)],
]

describe.each(FRAMEWORKS)('behind the gate, on %s', (_name, serve) => {
  const records: AccessRecord[] = []
  const onError = jest.fn<(error: unknown) => void>()
  let gate: Gate<'read'>
  let server: Server
  let url: string
  let secret: string

  beforeAll(async () => {
    gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read'],
      trustProxy: ['127.0.0.0/8'],
      plans: { free: { quota: { limit: 1_000, window: '1h' } } },
      limits: { defaultPlan: 'free' },
      errorFormat: nestedErrors({
        words: {
          404: { code: 'NOT_FOUND', message: 'Nothing here.' },
          409: { code: 'TAKEN' },
          500: { code: 'OURS' },
        },
      }),
      audit: {
        sink: {
          write(entries) {
            for (const { line } of entries) {
              const record = parseAuditLine(line)
              if (record?.kind === 'access') records.push(record)
            }
          },
        },
      },
      onError,
    })
    secret = (await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read'] })).secret
    const listening = await listen(serve(gate))
    server = listening.server
    url = `http://127.0.0.1:${String(listening.port)}`
  })
  afterEach(() => {
    onError.mockClear()
  })
  afterAll(async () => {
    server.close()
    await gate.close()
  })

  async function ask(path: string, init: RequestInit = {}) {
    const headers = {
      authorization: `Bearer ${secret}`,
      'x-forwarded-proto': 'https',
      ...(init.headers as object),
    }
    const answer = await fetch(url + path, { ...init, headers })
    const text = await answer.text()
    expect(text).not.toContain(SECRET_TEXT)
    const requestId = String(answer.headers.get('x-request-id'))
    return { status: answer.status, headers: answer.headers, text, requestId }
  }

  function envelope(code: string, message: string, requestId: string): string {
    return JSON.stringify({ error: { code, message, requestId } })
  }

  test.each([
    ['/nothing', 404, 'NOT_FOUND', 'Nothing here.'],
    ['/own', 404, 'NO_ORDER', 'There is no such order.'],
    ['/unworded', 409, 'TAKEN', 'Conflict'],
    ['/conflict', 409, 'TAKEN', 'Conflict'],
    ['/wrapped', 409, 'TAKEN', 'Conflict'],
    ['/http-error', 409, 'TAKEN', 'This name is taken.'],
    ['/http-fault', 503, 'service_unavailable', 'Service Unavailable'],
    ['/nest', 409, 'TAKEN', 'This name is taken.'],
    ['/nest-text', 409, 'TAKEN', 'This name is taken.'],
    ['/nest-texts', 400, 'bad_request', 'name is missing; born is no date'],
    ['/nest-name', 409, 'TAKEN', 'Conflict'],
    ['/nest-object', 409, 'TAKEN', 'Conflict'],
    ['/nest-route', 404, 'NOT_FOUND', 'Nothing here.'],
    ['/nest-json', 400, 'bad_request', 'The body is not valid JSON.'],
    ['/nest-fault', 503, 'service_unavailable', 'Service Unavailable'],
    ['/teapot', 418, 'i_m_a_teapot', "I'm a Teapot"],
    ['/only-post', 405, 'method_not_allowed', 'Method Not Allowed'],
    ['/fault', 500, 'OURS', 'Internal Server Error'],
    ['/status-200', 500, 'OURS', 'Internal Server Error'],
    ['/upstream', 500, 'OURS', 'Internal Server Error'],
    ['/text', 500, 'OURS', 'Internal Server Error'],
    ['/unreadable', 500, 'OURS', 'Internal Server Error'],
    ['/misworded', 500, 'OURS', 'Internal Server Error'],
  ])('%s is %i in the format of the gate, with request id and rate headers', async (...row) => {
    const [path, status, code, message] = row
    const answer = await ask(path)
    expect(answer.text).toBe(envelope(code, message, answer.requestId))
    expect(answer.status).toBe(status)
    expect(answer.requestId).toMatch(/^req_/)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(answer.text)),
      'cache-control': 'no-store',
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': expect.stringMatching(/^\d+$/),
      'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
    })
    expect(answer.headers.get('etag')).toBeNull()
    expect(answer.headers.get('content-encoding')).toBeNull()
    const isFault = status >= 500
    expect(onError).toHaveBeenCalledTimes(isFault ? 1 : 0)
    const recorded = () => records.filter(({ requestId }) => requestId === answer.requestId).at(-1)
    await until(() => recorded()?.status !== undefined)
    expect(recorded()).toMatchObject({ outcome: 'allowed', status, path })
  })

  test('what looks like a secret is not told', async () => {
    const { text } = await ask('/nest-secret')
    expect(text).toContain('[secret] is taken.')
  })

  test('405 keeps the methods that are allowed', async () => {
    expect((await ask('/only-post')).headers.get('allow')).toBe('POST')
  })

  test.each([
    ['half of it', '{"a":', 'identity', 400, 'bad_request', 'The body is not valid JSON.'],
    ['no object', '"hunter2"', 'identity', 400, 'bad_request', 'The body is not valid JSON.'],
    ['too much', LARGE, 'identity', 413, 'body_too_large', 'The body is too large.'],
    ['another encoding', '{}', 'klingon', 415, 'unsupported_media_type', NO_ENCODING],
  ])('what a body parser refuses: %s', async (_what, body, encoding, status, code, message) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    const answer = await ask('/json', { method: 'POST', body, headers })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { code, message: expect.stringContaining(message) as unknown },
    })
    expect(onError).not.toHaveBeenCalled()
  })

  test('a request that no guard let in has the answer of the guard', async () => {
    const { status, text } = await ask('/nothing', { headers: { authorization: 'Bearer none' } })
    expect(status).toBe(401)
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'invalid_credentials' } })
  })

  test('an answer that has begun is cut off, never finished with another', async () => {
    await expect(ask('/half')).rejects.toThrow()
  })
})

describe('gate.answer', () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })

  test('is an error with what other error handling looks for', () => {
    const error = gate.answer(404, { message: 'There is no such order.' })
    expect(error).toMatchObject({ status: 404, expose: true })
    expect(error.message).toBe('There is no such order.')
  })

  test.each([200, 399, 600, 404.5, Number.NaN])('refuses the status %p', (status) => {
    expect(() => gate.answer(status)).toThrow("'status' must be from 400 to 599")
  })
})

test.each<[object, string]>([
  [{ message: 5 }, "'code' and 'message' must be texts"],
  [{ code: { a: 1 } }, "'code' and 'message' must be texts"],
  [{ mesage: 'Gone.' }, "did you mean 'message'"],
])('gate.answer refuses the words %j', (words, message) => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  expect(() => gate.answer(404, words)).toThrow(message)
})

describe.each([
  ['Express', onExpress],
  ['Koa', onKoa],
])('%s', (_name, { errors, notFound }) => {
  test('errors and notFound must be given a gate', () => {
    expect(() => errors({} as never)).toThrow('errors: must be given a gate first')
    expect(() => notFound(undefined as never)).toThrow('notFound: must be given a gate first')
  })
})

test.each([Koa3, Koa2])('the text of ctx.throw is told, on Koa', async (Koa) => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const app = new Koa().use(onKoa.errors(gate)).use((ctx) => {
    if (ctx.path === '/wrapped') ctx.throw(404, new Error(SECRET_TEXT))
    ctx.throw(404, 'There is no such order.')
  })
  const { server, port } = await listen(app.callback())
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`)
    return [answer.status, ((await answer.json()) as { detail: string }).detail]
  }
  expect(await ask('/')).toEqual([404, 'There is no such order.'])
  expect(await ask('/wrapped')).toEqual([404, 'Not Found'])
  server.close()
})

describe('with onDenied: next', () => {
  test.each(['Express', 'Koa'])('errors answers the denial, on %s', async (name) => {
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: [],
      onDenied: 'next',
      trustProxy: ['127.0.0.0/8'],
    })
    const listener =
      name === 'Koa'
        ? new Koa3().use(onKoa.errors(gate)).use(onKoa.guard(gate)).callback()
        : express5().use(onExpress.guard(gate)).use(onExpress.errors(gate))
    const { server, port } = await listen(listener)
    const headers = { 'x-forwarded-proto': 'https' }
    const answer = await fetch(`http://127.0.0.1:${String(port)}/`, { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"')
    expect(await answer.json()).toMatchObject({ code: 'missing_credentials', status: 401 })
    server.close()
    await gate.close()
  })
})
