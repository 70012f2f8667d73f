import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import { authOf, descriptionEndpoint, errors, guard, keyEndpoints, notFound } from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { DESCRIPTION, type NimbusGate } from './gate.js'

const KEYS = { scopes: ['keys:manage'], environments: ['production', 'sandbox'] } as const

export function createKoaApp(gate: NimbusGate) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  app.use(descriptionEndpoint(createDescription(gate, { ...DESCRIPTION, app })))
  app.use(guard(gate))
  app.use(mount('/developer/keys', keyEndpoints(gate, KEYS)))
  router.get('/orders', guard(gate, { scopes: ['orders:read'] }), (ctx) => {
    ctx.body = { orders: [{ id: 'ord_1', partner: authOf(ctx).ownerId }] }
  })
  router.get('/catalog', guard(gate, { scopes: ['catalog:read'] }), (ctx) => {
    ctx.body = { items: [] }
  })
  app.use(router.routes())
  return app
}
