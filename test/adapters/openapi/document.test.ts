import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, flatErrors } from 'sallyport'
import { guard, jwksEndpoint, keyEndpoints, tokenEndpoint } from 'sallyport/express'
import { openApi, postman, type DescriptionOptions } from 'sallyport/openapi'
import { ISSUER, SIGNING_KEY } from '../../oauth/http/api.js'
import { listen } from '../servers.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Scope = 'read:orders' | 'admin:org'
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
    scopes: { 'read:orders': { level: 1, title: 'Read orders' }, 'admin:org': 2 },
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
    expect(document['x-scopes'][0]).toEqual({ name: 'read:orders', level: 1, title: 'Read orders' })
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

test('each request of the Postman collection answers what its example says', async () => {
  const gate = openGate()
  const { secret, id } = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', environment: 'sandbox' },
    scopes: ['admin:org', 'read:orders'],
  })
  const app = express()
  app.get('/health', (_req, res) => void res.json({ ok: true }))
  app.use('/oauth/token', tokenEndpoint(gate))
  app.use('/oauth/jwks', jwksEndpoint(gate))
  app.use('/v1/keys', keyEndpoints(gate, { scopes: ['admin:org'] }))
  app.get('/v1/orders/:id', guard(gate, { scopes: ['read:orders'] }), (req, res) => {
    res.json({ id: req.params.id })
  })
  const { server, port } = await listen(app)
  servers.push(server)
  const { item, variable } = postman(gate, OPTIONS)
  expect(variable).toEqual([
    { key: 'baseUrl', value: 'https://api.acme.example' },
    { key: 'apiKey', value: '' },
  ])
  const made = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'sandbox' })
  const fill = (text: string) =>
    text
      .replace('{{baseUrl}}', `http://127.0.0.1:${String(port)}`)
      .replace('{{apiKey}}', secret)
      .replace(':id', made.id)
  for (const one of item as Item[]) {
    const { method, header, url, body } = one.request
    const answer = await fetch(fill(url.raw), {
      method,
      headers: Object.fromEntries(header.map(({ key, value }) => [key, fill(value)])),
      ...(body && { body: body.raw }),
    })
    expect([one.name, answer.status]).toEqual([one.name, one.response[0]?.code])
  }
  // The last of the key's requests ended it.
  expect((await gate.keys.get(id))?.state).toBe('revoked')
})

interface Item {
  readonly name: string
  readonly request: {
    readonly method: string
    readonly header: readonly { readonly key: string; readonly value: string }[]
    readonly url: { readonly raw: string }
    readonly body?: { readonly raw: string }
  }
  readonly response: readonly { readonly code: number }[]
}
