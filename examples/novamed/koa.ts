import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import { authOf, errors, guard, notFound, tenantOf } from 'sallyport/koa'
import { addPatient, addPractitioner, listPractitioners } from './data.js'
import { DEMANDS, type NovamedGate } from './gate.js'

export function createKoaApp(gate: NovamedGate) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  app.use(guard(gate))
  router.get('/api/external/practitioner', (ctx) => {
    ctx.body = { success: true, data: listPractitioners(authOf(ctx).tenantIds) }
  })
  router.post(
    '/api/external/practitioner',
    requireJson,
    bodyParser(),
    guard(gate, DEMANDS.createPractitioner),
    (ctx) => {
      ctx.status = 201
      ctx.body = { success: true, data: addPractitioner(tenantOf(ctx)) }
    },
  )
  router.post(
    '/api/external/patient',
    requireJson,
    bodyParser(),
    guard(gate, DEMANDS.createPatient),
    (ctx) => {
      ctx.status = 201
      ctx.body = { success: true, data: addPatient(tenantOf(ctx)) }
    },
  )
  app.use(router.routes())
  return app
}

const requireJson: Middleware = (ctx, next) =>
  ctx.is('application/json') ? next() : ctx.throw(400)
