import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import { guard, jwksEndpoint, revocationEndpoint, tokenEndpoint } from 'sallyport/koa'
import { answersFailures } from '../koa.js'
import { findRecord, listRecords, removeRecord } from './data.js'
import { DEMANDS, failure, type HealthsyncGate } from './gate.js'

export function createKoaApp(gate: HealthsyncGate) {
  const app = new Koa()
  const router = new Router()

  app.use(
    answersFailures((ctx, status) => {
      ctx.type = 'application/problem+json'
      return JSON.stringify(failure(status))
    }),
  )
  app.use(mount('/.well-known/jwks.json', jwksEndpoint(gate)))
  app.use(mount('/v1/auth/token', tokenEndpoint(gate)))
  app.use(mount('/v1/auth/revoke', revocationEndpoint(gate)))
  app.use(guard(gate))
  router.get('/v1/records', guard(gate, DEMANDS.list), (ctx) => {
    ctx.body = { records: listRecords() }
  })
  router.get('/v1/records/:id', guard(gate, DEMANDS.read), (ctx) => {
    ctx.body = findRecord(String(ctx.params['id'])) ?? ctx.throw(404)
  })
  router.delete('/v1/records/:id', guard(gate, DEMANDS.remove), (ctx) => {
    if (!removeRecord(String(ctx.params['id']))) ctx.throw(404)
    ctx.status = 204
  })
  app.use(router.routes())
  return app
}
