import express, { type RequestHandler } from 'express'
import { authOf, errors, guard, notFound, tenantOf } from 'sallyport/express'
import { addPatient, addPractitioner, listPractitioners } from './data.js'
import { DEMANDS, type NovamedGate } from './gate.js'

export function createExpressApp(gate: NovamedGate) {
  const app = express().disable('x-powered-by')
  const json = express.json()
  const requireJson: RequestHandler = (req, _res, next) => {
    if (!req.is('application/json')) throw gate.answer(400)
    next()
  }

  app.use(guard(gate))
  app.get('/api/external/practitioner', (req, res) => {
    res.json({ success: true, data: listPractitioners(authOf(req).tenantIds) })
  })
  app.post(
    '/api/external/practitioner',
    requireJson,
    json,
    guard(gate, DEMANDS.createPractitioner),
    (req, res) => {
      res.status(201).json({ success: true, data: addPractitioner(tenantOf(req)) })
    },
  )
  app.post(
    '/api/external/patient',
    requireJson,
    json,
    guard(gate, DEMANDS.createPatient),
    (req, res) => {
      res.status(201).json({ success: true, data: addPatient(tenantOf(req)) })
    },
  )

  return app.use(notFound(gate)).use(errors(gate))
}
