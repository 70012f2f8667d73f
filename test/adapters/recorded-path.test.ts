import { expect, test } from '@jest/globals'
import Router from '@koa/router'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import type { Gate } from 'sallyport'
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
