import express, { type ErrorRequestHandler } from 'express'
import { authOf, guard } from 'sallyport/express'
import { statusOf } from '../system.js'
import { failure, type ReferenceGate } from './gate.js'

export function createExpressApp(gate: ReferenceGate) {
  const app = express().disable('x-powered-by')

  app.use(guard(gate))
  app.get('/v1/users/me', guard(gate, { scopes: ['read'] }), (req, res) => {
    const { ownerId, plan } = authOf(req)
    res.json({ id: ownerId, plan })
  })
  app.get('/v1/users', guard(gate, { scopes: ['read'] }), (req, res) => {
    res.json({ users: [{ id: authOf(req).ownerId }] })
  })

  app.get('/v1/users/:id', guard(gate, { scopes: ['read'] }), (req, res) => {
    res.json({ id: req.params.id })
  })

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
