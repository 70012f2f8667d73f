import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  auditEndpoints,
  auditOf,
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  jwksEndpoint,
  keyEndpoints,
  mountConsole,
  notFound,
  tokenEndpoint,
  usageEndpoints,
} from 'sallyport/koa'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { addPatient, findPatient, listPatients } from './data.js'
import { CREATES, LISTS, READS, DESCRIPTION, type HealthcloudGate } from './gate.js'

export function createKoaApp(gate: HealthcloudGate, portal?: DemoPortal) {
  const app = new Koa()
  const router = new Router()

  app.use(errors(gate)).use(notFound(gate))
  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(mount(portal.path, mountConsole(portal.pages(description))))
  app.use(mount('/.well-known/jwks.json', jwksEndpoint(gate)))
  app.use(mount('/v1/auth/token', tokenEndpoint(gate)))
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use(
    mount(
      '/v1/keys',
      keyEndpoints(gate, { scopes: ['admin:org'], environments: ['live', 'test'] }),
    ),
  )
  app.use(mount('/v1/usage', usageEndpoints(gate, { scopes: ['admin:org'] })))
  app.use(mount('/v1/audit', auditEndpoints(gate, { scopes: ['admin:org'] })))
  // On the whole app: mount goes by letter case and the router does not, so that /V1 would walk past a guard at /v1.
  app.use(guard(gate))

  router.get('/v1/organizations', (ctx) => {
    ctx.body = { organizations: [{ id: authOf(ctx).ownerId }] }
  })
  router.get(
    '/v1/patients',
    guard(gate, { scopes: ['read:patients'], phi: LISTS }),
    async (ctx) => {
      const patients = listPatients(authOf(ctx).environment)
      await auditOf(ctx).phi({ ...LISTS, ids: patients.map(({ id }) => id) })
      ctx.body = { patients }
    },
  )
  router.get('/v1/patients/:id', guard(gate, { scopes: ['read:patients'], phi: READS }), (ctx) => {
    const patient = findPatient(authOf(ctx).environment, String(ctx.params['id']))
    if (patient === undefined) throw gate.answer(404)
    ctx.body = patient
  })
  router.post(
    '/v1/patients',
    guard(gate, { scopes: ['write:patients'], phi: CREATES }),
    bodyParser(),
    async (ctx) => {
      const patient = addPatient(authOf(ctx).environment, ctx.request.body)
      if (patient === undefined) throw gate.answer(400, { message: 'A patient has a name.' })
      await auditOf(ctx).phi({ ...CREATES, ids: [patient.id] })
      ctx.body = patient
      ctx.status = 201
    },
  )
  router.get('/v1/observations', guard(gate, { scopes: ['read:observations'] }), (ctx) => {
    ctx.body = { observations: [] }
  })
  router.post('/v1/observations', guard(gate, { scopes: ['write:observations'] }), (ctx) => {
    ctx.status = 202
    ctx.body = { status: 'accepted' }
  })
  router.post('/v1/workflows/:id/runs', guard(gate, { scopes: ['exec:workflows'] }), (ctx) => {
    ctx.status = 202
    ctx.body = { workflow: ctx.params['id'], status: 'queued' }
  })
  router.get('/v1/billing', guard(gate, { scopes: ['admin:billing'] }), (ctx) => {
    ctx.body = { organization: authOf(ctx).ownerId, invoices: [] }
  })
  router.post('/v1/marketplace/assets', guard(gate, { scopes: ['publish:assets'] }), (ctx) => {
    ctx.status = 202
    ctx.body = { status: 'in review' }
  })
  router.post('/v1/agents/:id/runs', guard(gate, { scopes: ['exec:agents'] }), (ctx) => {
    ctx.status = 202
    ctx.body = { agent: ctx.params['id'], status: 'queued' }
  })
  app.use(router.routes())
  return app
}
