import express from 'express'
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
} from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { addPatient, findPatient, listPatients } from './data.js'
import { CREATES, LISTS, READS, DESCRIPTION, type HealthcloudGate } from './gate.js'

export function createExpressApp(gate: HealthcloudGate, portal?: DemoPortal) {
  const app = express().disable('x-powered-by')

  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(portal.path, mountConsole(portal.pages(description)))
  app.use('/.well-known/jwks.json', jwksEndpoint(gate))
  app.use('/v1/auth/token', tokenEndpoint(gate))
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use('/v1/keys', keyEndpoints(gate, { scopes: ['admin:org'], environments: ['live', 'test'] }))
  app.use('/v1/usage', usageEndpoints(gate, { scopes: ['admin:org'] }))
  app.use('/v1/audit', auditEndpoints(gate, { scopes: ['admin:org'] }))
  app.use(guard(gate))
  app.get('/v1/organizations', (req, res) => {
    res.json({ organizations: [{ id: authOf(req).ownerId }] })
  })
  app.get(
    '/v1/patients',
    guard(gate, { scopes: ['read:patients'], phi: LISTS }),
    async (req, res) => {
      const patients = listPatients(authOf(req).environment)
      await auditOf(req).phi({ ...LISTS, ids: patients.map(({ id }) => id) })
      res.json({ patients })
    },
  )
  app.get(
    '/v1/patients/:id',
    guard(gate, { scopes: ['read:patients'], phi: READS }),
    (req, res) => {
      const patient = findPatient(authOf(req).environment, req.params.id)
      if (patient === undefined) throw gate.answer(404)
      res.json(patient)
    },
  )
  app.post(
    '/v1/patients',
    guard(gate, { scopes: ['write:patients'], phi: CREATES }),
    express.json(),
    async (req, res) => {
      const patient = addPatient(authOf(req).environment, req.body)
      if (patient === undefined) throw gate.answer(400, { message: 'A patient has a name.' })
      await auditOf(req).phi({ ...CREATES, ids: [patient.id] })
      res.status(201).json(patient)
    },
  )
  app.get('/v1/observations', guard(gate, { scopes: ['read:observations'] }), (_req, res) => {
    res.json({ observations: [] })
  })
  app.post('/v1/observations', guard(gate, { scopes: ['write:observations'] }), (_req, res) => {
    res.status(202).json({ status: 'accepted' })
  })
  app.post('/v1/workflows/:id/runs', guard(gate, { scopes: ['exec:workflows'] }), (req, res) => {
    res.status(202).json({ workflow: req.params['id'], status: 'queued' })
  })
  app.get('/v1/billing', guard(gate, { scopes: ['admin:billing'] }), (req, res) => {
    res.json({ organization: authOf(req).ownerId, invoices: [] })
  })
  app.post('/v1/marketplace/assets', guard(gate, { scopes: ['publish:assets'] }), (_req, res) => {
    res.status(202).json({ status: 'in review' })
  })
  app.post('/v1/agents/:id/runs', guard(gate, { scopes: ['exec:agents'] }), (req, res) => {
    res.status(202).json({ agent: req.params['id'], status: 'queued' })
  })

  return app.use(notFound(gate)).use(errors(gate))
}
