import Router from '@koa/router'
import Koa from 'koa'
import { authOf, descriptionEndpoint, errors, guard, notFound } from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { DESCRIPTION, type ReferenceGate } from './gate.js'

export function createKoaApp(gate: ReferenceGate) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  app.use(descriptionEndpoint(createDescription(gate, { ...DESCRIPTION, app })))
  app.use(guard(gate))
  router.get('/v1/users/me', guard(gate, { scopes: ['read'] }), (ctx) => {
    const { ownerId, plan } = authOf(ctx)
    ctx.body = { id: ownerId, plan }
  })
  router.get('/v1/users', guard(gate, { scopes: ['read'] }), (ctx) => {
    ctx.body = { users: [{ id: authOf(ctx).ownerId }] }
  })
  router.get('/v1/users/:id', guard(gate, { scopes: ['read'] }), (ctx) => {
    ctx.body = { id: ctx.params['id'] }
  })
  app.use(router.routes())
  return app
}
