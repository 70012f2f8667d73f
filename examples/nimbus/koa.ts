import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  keyEndpoints,
  mountConsole,
  notFound,
  usageEndpoints,
} from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { DESCRIPTION, type NimbusGate } from './gate.js'

const KEYS = { scopes: ['keys:manage'], environments: ['production', 'sandbox'] } as const

export function createKoaApp(gate: NimbusGate, portal?: DemoPortal) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(mount(portal.path, mountConsole(portal.pages(description))))
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use(mount('/developer/keys', keyEndpoints(gate, KEYS)))
  app.use(mount('/developer/usage', usageEndpoints(gate, { scopes: ['keys:manage'] })))
  app.use(guard(gate))
  router.get('/orders', guard(gate, { scopes: ['orders:read'] }), (ctx) => {
    ctx.body = { orders: [{ id: 'ord_1', partner: authOf(ctx).ownerId }] }
  })
  router.get('/catalog', guard(gate, { scopes: ['catalog:read'] }), (ctx) => {
    ctx.body = { items: [] }
  })
  app.use(router.routes())
  return app
}
