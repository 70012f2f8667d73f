import express from 'express'
import {
  errors,
  guard,
  jwksEndpoint,
  notFound,
  revocationEndpoint,
  tokenEndpoint,
} from 'sallyport/express'
import { findRecord, listRecords, removeRecord } from './data.js'
import { DEMANDS, type HealthsyncGate } from './gate.js'

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
    if (record === undefined) throw gate.answer(404)
    res.json(record)
  })
  app.delete('/v1/records/:id', guard(gate, DEMANDS.remove), (req, res) => {
    if (!removeRecord(req.params.id)) throw gate.answer(404)
    res.status(204).end()
  })
  return app.use(notFound(gate)).use(errors(gate))
}
