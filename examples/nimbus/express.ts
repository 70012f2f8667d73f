import express from 'express'
import {
  authOf,
  descriptionEndpoint,
  errors,
  guard,
  keyEndpoints,
  mountConsole,
  notFound,
  usageEndpoints,
} from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import type { DemoPortal } from '../portal/index.js'
import { DESCRIPTION, type NimbusGate } from './gate.js'

const KEYS = { scopes: ['keys:manage'], environments: ['production', 'sandbox'] } as const

export function createExpressApp(gate: NimbusGate, portal?: DemoPortal) {
  const app = express().disable('x-powered-by')

  const description = createDescription(gate, { ...DESCRIPTION, app })
  app.use(descriptionEndpoint(description))
  if (portal) app.use(portal.path, mountConsole(portal.pages(description)))
  // They bring their own guard, and go before the one that charges: a used-up plan keeps nobody from stopping keys.
  app.use('/developer/keys', keyEndpoints(gate, KEYS))
  app.use('/developer/usage', usageEndpoints(gate, { scopes: ['keys:manage'] }))
  app.use(guard(gate))
  app.get('/orders', guard(gate, { scopes: ['orders:read'] }), (req, res) => {
    res.json({ orders: [{ id: 'ord_1', partner: authOf(req).ownerId }] })
  })
  app.get('/catalog', guard(gate, { scopes: ['catalog:read'] }), (_req, res) => {
    res.json({ items: [] })
  })

  return app.use(notFound(gate)).use(errors(gate))
}
