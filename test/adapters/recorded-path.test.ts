import { describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express from 'express'
import express4 from 'express4'
import Koa from 'koa'
import mount from 'koa-mount'
import type { Gate, GateRequest } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { auditedGate, KEY, keptSink } from '../audit/gates.js'
import { listen } from './servers.js'

/** An API that is mounted in another one, twice. */
const APPS = {
  Express(gate: Gate<'read:patients'>) {
    const inner = express.Router()
    inner.get('/:id', onExpress.guard(gate), (_req, res) => void res.end())
    return express().use('/v1', express.Router().use('/patients', inner))
  },
  Koa(gate: Gate<'read:patients'>) {
    const inner = new Koa()
    inner.use(onKoa.guard(gate))
    inner.use((ctx) => {
      ctx.status = 200
    })
    return new Koa().use(mount('/v1', mount('/patients', inner))).callback()
  },
} as const

test.each(['Express', 'Koa'] as const)(
  'the path of a request inside a mount is recorded whole: %s',
  async (framework) => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    const { server, port } = await listen(APPS[framework](gate))
    for (const credential of [secret, 'unknown']) {
      const headers = { authorization: `Bearer ${credential}` }
      await fetch(`http://127.0.0.1:${String(port)}/v1/patients/pat_1?x=1`, { headers })
    }
    server.close()
    await gate.close()
    expect(sink.records('access')).toMatchObject([
      { outcome: 'allowed', path: '/v1/patients/pat_1' },
      { outcome: 'denied', path: '/v1/patients/pat_1' },
    ])
  },
)

/** Routes below a prefix, one of which is no text. */
const ROUTED = {
  Express(gate: Gate<'read:patients'>) {
    const inner = express.Router()
    for (const path of ['/:id', /^\/a+\/b$/]) {
      inner.get(path, onExpress.guard(gate), (_req, res) => void res.end())
    }
    return express().use('/v1', express.Router().use('/patients', inner))
  },
  Koa(gate: Gate<'read:patients'>) {
    const router = new Router()
    for (const path of ['/v1/patients/:id', /^\/v1\/patients\/a+\/b$/]) {
      router.get(path, onKoa.guard(gate), (ctx) => {
        ctx.status = 200
      })
    }
    return new Koa().use(router.routes()).callback()
  },
} as const

test.each(['Express', 'Koa'] as const)(
  'the route of a request is recorded whole, where it has a name: %s',
  async (framework) => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    const { server, port } = await listen(ROUTED[framework](gate))
    const headers = { authorization: `Bearer ${secret}` }
    for (const path of ['pat_1', 'aaa/b']) {
      await fetch(`http://127.0.0.1:${String(port)}/v1/patients/${path}`, { headers })
    }
    server.close()
    await gate.close()
    const [named, nameless] = sink.records('access')
    expect(named).toMatchObject({ path: '/v1/patients/pat_1', route: '/v1/patients/:id' })
    expect(nameless).toMatchObject({ path: '/v1/patients/aaa/b', outcome: 'allowed' })
    expect(nameless).not.toHaveProperty('route')
  },
)

/** Guards that are asked where there is no route yet, or something else in its place: nobody else has set it. */
const ROUTELESS = {
  Express(gate: Gate<'read:patients'>, route: unknown) {
    return express().use(
      (req, _res, next) => {
        Object.assign(req, { route })
        next()
      },
      onExpress.guard(gate),
      (_req, res) => void res.end(),
    )
  },
  Koa(gate: Gate<'read:patients'>, _matchedRoute: unknown) {
    return new Koa()
      .use((ctx, next) => {
        Object.assign(ctx, { _matchedRoute })
        return next()
      })
      .use(onKoa.guard(gate))
      .use((ctx) => {
        ctx.status = 200
      })
      .callback()
  },
} as const

/** A gate that notes, with each request, which route `audit.when` finds; and what went wrong in that. */
function watched() {
  const routes: unknown[] = []
  const errors: unknown[] = []
  const when = ({ request }: { readonly request?: GateRequest | undefined }) =>
    routes.push(request?.framework?.route?.()) > 0
  const gate = auditedGate({ sink: keptSink(), when }, (error) => void errors.push(error))
  return { gate, routes, errors }
}

describe.each(['Express', 'Koa'] as const)('where audit.when asks for the route: %s', (name) => {
  test.each([
    ['there is none', undefined],
    ['it is null', null],
    ['it is a number', 7],
    ['it has no path', {}],
    ['its path is an expression', { path: /^\/a/ }],
    ['it is an expression', /^\/a/],
  ])('it has no name if %s', async (_what, route) => {
    const { gate, routes, errors } = watched()
    const { secret } = await gate.keys.create(KEY)
    const { server, port } = await listen(ROUTELESS[name](gate, route))
    const headers = { authorization: `Bearer ${secret}` }
    const { status } = await fetch(`http://127.0.0.1:${String(port)}/v1`, { headers })
    server.close()
    await gate.close()
    expect({ status, routes, errors }).toEqual({ status: 200, routes: [undefined], errors: [] })
  })
})

test('a guard of Express in a server without Express records the route that this one has set', async () => {
  const { gate, routes, errors } = watched()
  const { secret } = await gate.keys.create(KEY)
  const guard = onExpress.guard(gate)
  const { server, port } = await listen((req, res) => {
    const url = '/health'
    const asked = Object.assign(req, { url, originalUrl: url, route: { path: url } })
    guard(asked, res, () => void res.end())
  })
  const headers = { authorization: `Bearer ${secret}` }
  await fetch(`http://127.0.0.1:${String(port)}/health`, { headers })
  server.close()
  await gate.close()
  expect({ routes, errors }).toEqual({ routes: ['/health'], errors: [] })
})

type Framework = typeof express
type Open = (framework: Framework, inner: express.Router) => express.Express

/** Below what a router is mounted, the path of a request, and the pattern that is recorded for it. */
const MOUNTS: readonly (readonly [string, string, string, Open])[] = [
  [
    'a parameter',
    '/patients/7/notes',
    '/patients/:id',
    (of, inner) => of().use('/patients/:id', inner),
  ],
  [
    'a parameter in capitals',
    '/PATIENTS/7/notes',
    '/PATIENTS/:id',
    (of, inner) => of().use('/patients/:id', inner),
  ],
  [
    'a value that is a word of the path',
    '/v1/1/notes',
    '/v1/:id',
    (of, inner) => of().use('/v1/:id', inner),
  ],
  [
    'a value that must be decoded',
    '/patients/J%C3%B6rg%20%2F/notes',
    '/patients/:name',
    (of, inner) => of().use('/patients/:name', inner),
  ],
  ['a part of a segment', '/p-7/notes', '/:id', (of, inner) => of().use('/p-:id', inner)],
  [
    'two parameters',
    '/a/7/b/8/notes',
    '/a/:one/b/:two',
    (of, inner) => of().use('/a/:one', of.Router().use('/b/:two', inner)),
  ],
  [
    'merged parameters',
    '/a/7/notes',
    '/a/:id',
    (of, inner) => of().use('/a/:id', of.Router({ mergeParams: true }).use(inner)),
  ],
  [
    'a router at the root',
    '/a/7/notes',
    '/a/:id',
    (of, inner) => of().use(of.Router().use('/a/:id', inner)),
  ],
  [
    'another app',
    '/v1/7/a/8/b/9/notes',
    '/v1/:id/a/:other/b/:third',
    (of, inner) => {
      const app = of().use('/a/:other', of.Router().use('/b/:third', inner))
      return of().use('/v1', of.Router()).use('/v1/:id', app)
    },
  ],
  [
    'an app that nobody knows the place of',
    '/v1/a/7/b/8/notes',
    '/*/*/*/*/*',
    (of, inner) => of().use('/v1', of.Router().use('/a/:id', of().use('/b/:other', inner))),
  ],
  [
    'an expression',
    '/patients/77/notes',
    '/patients/*',
    (of, inner) => of().use(/^\/patients\/\d+/, inner),
  ],
  [
    'an expression of ids',
    '/patients/3f2504e0-4f89-41d3/notes',
    '/patients/*',
    (of, inner) => of().use(/^\/patients\/([0-9a-f]{8}-4f89-41d3)/, inner),
  ],
  ['one of several', '/b/7/notes', '/b/:id', (of, inner) => of().use(['/a', '/b/:id'], inner)],
  [
    'a word beside a parameter',
    '/patients/me/notes',
    '/patients/me',
    (of, inner) => of().use('/patients/me', inner).use('/patients/:id', inner),
  ],
  [
    'a function that calls it',
    '/v1/7/notes',
    '/v1/:id',
    (of, inner) =>
      of().use('/v1/:id', (req, res, next) => {
        inner(req, res, next)
      }),
  ],
  [
    'a function that calls another',
    '/v1/a/7/notes',
    '/v1/*/*',
    (of, inner) => {
      const middle = of.Router().use('/a/:id', inner)
      return of().use('/v1', (req, res, next) => {
        middle(req, res, next)
      })
    },
  ],
]

describe.each([
  ['Express 4', express4],
  ['Express 5', express],
] as const)('a route of %s below', (_version, framework: Framework) => {
  test.each(MOUNTS)('%s', async (_what, path, mount, open) => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    const inner = framework.Router()
    inner.get('/notes', onExpress.guard(gate), (_req, res) => void res.end())
    const { server, port } = await listen(open(framework, inner))
    const headers = { authorization: `Bearer ${secret}` }
    for (const ask of [path, path]) {
      const { status } = await fetch(`http://127.0.0.1:${String(port)}${ask}`, { headers })
      expect(status).toBe(200)
    }
    server.close()
    await gate.close()
    const route = `${mount}/notes`
    expect(sink.records('access')).toMatchObject([{ route }, { route }])
  })
})

test('a route of Koa below routers and a mount is recorded without a value', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  const inner = new Router().get('/notes/:note', onKoa.guard(gate), (ctx) => {
    ctx.status = 200
  })
  const middle = new Router({ prefix: '/clinics/:clinic' }).use('/patients/:id', inner.routes())
  const app = new Koa().use(mount('/v1', new Koa().use(middle.routes())))
  const { server, port } = await listen(app.callback())
  const headers = { authorization: `Bearer ${secret}` }
  await fetch(`http://127.0.0.1:${String(port)}/v1/clinics/3/patients/7/notes/9`, { headers })
  server.close()
  await gate.close()
  const route = '/clinics/:clinic/patients/:id/notes/:note'
  expect(sink.records('access')).toMatchObject([{ outcome: 'allowed', route }])
})
