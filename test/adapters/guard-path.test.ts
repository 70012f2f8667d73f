import type { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import Router from '@koa/router'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { createGate } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { listen } from './servers.js'
import { sendRaw } from './raw-http.js'

type Listener = Parameters<typeof createServer>[1]

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })

async function statusesOf(listener: Listener, paths: readonly string[], key?: string) {
  const { server, port } = await listen(listener)
  const statuses: number[] = []
  for (const path of paths) {
    const fields = key === undefined ? [] : [`X-API-Key: ${key}`]
    const answer = await sendRaw(port, [`GET ${path} HTTP/1.1`, 'Host: a', ...fields])
    statuses.push(answer.status)
  }
  server.close()
  return statuses
}

function expressApp(express: typeof express5, under: string): Listener {
  const app = express().use(expressGuard(gate, { under }))
  return app.use((_req, res) => {
    res.end('in')
  })
}

function koaApp(Koa: typeof Koa3, under: string): Listener {
  const app = new Koa().use(koaGuard(gate, { under }))
  app.use((ctx) => {
    ctx.body = 'in'
  })
  return app.callback()
}

const GUARDED = [
  ...[
    '/v1',
    '/v1/',
    '/V1',
    '/V1/',
    '/v1/open',
    '/V1/OPEN',
    '/v1/open/',
    '/v1?x=/',
    '/v1/?',
    '/v1/../v1/x',
  ],
  ...[
    '/%761/open',
    '/%56%31/open',
    '/v1%2Fopen',
    '/v1%2fopen',
    '//v1/open',
    '/./v1/open',
    '/x/../v1/open',
  ],
  ...[
    '/x/%2e%2e/v1/open',
    '/v1/%E0%A4%A',
    '/v1\\open',
    'http://127.0.0.1/v1/open',
    'http://127.0.0.1/V1',
    '/v1/../health',
  ],
]
const OPEN = [
  '/',
  '/health',
  '/v10',
  '/v1x',
  '/x/v1',
  '/v',
  '/%76',
  '/v1.json',
  '/health?/v1/',
  '/%2576%31',
]

describe.each<[string, (under: string) => Listener]>([
  ['Express 5', (under) => expressApp(express5, under)],
  ['Express 4', (under) => expressApp(express4, under)],
  ['Koa 3', (under) => koaApp(Koa3, under)],
  ['Koa 2', (under) => koaApp(Koa2, under)],
])('a guard under a path, %s', (_, make) => {
  test.each(['/v1', '/v1/', '/V1'])('%s, in any spelling', async (under) => {
    const statuses = await statusesOf(make(under), GUARDED)
    expect(Object.fromEntries(GUARDED.map((path, at) => [path, statuses[at]]))).toEqual(
      Object.fromEntries(GUARDED.map((path) => [path, 401])),
    )
    expect(new Set(await statusesOf(make(under), ['/v1', '/V1/open'], secret))).toEqual(
      new Set([200]),
    )
  })

  test('and under no other', async () => {
    const statuses = await statusesOf(make('/v1'), OPEN)
    expect(Object.fromEntries(OPEN.map((path, at) => [path, statuses[at]]))).toEqual(
      Object.fromEntries(OPEN.map((path) => [path, 200])),
    )
  })

  test.each(['/x', '/x/'])('%s, a path of one letter', async (under) => {
    expect(await statusesOf(make(under), ['/x', '/x/y', '/xy', '/'])).toEqual([401, 401, 200, 200])
  })

  test("under '/', all are", async () => {
    expect(new Set(await statusesOf(make('/'), [...GUARDED, ...OPEN]))).toEqual(new Set([401]))
  })
})

test.each([
  'v1',
  '',
  '/v1?x',
  '/%76',
  '/v1/:id',
  '/a/../v1',
  '/a//b',
  '/a//',
  '/.',
  '/a/.',
  1,
  '/ü',
])('under: %j is an error at start', (under) => {
  const message = "guard: 'under' must be a path of letters, digits, - . _ ~ and /, such as '/v1'"
  expect(() => expressGuard(gate, { under } as never)).toThrow(message)
  expect(() => koaGuard(gate, { under } as never)).toThrow(message)
})

describe('a guard that letter case passes is told of once', () => {
  let told: string[] = []
  beforeEach(() => {
    told = []
    jest.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
      const code = (options as { code?: string } | undefined)?.code
      if (code === 'SALLYPORT_GUARD_PASSED') told.push(String(message))
    })
  })
  afterEach(() => {
    jest.restoreAllMocks()
  })

  const layouts: Readonly<Record<string, [told: number, (app: Koa3) => unknown]>> = {
    'on a router with a prefix': [
      1,
      (app) => {
        const router = new Router({ prefix: '/v1' })
        router.use(koaGuard(gate))
        return app.use(router.get('/open', open).routes())
      },
    ],
    'in a router below another': [
      1,
      (app) => {
        const [child, parent] = [new Router(), new Router()]
        child.use(koaGuard(gate))
        parent.use('/v1', child.get('/open', open).routes())
        return app.use(parent.routes())
      },
    ],
    'under koa-mount': [
      1,
      (app) =>
        app
          .use(mount('/v1', koaGuard(gate)))
          .use(new Router({ prefix: '/v1' }).get('/open', open).routes()),
    ],
    'not on a router that goes by letter case': [
      0,
      (app) => {
        const router = new Router({ prefix: '/v1', sensitive: true })
        router.use(koaGuard(gate))
        return app.use(router.get('/open', open).routes())
      },
    ],
    'not at a route': [
      0,
      (app) => app.use(new Router({ prefix: '/v1' }).get('/open', koaGuard(gate), open).routes()),
    ],
    'not in an app that is mounted whole': [
      0,
      (app) => app.use(mount('/v1', new Koa3().use(koaGuard(gate)).use(open))),
    ],
    'not on the app': [
      0,
      (app) =>
        app
          .use(koaGuard(gate, { under: '/v1' }))
          .use(new Router({ prefix: '/v1' }).get('/open', open).routes()),
    ],
  }

  test.each(Object.entries(layouts))('%s', async (_, [times, layout]) => {
    const app = new Koa3()
    layout(app)
    await statusesOf(app.callback(), ['/v1/open', '/v1/open'])
    expect(told).toHaveLength(times)
    if (times > 0) expect(told[0]).toMatch(/'\/V1(?:\/.*)?' for '(\/v1.*?)'.*under: '\1', scopes/)
  })

  function open(ctx: { body: unknown }) {
    ctx.body = 'in'
  }
})
