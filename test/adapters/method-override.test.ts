import express5, { type RequestHandler } from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { expect, test } from '@jest/globals'
import { createGate, type Gate } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { ask } from './open-apps.js'
import { listen } from './servers.js'

/** What stands between two guards and makes another method of the request, as `method-override` does. */
const OVERRIDE = 'DELETE'

function onExpress(express: typeof express5, gate: Gate<'write'>) {
  const override: RequestHandler = (req, _res, next) => {
    req.method = OVERRIDE
    next()
  }
  const done: RequestHandler = (_req, res) => {
    res.json({ done: true })
  }
  const app = express()
  return app.use(expressGuard(gate), override, expressGuard(gate, { scopes: ['write'] }), done)
}

function onKoa(Koa: typeof Koa3, gate: Gate<'write'>) {
  const app = new Koa()
  app.use(koaGuard(gate))
  app.use((ctx, next) => {
    ctx.method = OVERRIDE
    return next()
  })
  app.use(koaGuard(gate, { scopes: ['write'] }))
  app.use((ctx) => {
    ctx.body = { done: true }
  })
  return app.callback()
}

test.each([
  ['Express 5', (gate: Gate<'write'>) => onExpress(express5, gate)],
  ['Express 4', (gate: Gate<'write'>) => onExpress(express4, gate)],
  ['Koa 3', (gate: Gate<'write'>) => onKoa(Koa3, gate)],
  ['Koa 2', (gate: Gate<'write'>) => onKoa(Koa2, gate)],
])(
  'on %s, a page of another site changes nothing by a GET that becomes something else behind the first guard',
  async (_, make) => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['write'] },
      ...{ trustProxy: ['127.0.0.1'], onError: () => undefined },
      credentials: { from: [{ cookie: 'session', accepts: 'key' }] },
    })
    const { secret } = await gate.keys.create({ name: 'a', ownerId: 'org_1', scopes: ['write'] })
    const { port, server } = await listen(make(gate))
    const send = async (lines: Record<string, string>) => {
      const https = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }
      const { status, body } = await ask(port, '/', {
        ...https,
        ...{ cookie: `session=${secret}` },
        ...lines,
      })
      return [status, body['code']]
    }
    const crossSite = await send({ 'sec-fetch-site': 'cross-site' })
    const sameOrigin = await send({ 'sec-fetch-site': 'same-origin' })
    server.close()
    expect(crossSite).toEqual([403, 'origin_not_allowed'])
    expect(sameOrigin).toEqual([200, undefined])
  },
)
