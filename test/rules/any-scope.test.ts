import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { createGate, type Requirement } from 'sallyport'
import { guard as expressGuard } from 'sallyport/express'
import { guard as koaGuard } from 'sallyport/koa'
import { listen } from '../adapters/servers.js'

type Scope = 'read' | 'write' | 'admin'

const open = () =>
  createGate<Scope>({
    ...{ environment: 'live', keys: { prefix: 'acme' } },
    scopes: ['read', 'write', 'admin'],
  })
const gate = open()

/** Path by path, what it asks for. */
const ROUTES: Readonly<Record<string, Requirement<Scope>>> = {
  any: { anyScope: ['write', 'admin'] },
  both: { scopes: ['read'], anyScope: ['write', 'admin'] },
  overlap: { scopes: ['read'], anyScope: ['read', 'admin'] },
}

const expressApp = (express: typeof express5) => {
  const app = express()
  for (const [path, requirement] of Object.entries(ROUTES)) {
    app.get(`/${path}`, expressGuard(gate), expressGuard(gate, requirement), (_req, res) => {
      res.end('in')
    })
  }
  return app
}

const koaApp = (Koa: typeof Koa3) => {
  const app = new Koa()
  for (const [path, requirement] of Object.entries(ROUTES)) {
    const asks = koaGuard(gate, requirement)
    app.use((ctx, next) => (ctx.path === `/${path}` ? asks(ctx, next) : next()))
  }
  app.use((ctx) => {
    ctx.body = 'in'
  })
  return app.callback()
}

describe.each([
  ['Express 5', () => expressApp(express5)],
  ['Express 4', () => expressApp(express4)],
  ['Koa 3', () => koaApp(Koa3)],
  ['Koa 2', () => koaApp(Koa2)],
])('anyScope on %s', (_, make) => {
  let server: Server
  let port = 0
  beforeAll(async () => ({ server, port } = await listen(make())))
  afterAll(() => void server.close())

  async function ask(path: string, scopes: readonly Scope[]) {
    const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes })
    const response = await fetch(`http://127.0.0.1:${String(port)}/${path}`, {
      headers: { 'x-api-key': key.secret },
    })
    return { response, text: await response.text() }
  }

  test.each<[string, readonly Scope[]]>([
    ['any', ['write']],
    ['any', ['admin']],
    ['any', ['read', 'write', 'admin']],
    ['both', ['read', 'admin']],
    ['overlap', ['read']],
  ])('%s lets in %j', async (path, scopes) => {
    expect(await ask(path, scopes)).toMatchObject({ response: { status: 200 }, text: 'in' })
  })

  test.each<[string, readonly Scope[], string, readonly string[], string]>([
    ['any', [], 'write admin', ['write', 'admin'], 'one of the scopes write, admin'],
    ['any', ['read'], 'write admin', ['write', 'admin'], 'one of the scopes write, admin'],
    ['both', ['admin'], 'read write admin', ['read'], 'the scope read'],
    ['both', ['read'], 'read write admin', ['write', 'admin'], 'one of the scopes write, admin'],
    [
      ...(['both', [], 'read write admin', ['read', 'write', 'admin']] as const),
      'the scope read and one of the scopes write, admin',
    ],
  ])('%s refuses %j', async (path, scopes, asked, missingScopes, words) => {
    const { response, text } = await ask(path, scopes)
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toContain(`scope="${asked}"`)
    expect(JSON.parse(text)).toMatchObject({
      code: 'insufficient_scope',
      missingScopes,
      detail: `The API key lacks ${words}.`,
    })
  })
})

test.each<[unknown, string]>([
  [
    [],
    "requirement: 'anyScope' must be a list of at least one scope, such as ['read:orders', 'admin']",
  ],
  [
    'read',
    "requirement: 'anyScope' must be a list of at least one scope, such as ['read:orders', 'admin']",
  ],
  [['reed'], "requirement: 'reed' is not one of the scopes; did you mean 'read'?"],
])('anyScope: %j is an error at start', (anyScope, message) => {
  expect(() => gate.requirement({ anyScope } as never)).toThrow(message)
})

test('a caller that is held to resources does not pass a route that says nothing of what it touches', async () => {
  const held = open()
  const key = await held.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', scopes: ['read'], resources: ['records/rec_1'] },
  })
  const request = {
    ...{ method: 'GET', url: '/', rawHeaders: ['X-API-Key', key.secret] },
    peer: { address: '203.0.113.9', encrypted: true },
  }
  expect(await held.check(request)).toMatchObject({ allowed: true })
  expect(await held.check(request, { anyScope: ['read'] })).toMatchObject({
    reason: 'resource_not_allowed',
  })
})
