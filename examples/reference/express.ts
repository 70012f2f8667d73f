import express from 'express'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  mountConsole,
  notFound,
  usageEndpoints,
} from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import { mountOnExpress, type OAuthServer } from '../oauth/mount-oauth.js'
import type { DemoPortal } from '../portal/index.js'
import { DESCRIPTION, type ReferenceGate } from './gate.js'

export function createExpressApp(gate: ReferenceGate, portal?: DemoPortal, oauth?: OAuthServer) {
  const app = express().disable('x-powered-by')

  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(portal.path, mountConsole(portal.pages(description)))
  if (oauth) mountOnExpress(app, gate, oauth)
  app.use(guard(gate))
  app.use('/v1/usage', usageEndpoints(gate, { scopes: ['read'] }))
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

  return app.use(notFound(gate)).use(errors(gate))
}
