import express from 'express'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  jwksEndpoint,
  keyEndpoints,
  mountConsole,
  notFound,
  revocationEndpoint,
  tokenEndpoint,
} from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import { mountOnExpress, type OAuthServer } from '../oauth/mount-oauth.js'
import type { DemoPortal } from '../portal/index.js'
import { addRecord, findRecord, listRecords, removeRecord } from './data.js'
import { REQUIREMENTS, DESCRIPTION, type HealthsyncGate } from './gate.js'

export function createExpressApp(gate: HealthsyncGate, portal?: DemoPortal, oauth?: OAuthServer) {
  const app = express().disable('x-powered-by')

  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(portal.path, mountConsole(portal.pages(description)))
  app.use('/.well-known/jwks.json', jwksEndpoint(gate))
  app.use('/v1/auth/token', tokenEndpoint(gate))
  app.use('/v1/auth/revoke', revocationEndpoint(gate))
  if (oauth) mountOnExpress(app, gate, oauth)
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use('/v1/keys', keyEndpoints(gate, REQUIREMENTS.keys))
  app.use(guard(gate))
  app.get('/v1/records', guard(gate, REQUIREMENTS.list), (req, res) => {
    res.json({ records: listRecords(authOf(req).environment) })
  })
  app.get('/v1/records/:id', guard(gate, REQUIREMENTS.read), (req, res) => {
    const record = findRecord(authOf(req).environment, req.params.id)
    if (record === undefined) throw gate.answer(404)
    res.json(record)
  })
  app.post('/v1/records', guard(gate, REQUIREMENTS.add), express.json(), (req, res) => {
    const record = addRecord(authOf(req).environment, req.body)
    if (record === undefined) throw gate.answer(400, { message: 'A record has a title.' })
    res.status(201).json(record)
  })
  app.delete('/v1/records/:id', guard(gate, REQUIREMENTS.remove), (req, res) => {
    if (!removeRecord(authOf(req).environment, req.params.id)) throw gate.answer(404)
    res.status(204).end()
  })
  return app.use(notFound(gate)).use(errors(gate))
}
