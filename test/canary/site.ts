import { createServer, type Server } from 'node:http'
import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import mount from 'koa-mount'
import type { Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { mintSecret } from '../../src/keys/format.js'

export type Scope = 'read:patients' | 'manage:keys'
type AnyGate = Gate<Scope>

const PHI = { resource: 'Patient', action: 'read', param: 'id' } as const

/** An API with everything that a gate has to mount; whatever fails on its way is told. */
export const APPS = {
  Express(gate: AnyGate, failed: (error: unknown) => void) {
    const app = express().disable('x-powered-by')
    app.use('/token', onExpress.tokenEndpoint(gate))
    app.use('/parsed/token', express.json(), express.urlencoded(), onExpress.tokenEndpoint(gate))
    app.use('/revoke', onExpress.revocationEndpoint(gate))
    app.use('/jwks', onExpress.jwksEndpoint(gate))
    app.use('/keys', onExpress.keyEndpoints(gate, { scopes: ['manage:keys'] }))
    const patient = onExpress.guard(gate, { scopes: ['read:patients'], phi: PHI })
    app.get('/patients/:id', patient, (_req, res) => res.json({ ok: true }))
    const tenant = onExpress.guard(gate, { tenant: { header: 'x-tenant' } })
    app.get('/tenants/:id', tenant, (_req, res) => res.json({ ok: true }))
    const record = onExpress.guard(gate, { resource: { type: 'records', id: { param: 'id' } } })
    app.all('/records/:id', record, (_req, res) => res.json({ ok: true }))
    // That of Express tells the client the path that it has asked for.
    app.use((_req, res) => {
      res.status(404).end()
    })
    const fail: express.ErrorRequestHandler = (error, _req, res, _next) => {
      failed(error)
      res.status(500).end()
    }
    app.use(fail)
    return app
  },
  Koa(gate: AnyGate, failed: (error: unknown) => void) {
    const app = new Koa()
    app.on('error', failed)
    app.use(mount('/token', onKoa.tokenEndpoint(gate)))
    const parsed = new Koa()
    parsed.use(bodyParser())
    parsed.use(onKoa.tokenEndpoint(gate))
    app.use(mount('/parsed/token', parsed))
    app.use(mount('/revoke', onKoa.revocationEndpoint(gate)))
    app.use(mount('/jwks', onKoa.jwksEndpoint(gate)))
    app.use(mount('/keys', onKoa.keyEndpoints(gate, { scopes: ['manage:keys'] })))
    const guarded = (guard: ReturnType<typeof onKoa.guard>) => {
      const below = new Koa()
      below.use(guard)
      below.use((ctx) => {
        ctx.body = { ok: true }
      })
      return below
    }
    const phi = { resource: 'Patient', action: 'read' } as const
    app.use(mount('/patients', guarded(onKoa.guard(gate, { scopes: ['read:patients'], phi }))))
    app.use(mount('/tenants', guarded(onKoa.guard(gate, { tenant: { header: 'x-tenant' } }))))
    const record = { type: 'records', id: { header: 'x-record' } } as const
    app.use(mount('/records', guarded(onKoa.guard(gate, { resource: record }))))
    return app.callback()
  },
} as const

export interface Sent {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Site {
  /** The status, and all that came back: the headers and the body. */
  ask(sent: Sent): Promise<{ status: number; answer: string }>
  close(): Promise<void>
}

export async function serve(app: Parameters<typeof createServer>[1]): Promise<Site> {
  const server: Server = createServer({ maxHeaderSize: 262_144 }, app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ask: ({ method = 'GET', path, headers = {}, body = '' }) =>
      new Promise((resolve, reject) => {
        // Behind a proxy that is trusted, with TLS in front of it.
        const all = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9', ...headers }
        const where = { host: '127.0.0.1', port, method, path, agent: false }
        send({ ...where, headers: all }, (response) => {
          const { statusCode: status = 0, rawHeaders } = response
          text(response).then((body) => {
            resolve({ status, answer: `${rawHeaders.join('\n')}\n${body}` })
          }, reject)
        })
          .on('error', reject)
          .end(body)
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** Keys that no store has: one of another gate with the same prefix, and one that was mistyped. */
export function strangers(prefix: string): { stranger: string; mistyped: string } {
  const [stranger, other] = [mintSecret(prefix, 'live', 'sk'), mintSecret(prefix, 'live', 'sk')]
  return { stranger, mistyped: other.slice(0, -1) + (other.endsWith('0') ? '1' : '0') }
}
