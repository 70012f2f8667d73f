import { bodyParser } from '@koa/bodyparser'
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
  tenantOf,
  usageEndpoints,
} from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { addPatient, addPractitioner, listPractitioners } from './data.js'
import { DESCRIPTION, type Novamed } from './gate.js'

export function createKoaApp({ gate, requirements }: Novamed, portal?: DemoPortal) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(mount(portal.path, mountConsole(portal.pages(description))))
  app.use(guard(gate, requirements.all))
  app.use(mount('/api/external/usage', usageEndpoints(gate, requirements.usage)))
  router.get('/api/external/practitioner', (ctx) => {
    const { environment, tenantIds } = authOf(ctx)
    ctx.body = { success: true, data: listPractitioners(environment, tenantIds) }
  })
  router.post(
    '/api/external/practitioner',
    bodyParser(),
    guard(gate, requirements.createPractitioner),
    (ctx) => {
      const added = addPractitioner(authOf(ctx).environment, tenantOf(ctx), ctx.request.body)
      if (typeof added === 'string') throw gate.answer(400, { message: `Invalid ${added}` })
      ctx.status = 201
      ctx.body = { success: true, data: added }
    },
  )
  router.post(
    '/api/external/patient',
    bodyParser(),
    guard(gate, requirements.createPatient),
    (ctx) => {
      const added = addPatient(tenantOf(ctx), ctx.request.body)
      if (typeof added === 'string') throw gate.answer(400, { message: `Invalid ${added}` })
      ctx.status = 201
      ctx.body = { success: true, data: added }
    },
  )
  app.use(router.routes())
  return app
}
