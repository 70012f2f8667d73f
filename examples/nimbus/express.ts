import express, { type ErrorRequestHandler } from 'express'
import { authOf, guard, keyEndpoints } from 'sallyport/express'
import { statusOf } from '../system.js'
import { failure, type NimbusGate } from './gate.js'

export function createExpressApp(gate: NimbusGate) {
  const app = express().disable('x-powered-by')

  app.use(guard(gate))
  app.use('/developer/keys', keyEndpoints(gate, { scopes: ['keys:manage'] }))
  app.get('/orders', guard(gate, { scopes: ['orders:read'] }), (req, res) => {
    res.json({ orders: [{ id: 'ord_1', partner: authOf(req).ownerId }] })
  })
  app.get('/catalog', guard(gate, { scopes: ['catalog:read'] }), (_req, res) => {
    res.json({ items: [] })
  })

  app.use((_req, res) => {
    res.status(404).json(failure(404, res.getHeader('x-request-id')))
  })
  const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
    const status = statusOf(error)
    res.status(status).json(failure(status, res.getHeader('x-request-id')))
  }
  app.use(answerError)
  return app
}
