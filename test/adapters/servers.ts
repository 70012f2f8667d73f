import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
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
  app.get('/orders', onExpress.guard(gate, { scopes: ['read:orders'] }), (req, res) => {
    res.end(onExpress.authOf(req).ownerId)
  })
  return app
}

function koaApp(Koa: typeof Koa3, gate: Gate<Scope>) {
  const app = new Koa()
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
