import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import Router from '@koa/router'
import { Validator } from '@seriousme/openapi-schema-validator'
import express from 'express'
import express4 from 'express4'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, flatErrors } from 'sallyport'
import { descriptionEndpoint, guard } from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import {
  createDescription,
  openApi,
  postman,
  type Description,
  type DescriptionOptions,
} from 'sallyport/openapi'
import { ISSUER, SIGNING_KEY } from '../../oauth/http/api.js'
import { listen } from '../servers.js'

const validator = new Validator()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Scope = 'read:orders' | 'admin:org' | 'internal:root'
const OPTIONS: DescriptionOptions<Scope> = {
  info: { title: 'Orders', version: '1.0.0' },
  keys: { path: '/v1/keys', scopes: ['admin:org'] },
  ...{ token: '/oauth/token', jwks: '/oauth/jwks' },
  routes: [
    {
      ...{ method: 'GET', path: '/v1/orders/{id}', summary: 'Read an order' },
      ...{ scopes: ['read:orders'], answer: { id: 'order_1', items: [{ sku: 'a' }], note: null } },
    },
    { method: 'get', path: '/health', summary: 'Is it up', isPublic: true, answer: { ok: true } },
  ],
}

function openGate() {
  return createGate<Scope>({
    environment: {
      live: { hosts: ['api.acme.example'] },
      sandbox: { hosts: ['sandbox.acme.example'] },
      default: 'sandbox',
    },
    keys: { prefix: 'acme', peppers: ['a pepper that nobody may ever see'] },
    scopes: {
      'internal:root': 9,
      'read:orders': { level: 1, title: 'Read orders' },
      'admin:org': 2,
    },
    plans: { free: { quota: { limit: 1_000, window: '1h' } } },
    limits: { defaultPlan: 'free' },
    credentials: { header: 'x-acme-key' },
    errorFormat: flatErrors(),
    tokens: { issuer: ISSUER, signingKeys: [SIGNING_KEY] },
    onError: () => undefined,
  })
}

/** All texts below `$ref`. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) =>
    name === '$ref' ? [String(one)] : refsIn(one),
  )
}

describe('OpenAPI of a gate', () => {
  const document = openApi(openGate(), OPTIONS)

  test('has the hosts, the places of credentials and the scopes of the gate', () => {
    expect(document.servers).toEqual([
      { url: 'https://api.acme.example', description: 'live' },
      { url: 'https://sandbox.acme.example', description: 'sandbox' },
    ])
    expect(document.components.securitySchemes).toEqual({
      bearer: { type: 'http', scheme: 'bearer' },
      'x-acme-key': { type: 'apiKey', in: 'header', name: 'x-acme-key' },
    })
    expect(document['x-scopes']).toEqual([
      { name: 'read:orders', level: 1, title: 'Read orders' },
      { name: 'admin:org', level: 2 },
    ])
    // Nobody outside learns of a scope that no route asks for.
    for (const made of [document, postman(openGate(), OPTIONS)]) {
      expect(JSON.stringify(made)).not.toContain('internal:root')
    }
  })

  test('has each route with its scopes, errors and rate-limit headers; a public one without', () => {
    expect(document.paths['/v1/orders/{id}']?.['get']).toMatchObject({
      parameters: [{ name: 'id', in: 'path', required: true }],
      security: [{ bearer: ['read:orders'] }, { 'x-acme-key': ['read:orders'] }],
      responses: {
        200: { headers: { 'X-RateLimit-Limit': {} } },
        429: { $ref: '#/components/responses/429' },
      },
    })
    expect(document.paths['/health']?.['get']).toMatchObject({ security: [] })
    expect(Object.keys(document.paths).sort()).toEqual([
      '/health',
      '/oauth/jwks',
      '/oauth/token',
      '/v1/keys',
      '/v1/keys/due',
      '/v1/keys/self',
      '/v1/keys/{id}',
      '/v1/keys/{id}/rotate',
      '/v1/orders/{id}',
    ])
  })

  test('has errors in the format of the gate, and each reference leads somewhere', () => {
    expect(document.components.responses['403']).toMatchObject({
      content: {
        'application/json': {
          examples: { insufficient_scope: { value: { error: 'insufficient_scope' } } },
        },
      },
    })
    for (const ref of refsIn(document)) {
      expect(Object.keys(document.components.responses)).toContain(ref.split('/').at(-1))
    }
  })

  test('has no secret, and is JSON', () => {
    const text = JSON.stringify(document)
    expect(text).not.toContain('pepper')
    expect(text).not.toContain(String(SIGNING_KEY.d))
    expect(JSON.parse(text)).toEqual(document)
  })
})

/** The guards of one app on every framework: on the app, on its routes, and on a router that is mounted. */
const APPS = {
  'Express 5': () => expressApp(express),
  'Express 4': () => expressApp(express4),
  Koa() {
    const gate = openGate()
    const app = new Koa()
    const router = new Router({ prefix: '/v1' })
    router.get('/health', () => undefined)
    router.use(onKoa.guard(gate))
    router.get('/orders/:id', onKoa.guard(gate, { scopes: ['read:orders'] }), () => undefined)
    router.post('/orders', onKoa.guard(gate, WRITES), () => undefined)
    app.use(router.routes())
    return { gate, options: { app } }
  },
} as const
const WRITES = {
  anyScope: ['read:orders', 'admin:org'],
  accepts: { type: 'application/json', accept: 'application/json' },
} as const

function expressApp(framework: typeof express) {
  const gate = openGate()
  const [app, router] = [framework(), framework.Router()]
  app.get('/v1/health', (_req, res) => void res.end())
  app.use(guard(gate, { under: '/v1' }))
  app.get('/plain', (_req, res) => void res.end())
  app.use('/v1', router)
  router.get('/orders/:id', guard(gate, { scopes: ['read:orders'] }), (_req, res) => void res.end())
  router.post('/orders', guard(gate, WRITES), (_req, res) => void res.end())
  return { gate, options: { app, routers: { '/v1': router } } }
}

describe.each(Object.entries(APPS))('the guards of %s', (_name, open) => {
  const { gate, options } = open()
  const info = { title: 'Orders', version: '1' }
  const health = { method: 'GET', path: '/v1/health', summary: 'Is it up' }
  const document = openApi(gate, { info, ...options, routes: [health] })

  test('say what their routes ask for', () => {
    expect(Object.keys(document.paths).sort()).toEqual([
      ...['/v1/health', '/v1/orders', '/v1/orders/{id}'],
    ])
    expect(document.paths['/v1/orders/{id}']?.['get']).toMatchObject({
      summary: 'GET /v1/orders/{id}',
      security: [{ bearer: ['read:orders'] }, { 'x-acme-key': ['read:orders'] }],
    })
    expect(document.paths['/v1/orders']?.['post']).toMatchObject({
      security: [
        ...[{ bearer: ['read:orders'] }, { bearer: ['admin:org'] }],
        ...[{ 'x-acme-key': ['read:orders'] }, { 'x-acme-key': ['admin:org'] }],
      ],
      requestBody: { content: { 'application/json': {} } },
    })
  })

  test('are not told of where a route is left out, nor are scopes that only it asks for; what is listed stays', () => {
    const asked: unknown[] = []
    const listed = { method: 'GET', path: '/v1/orders/{id}', summary: 'An order' }
    const document = openApi(gate, {
      ...{ info, ...options, routes: [listed] },
      leaveOut(route) {
        asked.push(route)
        return route.anyScope.includes('admin:org') || route.path === listed.path
      },
    })
    const anyScope = ['read:orders', 'admin:org']
    expect(asked).toEqual([{ method: 'post', path: '/v1/orders', scopes: [], anyScope }])
    expect(Object.keys(document.paths)).toEqual(['/v1/orders/{id}'])
    expect(document['x-scopes'].map(({ name }) => name)).toEqual(['read:orders'])
    expect(JSON.stringify(document)).not.toContain('admin:org')
  })

  test('leave a route in front of them public', () => {
    expect(document.paths['/v1/health']?.['get']).toMatchObject({
      ...{ security: [], summary: 'Is it up' },
    })
  })

  test('make a document that a validator takes', async () => {
    expect(await validator.validate(document)).toMatchObject({ valid: true })
  })
})

test('a document with keys, tokens and errors is what a validator takes', async () => {
  const document = openApi(openGate(), OPTIONS)
  expect(await validator.validate(document)).toMatchObject({ valid: true })
  const broken = { ...document, paths: { '/x': { get: { responses: 1 } } } }
  expect(await validator.validate(broken)).toMatchObject({ valid: false })
})

describe.each([
  ['Express', (d: Description) => express().use('/docs', descriptionEndpoint(d))],
  [
    'Koa',
    (d: Description) => new Koa().use(mount('/docs', onKoa.descriptionEndpoint(d))).callback(),
  ],
])('descriptionEndpoint on %s', (_name, make) => {
  test('serves both documents, for caches, and nothing else', async () => {
    const description = createDescription(openGate(), OPTIONS)
    const { server, port } = await listen(make(description))
    servers.push(server)
    const at = `http://127.0.0.1:${String(port)}/docs`
    const answer = await fetch(`${at}/openapi.json?any=1`)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual(description.openApi())
    expect(await (await fetch(`${at}/postman.json`)).json()).toEqual(description.postman())
    const etag = answer.headers.get('etag') ?? ''
    const known = await fetch(`${at}/openapi.json`, {
      headers: { 'if-none-match': `"a", W/${etag}` },
    })
    expect([known.status, await known.text()]).toEqual([304, ''])
    const head = await fetch(`${at}/openapi.json`, { method: 'HEAD' })
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000)
    for (const [method, path] of [
      ['POST', '/openapi.json'],
      ['GET', '/other'],
    ] as const) {
      expect((await fetch(at + path, { method })).status).toBe(404)
    }
  })
})

test('what is no description is refused at start-up', () => {
  const wrong = openApi(openGate(), OPTIONS) as unknown as Description
  expect(() => descriptionEndpoint(wrong)).toThrow('createDescription of sallyport/openapi')
  expect(() => onKoa.descriptionEndpoint(wrong)).toThrow('createDescription of sallyport/openapi')
})
