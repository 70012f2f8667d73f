import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  jwksEndpoint,
  keyEndpoints,
  mountConsole,
  notFound,
  revocationEndpoint,
  tokenEndpoint,
} from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import { mountOnKoa, type OAuthServer } from '../oauth/mount-oauth.js'
import type { DemoPortal } from '../portal/index.js'
import { addRecord, findRecord, listRecords, removeRecord } from './data.js'
import { REQUIREMENTS, DESCRIPTION, type HealthsyncGate } from './gate.js'

export function createKoaApp(gate: HealthsyncGate, portal?: DemoPortal, oauth?: OAuthServer) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(mount(portal.path, mountConsole(portal.pages(description))))
  app.use(mount('/.well-known/jwks.json', jwksEndpoint(gate)))
  app.use(mount('/v1/auth/token', tokenEndpoint(gate)))
  app.use(mount('/v1/auth/revoke', revocationEndpoint(gate)))
  if (oauth) mountOnKoa(app, gate, oauth)
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use(mount('/v1/keys', keyEndpoints(gate, REQUIREMENTS.keys)))
  app.use(guard(gate))
  router.get('/v1/records', guard(gate, REQUIREMENTS.list), (ctx) => {
    ctx.body = { records: listRecords(authOf(ctx).environment) }
  })
  router.get('/v1/records/:id', guard(gate, REQUIREMENTS.read), (ctx) => {
    const record = findRecord(authOf(ctx).environment, String(ctx.params['id']))
    if (record === undefined) throw gate.answer(404)
    ctx.body = record
  })
  router.post('/v1/records', guard(gate, REQUIREMENTS.add), bodyParser(), (ctx) => {
    const record = addRecord(authOf(ctx).environment, ctx.request.body)
    if (record === undefined) throw gate.answer(400, { message: 'A record has a title.' })
    ctx.status = 201
    ctx.body = record
  })
  router.delete('/v1/records/:id', guard(gate, REQUIREMENTS.remove), (ctx) => {
    if (!removeRecord(authOf(ctx).environment, String(ctx.params['id']))) throw gate.answer(404)
    ctx.status = 204
  })
  app.use(router.routes())
  return app
}
