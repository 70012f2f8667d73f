import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  mountConsole,
  notFound,
  usageEndpoints,
} from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { mountOnKoa, type OAuthServer } from '../oauth/mount-oauth.js'
import type { DemoPortal } from '../portal/index.js'
import { DESCRIPTION, type ReferenceGate } from './gate.js'

export function createKoaApp(gate: ReferenceGate, portal?: DemoPortal, oauth?: OAuthServer) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(mount(portal.path, mountConsole(portal.pages(description))))
  if (oauth) mountOnKoa(app, gate, oauth)
  app.use(guard(gate))
  app.use(mount('/v1/usage', usageEndpoints(gate, { scopes: ['read'] })))
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
