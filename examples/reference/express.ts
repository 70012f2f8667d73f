import express from 'express'
import { authOf, descriptionEndpoint, errors, guard, notFound } from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import { DESCRIPTION, type ReferenceGate } from './gate.js'

export function createExpressApp(gate: ReferenceGate) {
  const app = express().disable('x-powered-by')

  app.use(descriptionEndpoint(createDescription(gate, { ...DESCRIPTION, app })))
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

  return app.use(notFound(gate)).use(errors(gate))
}
