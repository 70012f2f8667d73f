import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import express5, { type Handler } from 'express'
import express4 from 'express4'
import Koa, { type Middleware } from 'koa'
import { createGate, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import request from 'supertest'
import { listen } from '../adapters/servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Scope = 'read' | 'manage'
const ONE = { resource: { type: 'p', id: { param: 'id' } } } as const
const READ = { scopes: ['read'] } as const
const MANAGE = { scopes: ['manage'] } as const

function expressApp(express: typeof express5, gate: Gate<Scope>) {
  const app = express()
  const [held, other] = [onExpress.guard(gate, ONE), onExpress.guard(gate, READ)]
  const keys = onExpress.keyEndpoints(gate, MANAGE)
  const rewrite: Handler = (req, _res, next) => {
    req.url = req.url.replace('/batch/', '/plain/')
    next()
  }
  const changed: Handler = (req, _res, next) => {
    req.params['id'] = '9'
    next()
  }
  const answer: Handler = (_req, res) => void res.end('in')
  app.get('/two/:id', held, other, answer)
  app.get('/changed/:id', held, changed, other, answer)
  app.get('/batch/:id', held, rewrite)
  app.get('/plain/:id', other, answer)
  app.get('/keys/:id', held, keys)
  return app
}

function koaApp(gate: Gate<Scope>) {
  const app = new Koa()
  const [router, inner] = [new Router(), new Router()]
  const [held, other] = [onKoa.guard(gate, ONE), onKoa.guard(gate, READ)]
  const answer: Middleware = (ctx) => {
    ctx.body = 'in'
  }
  router.get('/two/:id', held, other, answer)
  router.get('/changed/:id', held, (ctx, next) => ((ctx.params['id'] = '9'), next()), other, answer)
  router.get('/batch/:id', held, (ctx, next) => {
    ctx.path = ctx.path.replace('/batch/', '/plain/')
    return next()
  })
  inner.get('/plain/:id', other, answer)
  router.get('/keys/:id', held, onKoa.keyEndpoints(gate, MANAGE))
  app.use(router.routes())
  app.use(inner.routes())
  return app.callback()
}

describe.each([
  ['Express 5', (gate: Gate<Scope>) => expressApp(express5, gate)],
  ['Express 4', (gate: Gate<Scope>) => expressApp(express4, gate)],
  ['Koa', koaApp],
])('what a guard has checked, on %s', (_name, mount) => {
  test.each([
    ['holds for a second guard in the same match', '/two/1', 200],
    ['is not there for another resource', '/two/2', 403],
    ['does not hold where the parameters were changed since', '/changed/1', 403],
    ['does not hold for another route', '/batch/1', 403],
    ['does not hold for key endpoints', '/keys/1', 403],
  ])('%s: %s', async (_what, path, status) => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read', 'manage'] },
    })
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', scopes: ['read', 'manage'], resources: ['p/1'] },
    })
    const { server } = await listen(mount(gate))
    servers.push(server)
    const answer = await request(server).get(path).set('x-api-key', secret)
    expect(answer.status).toBe(status)
  })
})

test('a grant does not open another URL of the same request', async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read'] })
  const { secret } = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', scopes: ['read'], resources: ['p/1'] },
  })
  const first = {
    ...{ method: 'GET', url: '/p/1', rawHeaders: ['x-api-key', secret, 'x-id', '1'] },
    peer: { address: '203.0.113.9', encrypted: true },
  }
  const grant = await gate.check(first, { resource: { type: 'p', id: { header: 'x-id' } } })
  if (!grant.allowed) throw new Error(grant.reason)
  expect(await gate.check({ ...first, grant }, READ)).toMatchObject({ allowed: true })
  expect(await gate.check({ ...first, url: '/plain/9', grant }, READ)).toMatchObject({
    reason: 'resource_not_allowed',
  })
})
