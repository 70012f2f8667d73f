import express from 'express'
import Koa from 'koa'
import { createGate, type Auth } from 'sallyport'
import { guard } from 'sallyport/express'
import 'sallyport/express/augment'
import { guard as koaGuard } from 'sallyport/koa'
import 'sallyport/koa/augment'
import { exactly } from '../equals.js'

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })

export const app = express().get('/', guard(gate), (req, res) => {
  exactly<Auth | undefined>()(req.auth, true)
  res.json(req.auth?.ownerId)
})

export const koa = new Koa().use(koaGuard(gate)).use((ctx) => {
  exactly<Auth>()(ctx.state.auth, true)
  ctx.body = ctx.state.auth.ownerId
})
