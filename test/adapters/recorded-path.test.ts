import { describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express from 'express'
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
