import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  errors,
  guard,
  jwksEndpoint,
  notFound,
  revocationEndpoint,
  tokenEndpoint,
} from 'sallyport/koa'
import { findRecord, listRecords, removeRecord } from './data.js'
import { DEMANDS, type HealthsyncGate } from './gate.js'

export function createKoaApp(gate: HealthsyncGate) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  app.use(mount('/.well-known/jwks.json', jwksEndpoint(gate)))
  app.use(mount('/v1/auth/token', tokenEndpoint(gate)))
  app.use(mount('/v1/auth/revoke', revocationEndpoint(gate)))
  app.use(guard(gate))
  router.get('/v1/records', guard(gate, DEMANDS.list), (ctx) => {
    ctx.body = { records: listRecords() }
  })
  router.get('/v1/records/:id', guard(gate, DEMANDS.read), (ctx) => {
    const record = findRecord(String(ctx.params['id']))
    if (record === undefined) throw gate.answer(404)
    ctx.body = record
  })
  router.delete('/v1/records/:id', guard(gate, DEMANDS.remove), (ctx) => {
    if (!removeRecord(String(ctx.params['id']))) throw gate.answer(404)
    ctx.status = 204
  })
  app.use(router.routes())
  return app
}
