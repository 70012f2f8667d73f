import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { authOf, guard, tenantOf } from 'sallyport/express'
import { statusOf } from '../system.js'
import { addPatient, addPractitioner, listPractitioners } from './data.js'
import { DEMANDS, failure, type NovamedGate } from './gate.js'

export function createExpressApp(gate: NovamedGate) {
  const app = express().disable('x-powered-by')
  const json = express.json()

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

  app.use((_req, res) => {
    res.status(404).json(failure(404))
  })
  const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
    const status = statusOf(error)
    res.status(status).json(failure(status))
  }
  app.use(answerError)
  return app
}

const requireJson: RequestHandler = (req, res, next) => {
  if (req.is('application/json')) next()
  else res.status(400).json(failure(400))
}
