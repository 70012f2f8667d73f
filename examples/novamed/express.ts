import express from 'express'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  mountConsole,
  notFound,
  tenantOf,
  usageEndpoints,
} from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { addPatient, addPractitioner, listPractitioners } from './data.js'
import { DESCRIPTION, type Novamed } from './gate.js'

export function createExpressApp({ gate, requirements }: Novamed, portal?: DemoPortal) {
  const app = express().disable('x-powered-by')
  const json = express.json()

  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(portal.path, mountConsole(portal.pages(description)))
  app.use(guard(gate, requirements.all))
  app.use('/api/external/usage', usageEndpoints(gate, requirements.usage))
  app.get('/api/external/practitioner', (req, res) => {
    const { environment, tenantIds } = authOf(req)
    res.json({ success: true, data: listPractitioners(environment, tenantIds) })
  })
  app.post(
    '/api/external/practitioner',
    json,
    guard(gate, requirements.createPractitioner),
    (req, res) => {
      const added = addPractitioner(authOf(req).environment, tenantOf(req), req.body)
      if (typeof added === 'string') throw gate.answer(400, { message: `Invalid ${added}` })
      res.status(201).json({ success: true, data: added })
    },
  )
  app.post('/api/external/patient', json, guard(gate, requirements.createPatient), (req, res) => {
    const added = addPatient(tenantOf(req), req.body)
    if (typeof added === 'string') throw gate.answer(400, { message: `Invalid ${added}` })
    res.status(201).json({ success: true, data: added })
  })
  return app.use(notFound(gate)).use(errors(gate))
}
