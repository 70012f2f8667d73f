import { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { createGate, gateRequestOf } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { listen } from '../adapters/servers.js'

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
const other = await gate.keys.create({ name: 'Other', ownerId: 'org_2' })

type Listener = (req: IncomingMessage, res: ServerResponse) => unknown
type Change = (headers: Record<string, unknown>) => void

/** An app that answers 200 to whoever the guard lets in; `change` comes before the guard. */
const APPS: Readonly<Record<string, (change?: Change) => Listener>> = {
  'Express 5': (change) => expressApp(express5, change),
  'Express 4': (change) => expressApp(express4, change),
  'Koa 3': (change) => koaApp(Koa3, change),
  'Koa 2': (change) => koaApp(Koa2, change),
}

function expressApp(express: typeof express5, change?: Change): Listener {
  const app = express()
  app.use((req, _res, next) => {
    change?.(req.headers)
    next()
  }, expressGuard(gate))
  app.use((req, res) => {
    res.end((Reflect.get(req, 'auth') as { ownerId: string }).ownerId)
  })
  return app
}

function koaApp(Koa: typeof Koa3, change?: Change): Listener {
  const app = new Koa()
  app.use((ctx, next) => {
    change?.(ctx.req.headers)
    return next()
  })
  app.use(koaGuard(gate))
  app.use((ctx) => {
    ctx.body = (ctx.state['auth'] as { ownerId: string }).ownerId
  })
  return app.callback()
}

/** Calls an app without a socket, as hosts of functions do: no rawHeaders, only headers. */
function callWithout(
  app: Listener,
  headers: Record<string, unknown>,
  socket: object = { encrypted: true, remoteAddress: '203.0.113.9' },
): Promise<number> {
  const nothing = Object.fromEntries(
    ['on', 'once', 'removeListener', 'destroy', 'end', 'cork', 'uncork', 'setTimeout'].map(
      (name) => [name, () => undefined],
    ),
  )
  const req = new IncomingMessage({ ...nothing, readable: false, ...socket } as unknown as Socket)
  Object.assign(req, { method: 'GET', url: '/x', headers, complete: true, httpVersion: '1.1' })
  req.push(null)
  const res = new ServerResponse(req)
  return new Promise((resolve) => {
    res.end = (() => {
      resolve(res.statusCode)
      return res
    }) as never
    app(req, res)
  })
}

describe.each(Object.entries(APPS))('on a host that makes requests itself, %s', (_, make) => {
  test.each<[string, Record<string, unknown>, number]>([
    ['a key in its own header', { 'x-api-key': secret }, 200],
    ['a name in capitals', { 'X-Api-Key': secret }, 200],
    ['a bearer', { authorization: `Bearer ${secret}` }, 200],
    ['a list of one', { 'x-api-key': [secret] }, 200],
    ['nobody', { host: 'api' }, 401],
    ['no headers at all', {}, 401],
    ['what is no text', { 'x-api-key': 7 }, 401],
    ['a list of two', { 'x-api-key': [secret, secret] }, 400],
    ['two, joined', { 'x-api-key': `${secret}, ${secret}` }, 400],
    ['two places', { 'x-api-key': secret, authorization: `Bearer ${secret}` }, 400],
  ])('%s', async (_name, headers, status) => {
    expect(await callWithout(make(), headers)).toBe(status)
  })

  test('whose socket tells nothing, nothing came over HTTPS', async () => {
    expect(await callWithout(make(), { 'x-api-key': secret }, {})).toBe(403)
  })
})

describe.each(Object.entries(APPS))('a middleware before the guard, %s', (_, make) => {
  async function ask(change: Change, ...lines: readonly [string, string][]): Promise<string> {
    const { server, port } = await listen(make(change))
    try {
      const response = await fetch(`http://127.0.0.1:${String(port)}/`, { headers: [...lines] })
      const text = await response.text()
      return response.ok ? text : String(response.status)
    } finally {
      server.close()
    }
  }

  const KEY: [string, string] = ['x-api-key', secret]
  const BEARER: [string, string] = ['authorization', `Bearer ${secret}`]
  const set = (name: string, value: string): Change => {
    return (headers) => (headers[name] = value)
  }
  const cases: [name: string, change: Change, lines: [string, string][], expected: string][] = [
    ['sets the header', set('authorization', `Bearer ${secret}`), [], 'org_1'],
    ['replaces it', set('x-api-key', other.secret), [KEY], 'org_2'],
    ['takes it away', (headers) => delete headers['x-api-key'], [KEY], '401'],
    ['sets a second credential', set('x-api-key', secret), [BEARER], '400'],
    ['leaves it', () => undefined, [KEY], 'org_1'],
  ]
  test.each(cases)('%s', async (_name, change, lines, expected) => {
    expect(await ask(change, ...lines)).toBe(expected)
  })
})

test('a header that came twice is not hidden by its joined form', async () => {
  const rawHeaders = [
    'Authorization',
    `Bearer ${secret}`,
    'Authorization',
    `Bearer ${other.secret}`,
  ]
  const headers = { authorization: `Bearer ${secret}` }
  const socket = { encrypted: true }
  const request = gateRequestOf({ method: 'GET', url: '/', rawHeaders, headers, socket })
  expect(await gate.check(request)).toMatchObject({ reason: 'multiple_credentials' })
})

test.each([
  {},
  { headers: { 'x-api-key': secret } },
  { headers: { 'x-api-key': secret }, socket: null },
  { rawHeaders: ['X-API-Key', secret], socket: { server: null } },
])('a stand-in for a request gets an answer: %j', async (message) => {
  const response = { statusCode: 200 }
  const request = gateRequestOf(message as never, undefined, response as never)
  expect(await gate.check(request)).toMatchObject({ status: 403, reason: 'https_required' })
})

describe('gateRequestOf refuses what is no request of node:http:', () => {
  const misuse = (given: unknown) => () => gateRequestOf(given as never)
  const WRITE = /^gateRequestOf: must be given a request of node:http; write gateRequestOf\(req, /

  test('a Request of fetch, with what to do on an edge runtime', () => {
    const fetched = new Request('https://api.example.com/', { headers: { 'x-api-key': secret } })
    expect(misuse(fetched)).toThrow(WRITE)
    const hono = { req: { raw: fetched } }
    for (const given of [hono, hono.req]) expect(misuse(given)).toThrow(/a Request of fetch/)
    expect(misuse(fetched)).toThrow(/a Request of fetch.*c\.env\.incoming.*Next\.js.*gate\.verify/)
    expect(misuse(fetched)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  })

  test.each([[undefined], [null], ['GET /'], [42]])('%p', (given) => {
    expect(misuse(given)).toThrow(WRITE)
    expect(misuse(given)).not.toThrow('fetch')
  })

  test('headers that are called get and has are just headers', () => {
    const headers = { get: 'x', has: 'y', 'x-api-key': secret }
    const request = gateRequestOf({ headers, socket: {} })
    expect(request.rawHeaders).toEqual(['get', 'x', 'has', 'y', 'x-api-key', secret])
  })
})
