import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { createGate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from './servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
const FAULT = new Error('a fault')

async function ask(listener: Parameters<typeof listen>[0], path = '/') {
  const { server, port } = await listen(listener)
  servers.push(server)
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`)
  return { answer, text: await answer.text().catch(() => 'cut off') }
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
] as const)('what is behind a handler that has answered, on %s', (_, express) => {
  test('notFound lets it pass', async () => {
    const passed: string[] = []
    const app = express()
      .use((_req, res, next) => {
        res.status(404).end('its own')
        next()
      })
      .use(onExpress.notFound(gate))
      .use((req) => passed.push(req.path))
    const { answer, text } = await ask(app, '/here')
    expect([answer.status, text, passed]).toEqual([404, 'its own', ['/here']])
  })

  test('errors hands on the very error, to what cuts the answer off', async () => {
    const told: unknown[] = []
    const last: ErrorRequestHandler = (error, _req, res, _next) => {
      told.push(error)
      res.destroy()
    }
    const app = express()
      .use((_req, res, next) => {
        res.write('half', () => {
          next(FAULT)
        })
      })
      .use(onExpress.errors(gate))
      .use(last)
    const { text } = await ask(app)
    expect([text, told]).toEqual(['cut off', [FAULT]])
  })
})

describe.each([
  ['Koa 3', Koa3],
  ['Koa 2', Koa2],
] as const)('what is before a handler that answers by itself, on %s', (_, Koa) => {
  const open = (handle: (ctx: Koa3.Context) => void) => {
    const told: unknown[] = []
    const app = new Koa()
    app.on('error', (error) => told.push(error))
    app.use(onKoa.errors(gate)).use(onKoa.notFound(gate)).use(handle)
    return { told, listener: app.callback() }
  }

  test.each([
    [204, ''],
    [200, 'OK'],
    [304, ''],
  ])('notFound leaves %i without a body as it is', async (status, expected) => {
    const { listener, told } = open((ctx) => {
      ctx.status = status
    })
    const { answer, text } = await ask(listener)
    expect([answer.status, text, told]).toEqual([status, expected, []])
    expect(answer.headers.get('x-request-id')).toBeNull()
  })

  test.each([400, 404, 503])('notFound answers %i where it has no body', async (status) => {
    const { listener } = open((ctx) => {
      ctx.status = status
    })
    const { answer, text } = await ask(listener)
    expect([answer.status, JSON.parse(text)]).toMatchObject([status, { status }])
  })

  test.each([400, 404, 503])('and leaves one with a body of its own: %i', async (status) => {
    const { listener } = open((ctx) => {
      ctx.status = status
      ctx.body = 'its own'
    })
    const { answer, text } = await ask(listener)
    expect([answer.status, text]).toEqual([status, 'its own'])
  })

  test('notFound leaves a response that the handler has taken over', async () => {
    const { listener } = open((ctx) => {
      ctx.respond = false
      ctx.status = 404
      setImmediate(() => ctx.res.end('its own'))
    })
    const { answer, text } = await ask(listener)
    expect([answer.status, text]).toEqual([404, 'its own'])
    expect(answer.headers.get('content-type')).toBeNull()
    expect(answer.headers.get('x-request-id')).toBeNull()
  })

  test('errors throws on what a handler has thrown that has taken its response over', async () => {
    const { listener, told } = open((ctx) => {
      ctx.respond = false
      throw FAULT
    })
    const { answer, text } = await ask(listener)
    // As Koa answers by itself.
    expect([answer.status, text, told]).toEqual([500, 'Internal Server Error', [FAULT]])
  })

  test('errors cuts off an answer that has begun, and throws on', async () => {
    const { listener, told } = open((ctx) => {
      ctx.res.write('half')
      throw FAULT
    })
    const { text } = await ask(listener).catch(() => ({ text: 'cut off' }))
    expect([text, told]).toEqual(['cut off', [FAULT]])
  })
})

/** Credentials in the query: nothing in the headers has a part in the answer. */
describe('the Vary of an app', () => {
  const queried = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    credentials: { from: [{ query: 'key' }] },
  })
  const onExpressApp = (express: typeof express5, of: typeof gate) =>
    express()
      .use((_req, res, next) => {
        res.vary('Accept-Language')
        next()
      })
      .use(onExpress.guard(of))
      .use((_req, res) => {
        res.end('let in')
      })
  const onKoaApp = (Koa: typeof Koa3, of: typeof gate) =>
    new Koa()
      .use((ctx, next) => {
        ctx.vary('Accept-Language')
        return next()
      })
      .use(onKoa.guard(of))
      .use((ctx) => {
        ctx.body = 'let in'
      })
      .callback()

  test.each([
    ['Express 5', (of: typeof gate) => onExpressApp(express5, of)],
    ['Express 4', (of: typeof gate) => onExpressApp(express4, of)],
    ['Koa 3', (of: typeof gate) => onKoaApp(Koa3, of)],
    ['Koa 2', (of: typeof gate) => onKoaApp(Koa2, of)],
  ] as const)('is kept on %s, beside that of the guard where it has one', async (_, open) => {
    for (const [of, expected] of [
      [gate, 'Accept-Language, Authorization, X-API-Key'],
      [queried, 'Accept-Language'],
    ] as const) {
      const { secret } = await of.keys.create({ name: 'CI', ownerId: 'org_1' })
      const { server, port } = await listen(open(of))
      servers.push(server)
      const query = of === queried ? `?key=${secret}` : ''
      const headers = of === queried ? {} : { 'x-api-key': secret }
      const answer = await fetch(`http://127.0.0.1:${String(port)}/${query}`, { headers })
      expect([answer.status, await answer.text()]).toEqual([200, 'let in'])
      expect(answer.headers.get('vary')).toBe(expected)
    }
  })

  test('is set where a server has no Express, too', async () => {
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const guard = onExpress.guard(gate)
    const { server, port } = await listen((req, res) => {
      const url = String(req.url)
      guard(Object.assign(req, { url, originalUrl: url }), res, () => {
        res.end('let in')
      })
    })
    servers.push(server)
    const headers = { 'x-api-key': secret }
    const answer = await fetch(`http://127.0.0.1:${String(port)}/`, { headers })
    expect([answer.status, await answer.text()]).toEqual([200, 'let in'])
    expect(answer.headers.get('vary')).toBe('Authorization, X-API-Key')
  })
})

test.each([
  ['Express', onExpress, 'req', { rawHeaders: [] }],
  ['Koa', onKoa, 'ctx', { req: { rawHeaders: [] } }],
] as const)(
  'on %s, who asks before any guard is told what was asked',
  (_, adapter, name, given) => {
    const { authOf, tenantOf, auditOf } = adapter
    for (const [of, ask] of Object.entries({ authOf, tenantOf, auditOf })) {
      expect(() => (ask as (given: unknown) => unknown)(given)).toThrow(
        expect.objectContaining({
          code: 'not_guarded',
          message: expect.stringContaining(`${of}(${name})`) as unknown as string,
        }),
      )
    }
  },
)
