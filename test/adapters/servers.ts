import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa3, { type Middleware } from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import type { Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'

export type Scope = 'read:orders' | 'manage:keys'

function expressApp(express: typeof express5, gate: Gate<Scope>) {
  const app = express().disable('x-powered-by')
  app.use(onExpress.guard(gate))
  app.use('/keys', onExpress.keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const clinic = onExpress.guard(gate, { tenant: { param: 'clinic' } })
  app.get('/clinics/:clinic', clinic, (req, res) => {
    res.end(onExpress.tenantOf(req))
  })
  const named = onExpress.guard(gate, { tenant: { body: 'clinic' } })
  app.post('/clinics', express.json(), named, (req, res) => {
    res.end(onExpress.tenantOf(req))
  })
  const queried = onExpress.guard(gate, { tenant: (req) => req.query['clinic'] })
  app.get('/clinics', queried, (req, res) => {
    res.end(onExpress.tenantOf(req))
  })
  const record = { type: 'records', id: { param: 'id' } } as const
  app.get('/records/:id', onExpress.guard(gate, { resource: record }), (_req, res) => {
    res.end('a record')
  })
  app.get('/orders', onExpress.guard(gate, { scopes: ['read:orders'] }), (req, res) => {
    res.end(onExpress.authOf(req).ownerId)
  })
  return app
}

function koaApp(Koa: typeof Koa3, gate: Gate<Scope>) {
  const app = new Koa()
  const router = new Router()
  const tenant: Middleware = (ctx) => {
    ctx.body = onKoa.tenantOf(ctx)
  }
  router.get('/clinics/:clinic', onKoa.guard(gate, { tenant: { param: 'clinic' } }), tenant)
  const named = onKoa.guard(gate, { tenant: { body: 'clinic' } })
  router.post('/clinics', bodyParser(), named, tenant)
  const queried = onKoa.guard(gate, { tenant: (ctx) => ctx.query['clinic'] })
  router.get('/clinics', queried, tenant)
  const record = { type: 'records', id: { param: 'id' } } as const
  router.get('/records/:id', onKoa.guard(gate, { resource: record }), (ctx) => {
    ctx.body = 'a record'
  })
  const orders = onKoa.guard(gate, { scopes: ['read:orders'] })
  app.use(onKoa.guard(gate))
  app.use(mount('/keys', onKoa.keyEndpoints(gate, { scopes: ['manage:keys'] })))
  app.use((ctx, next) =>
    ctx.path === '/orders' && (ctx.method === 'GET' || ctx.method === 'HEAD')
      ? orders(ctx, () => {
          ctx.body = onKoa.authOf(ctx).ownerId
          return Promise.resolve()
        })
      : next(),
  )
  app.use(router.routes())
  return app.callback()
}

/** The same API on every framework that is supported. */
export const FRAMEWORKS = {
  'Express 5': (gate: Gate<Scope>) => expressApp(express5, gate),
  'Express 4': (gate: Gate<Scope>) => expressApp(express4, gate),
  'Koa 3': (gate: Gate<Scope>) => koaApp(Koa3, gate),
  'Koa 2': (gate: Gate<Scope>) => koaApp(Koa2, gate),
} as const

export async function listen(
  listener: Parameters<typeof createServer>[1],
): Promise<{ server: Server; port: number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, port: (server.address() as AddressInfo).port }
}
