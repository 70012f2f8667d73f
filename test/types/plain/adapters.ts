import Router from '@koa/router'
import express, { type Request, type RequestHandler } from 'express'
import Koa, { type Middleware } from 'koa'
import mount from 'koa-mount'
import { createGate, type Auth } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { exactly } from '../equals.js'

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })

export const handlers: RequestHandler[] = [
  onExpress.guard(gate),
  onExpress.guard(gate, { scopes: ['read:orders'] }),
  onExpress.keyEndpoints(gate, { scopes: ['read:orders'] }),
  onExpress.guard(gate, { anyScope: ['read:orders'] }),
  onExpress.guard(gate, { under: '/v1', scopes: ['read:orders'] }),
  onExpress.guard(gate, { optional: true }),
  onExpress.guard(gate, { optional: true, under: '/v1', cost: 2, audit: 'best-effort' }),
  onExpress.guard(gate, { otherwise: () => undefined, origins: false }),
  onExpress.guard(gate, { otherwise: () => ({ ownerId: 'org_1', scopes: ['read:orders'] }) }),
  onExpress.guard(gate, {
    scopes: ['read:orders'],
    otherwise: (req: Request) => Promise.resolve({ ownerId: req.hostname }),
  }),
  onExpress.keyEndpoints(gate, { scopes: ['read:orders'], otherwise: () => undefined }),
  // @ts-expect-error what asks for a caller, beside what asks for none
  onExpress.guard(gate, { optional: true, scopes: ['read:orders'] }),
  // @ts-expect-error what asks for a caller, beside what asks for none
  onExpress.guard(gate, { optional: true, tenant: { header: 'x-tenant' } }),
  // @ts-expect-error a caller without an owner
  onExpress.guard(gate, { otherwise: () => ({ subject: 'ann' }) }),
  // @ts-expect-error a scope that is not in the catalogue
  onExpress.guard(gate, { otherwise: () => ({ ownerId: 'org_1', scopes: ['read:order'] }) }),
  // @ts-expect-error key endpoints are for callers
  onExpress.keyEndpoints(gate, { optional: true, scopes: ['read:orders'] }),
  // @ts-expect-error a scope that is not in the catalogue
  onExpress.guard(gate, { scopes: ['read:order'] }),
  // @ts-expect-error a scope that is not in the catalogue
  onExpress.guard(gate, { anyScope: ['read:order'] }),
  // @ts-expect-error no scope: every key could manage keys
  onExpress.keyEndpoints(gate, {}),
  // @ts-expect-error a scope that is not in the catalogue
  onExpress.keyEndpoints(gate, { scopes: ['read:order'] }),
  // @ts-expect-error a requirement that is not there
  onExpress.guard(gate, { scope: ['read:orders'] }),
]

export const middleware: Middleware[] = [
  onKoa.guard(gate),
  onKoa.guard(gate, { scopes: ['read:orders'] }),
  onKoa.guard(gate, { under: '/v1' }),
  onKoa.guard(gate, { optional: true }),
  onKoa.guard(gate, {
    otherwise: async (ctx) => Promise.resolve({ ownerId: String(ctx.query['o']) }),
  }),
  // @ts-expect-error what asks for a caller, beside what asks for none
  onKoa.guard(gate, { optional: true, anyScope: ['read:orders'] }),
  onKoa.keyEndpoints(gate, { scopes: ['read:orders'] }),
  // @ts-expect-error no scope: every key could manage keys
  onKoa.keyEndpoints(gate),
  // @ts-expect-error a scope that is not in the catalogue
  onKoa.guard(gate, { scopes: ['read:order'] }),
  // @ts-expect-error a scope that is not in the catalogue
  onKoa.guard(gate, { anyScope: ['read:order'] }),
]

// @ts-expect-error not declared: nobody here imports sallyport/express/augment
export type Undeclared = Request['auth']

export const app = express()
app.use('/v1', onExpress.guard(gate))
app.use('/v1/keys', onExpress.keyEndpoints(gate, { scopes: ['read:orders'] }))
app.get('/v1/orders/:id', onExpress.guard(gate, { scopes: ['read:orders'] }), (req, res) => {
  const auth = onExpress.authOf(req)
  exactly<Auth>()(auth, true)
  exactly<Auth | undefined>()(onExpress.authOf(req, { optional: true }), true)
  // The parameters of the path are still known behind a guard.
  res.json({ id: req.params.id satisfies string, owner: auth.ownerId })
})

export const koa = new Koa()
const router = new Router()
router.get('/orders/:id', onKoa.guard(gate, { scopes: ['read:orders'] }), (ctx) => {
  const auth = onKoa.authOf(ctx)
  exactly<Auth>()(auth, true)
  exactly<Auth | undefined>()(onKoa.authOf(ctx, { optional: true }), true)
  ctx.body = { owner: auth.ownerId }
})
koa.use(mount('/v1', onKoa.guard(gate)))
koa.use(mount('/v1/keys', onKoa.keyEndpoints(gate, { scopes: ['read:orders'] })))
koa.use(router.routes())
