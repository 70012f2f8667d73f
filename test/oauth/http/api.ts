import type { Server } from 'node:http'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type Gate, type GateOptions, type TokenOptions } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from '../../adapters/servers.js'
import { createPair, NOW } from '../../jwt/issuer.js'
import { failuresInto } from '../../failures.js'

export const ISSUER = 'https://api.example.com'
const SCOPES = ['read:orders', 'write:orders', 'manage:keys'] as const
export type Scope = (typeof SCOPES)[number]

/** What all gates here sign with, made once: an RSA key takes its time. */
export const SIGNER = createPair('ES256', 'signer-1')
export const SIGNING_KEY = { ...SIGNER.privateKey.export({ format: 'jwk' }), kid: SIGNER.kid }

/** A clock that tests move. */
export interface Time {
  now: number
}

export function startOfTime(): Time {
  return { now: NOW * 1_000 }
}

export interface OpenOptions extends Partial<GateOptions<Scope>> {
  readonly time?: Time
  readonly issuing?: Partial<TokenOptions>
}

/** A gate that issues tokens, and what it told `onError`. */
export function openIssuer({ time = startOfTime(), issuing, ...options }: OpenOptions = {}) {
  const errors: unknown[] = []
  const gate = createGate<Scope>({
    environment: ['live', 'test'],
    keys: { prefix: 'acme' },
    scopes: SCOPES,
    bruteForce: false,
    clock: () => time.now,
    onError: failuresInto(errors),
    tokens: { issuer: ISSUER, signingKeys: [SIGNING_KEY], ...issuing },
    ...options,
  })
  const verdict = async (credential: string) => {
    const decision = await gate.verify(credential)
    return decision.allowed ? 'allowed' : decision.reason
  }
  const create = (more: object = {}) =>
    gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', environment: 'live' },
      ...{ scopes: ['read:orders', 'write:orders'], ...more },
    })
  return { gate, errors, time, verdict, create }
}

const APPS = {
  Express(gate: Gate<Scope>) {
    const app = express().disable('x-powered-by')
    app.use('/token', onExpress.tokenEndpoint(gate))
    app.use('/revoke', onExpress.revocationEndpoint(gate))
    app.use('/jwks', onExpress.jwksEndpoint(gate))
    app.get('/orders', onExpress.guard(gate, { scopes: ['read:orders'] }), (req, res) => {
      res.end(onExpress.authOf(req).ownerId)
    })
    return app
  },
  Koa(gate: Gate<Scope>) {
    const app = new Koa()
    app.use(mount('/token', onKoa.tokenEndpoint(gate)))
    app.use(mount('/revoke', onKoa.revocationEndpoint(gate)))
    app.use(mount('/jwks', onKoa.jwksEndpoint(gate)))
    const orders = new Koa()
    orders.use(onKoa.guard(gate, { scopes: ['read:orders'] }))
    orders.use((ctx) => {
      ctx.body = onKoa.authOf(ctx).ownerId
    })
    app.use(mount('/orders', orders))
    return app.callback()
  },
} as const

export const FRAMEWORKS = ['Express', 'Koa'] as const

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** A client elsewhere, with what a gate must know of its proxy: whoever tries keys on the machine itself is let off in tests. */
export const ELSEWHERE = {
  options: { bruteForce: true, trustProxy: ['127.0.0.1'] },
  headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
} as const

/** The endpoints of a gate on a real socket; `all` goes with each request. */
export async function serve(
  framework: keyof typeof APPS,
  gate: Gate<Scope>,
  all: Readonly<Record<string, string>> = {},
) {
  const { server, port }: { server: Server; port: number } = await listen(APPS[framework](gate))

  async function ask(path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init.headers)), ...all },
    })
    const text = await response.text()
    const body = text.startsWith('{') ? (JSON.parse(text) as Answered['body']) : { text }
    return { status: response.status, headers: response.headers, body }
  }

  return {
    port,
    ask,
    get: (path: string, token: string) =>
      ask(path, { headers: { authorization: `Bearer ${token}` } }),
    /** A form, as RFC 6749 has it. */
    post: (path: string, form: Readonly<Record<string, string>> | string, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      }),
    postJson: (path: string, value: unknown, headers = {}) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(value),
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

export function basic(id: string, secret: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
}

export function bearer(secret: string): { readonly authorization: string } {
  return { authorization: `Bearer ${secret}` }
}
