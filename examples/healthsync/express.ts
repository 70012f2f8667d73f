import express, { type ErrorRequestHandler, type Response } from 'express'
import { guard, jwksEndpoint, revocationEndpoint, tokenEndpoint } from 'sallyport/express'
import { statusOf } from '../system.js'
import { findRecord, listRecords, removeRecord } from './data.js'
import { DEMANDS, failure, type HealthsyncGate } from './gate.js'

export function createExpressApp(gate: HealthsyncGate) {
  const app = express().disable('x-powered-by')

  app.use('/.well-known/jwks.json', jwksEndpoint(gate))
  app.use('/v1/auth/token', tokenEndpoint(gate))
  app.use('/v1/auth/revoke', revocationEndpoint(gate))
  app.use(guard(gate))
  app.get('/v1/records', guard(gate, DEMANDS.list), (_req, res) => {
    res.json({ records: listRecords() })
  })
  app.get('/v1/records/:id', guard(gate, DEMANDS.read), (req, res) => {
    const record = findRecord(req.params.id)
    if (record === undefined) fail(res, 404)
    else res.json(record)
  })
  app.delete('/v1/records/:id', guard(gate, DEMANDS.remove), (req, res) => {
    if (removeRecord(req.params.id)) res.status(204).end()
    else fail(res, 404)
  })

  app.use((_req, res) => {
    fail(res, 404)
  })
  const answerError: ErrorRequestHandler = (error, _req, res, _next) => {
    fail(res, statusOf(error))
  }
  app.use(answerError)
  return app
}

function fail(res: Response, status: number): void {
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(failure(status)))
}
