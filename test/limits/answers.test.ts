import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryLimitStore } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { createConsole } from 'sallyport/console'
import * as onExpress from 'sallyport/express'
import { createDescription } from 'sallyport/openapi'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { keptSink } from '../audit/gates.js'
import { SIGNING_KEY } from '../oauth/http/api.js'

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/plans.md'), 'utf8')
const [SECTION = ''] = (PAGE.split('### Which answers tell it')[1] ?? '').split(/^## /m, 1)
/** What the page says of each answer. */
const ROWS = [...SECTION.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)]
  .map(([, answer = '', headers = '']) => [answer, headers] as const)
  .filter(([answer]) => !/^(?:answer|-+)$/.test(answer))

const CALLERS = '1000'
const ADDRESSES = '600'

const limits = createMemoryLimitStore()
let isAway = false
const access = createAccess({
  store: createMemoryAccessStore(),
  agreements: createMemoryAgreementStore(),
})
const gate = createGate({
  ...{ environment: 'live', keys: { prefix: 'acme' }, onError: () => undefined, access },
  scopes: ['manage:keys', 'read:orders', 'decide:access'],
  plans: { pro: { quota: { limit: 1_000, window: '1h' } }, none: { access: false } },
  limits: {
    ...{ defaultPlan: 'pro', onStoreError: 'deny', anonymous: { limit: 600, window: '1h' } },
    store: {
      ...limits,
      consume(asked) {
        if (isAway) throw new Error('The store is away.')
        return limits.consume(asked)
      },
    },
  },
  trustProxy: ['loopback'],
  audit: { sink: keptSink() },
  tokens: { issuer: 'https://api.example.com', signingKeys: [SIGNING_KEY] },
  policies: [({ request: asked }) => asked?.url !== '/orders/forbidden'],
})

const managing = { scopes: ['manage:keys'] } as const
const answered = (_req: express.Request, res: express.Response) => void res.status(418).end()
const app = express()
  .use(
    onExpress.descriptionEndpoint(
      createDescription(gate, { info: { title: 'Orders', version: '1' }, routes: [] }),
    ),
  )
  .use('/console', onExpress.mountConsole(createConsole(gate, { user: () => undefined })))
  .use('/jwks', onExpress.jwksEndpoint(gate))
  .use('/token', onExpress.tokenEndpoint(gate))
  .use('/revoke', onExpress.revocationEndpoint(gate))
  .use('/keys', onExpress.keyEndpoints(gate, managing))
  .use('/usage', onExpress.usageEndpoints(gate, managing))
  .use('/audit', onExpress.auditEndpoints(gate, managing))
  .use(
    '/access',
    onExpress.accessEndpoints(gate, { ...managing, approverScopes: ['decide:access'] }),
  )
  .get('/news', onExpress.guard(gate, { optional: true }), answered)
  .get('/staff', onExpress.guard(gate, { scopes: ['decide:access'] }), answered)
  .get(
    '/exports',
    onExpress.guard(gate, { limit: { name: 'exports', limit: 1, window: '1h' } }),
    answered,
  )
  .use(
    '/orders',
    onExpress.guard(gate),
    express
      .Router()
      .get('/', answered)
      .get('/broken', () => {
        throw new Error('broken')
      }),
  )
  .use(onExpress.notFound(gate))
  .use(onExpress.errors(gate))

let server: Server
const secrets = { id: '', key: '', held: '', none: '' }
beforeAll(async () => {
  ;({ server } = await listen(app))
  const asked = { useCase: 'Orders.', environments: ['live'], ownerId: 'org_1' }
  const { id } = await access.request({ ...asked, by: { id: 'ann', ownerId: 'org_1' } })
  await access.approve(id, { by: { id: 'lee', ownerId: 'staff' } })
  const issue = async (more: object = {}) => {
    const scopes = ['manage:keys', 'read:orders'] as const
    return (await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: [...scopes], ...more }))
      .secret
  }
  secrets.key = await issue()
  secrets.id = (await gate.keys.list({ ownerId: 'org_1' })).items[0]?.id ?? ''
  secrets.held = await issue({ allowedIps: ['192.0.2.1'] })
  secrets.none = await issue({ plan: 'none' })
})
afterAll(async () => {
  server.close()
  await gate.close()
})

type Verb = 'get' | 'post' | 'delete'

async function send(
  method: Verb,
  path: string,
  secret: string,
  body?: object,
  from = '203.0.113.9',
) {
  const agent = request(server)
  const asked = agent[method](path).set({ 'x-forwarded-for': from, 'x-forwarded-proto': 'https' })
  if (secret !== '') void asked.set('authorization', `Bearer ${secret}`)
  const { status, headers } = await (body === undefined ? asked : asked.send(body))
  return { status, limit: (headers as Record<string, string>)['x-ratelimit-limit'] }
}

/** A program that says who it is as RFC 6749 has it. */
async function asClient(path: string, id: string, secret: string) {
  const { status, headers } = await request(server)
    .post(path)
    .auth(id, secret)
    .set({ 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' })
    .send('grant_type=client_credentials&token=a.b.c')
  return { status, limit: (headers as Record<string, string>)['x-ratelimit-limit'] }
}

const withKey = (method: Verb, path: string, body?: object) => send(method, path, secrets.key, body)
const without = (method: Verb, path: string, body?: object) => send(method, path, '', body)
type Sent = ReturnType<typeof send>

/** How each answer of the page comes about, with its status. */
const CASES: Readonly<Record<string, readonly (readonly [number, () => Sent])[]>> = {
  'what your handler answers, whatever the status': [[418, () => withKey('get', '/orders')]],
  'what `notFound` and `errors` answer behind a guard': [
    [404, () => withKey('get', '/orders/none')],
    [500, () => withKey('get', '/orders/broken')],
  ],
  '429 of a plan, a key or a route': [
    [
      429,
      async () => {
        await withKey('get', '/exports')
        return withKey('get', '/exports')
      },
    ],
  ],
  '403 for lack of a scope, and of a policy': [
    [403, () => withKey('get', '/staff')],
    [403, () => withKey('get', '/orders/forbidden')],
  ],
  'of the key, usage, audit, access and token endpoints': [
    [201, () => withKey('post', '/keys', { name: 'B', scopes: ['read:orders'] })],
    [400, () => withKey('post', '/keys', {})],
    [200, () => withKey('get', '/usage')],
    [404, () => withKey('get', '/audit/none')],
    [
      409,
      () => withKey('post', '/access/requests', { useCase: 'Orders.', environments: ['live'] }),
    ],
    [200, () => withKey('post', '/token', {})],
  ],
  '401 and 429 with `limits.anonymous`': [
    [401, () => without('get', '/orders')],
    [401, () => without('get', '/keys')],
    [401, () => without('post', '/token')],
    [401, () => asClient('/token', secrets.id, 'wrong')],
  ],
  'to anonymous requests of `optional`, with that limit': [[418, () => without('get', '/news')]],
  'of the public keys, with that limit': [
    [200, () => without('get', '/jwks')],
    [405, () => without('post', '/jwks')],
  ],
  'to what stops a key or access, or shows what to stop': [
    [200, () => withKey('get', '/keys')],
    [404, () => withKey('delete', '/keys/key_0000000000000000')],
    [200, () => withKey('get', '/access')],
    [404, () => withKey('post', '/access/requests/none/end', {})],
  ],
  'of the revocation endpoint, and to `DELETE /self`': [
    [400, () => asClient('/revoke', secrets.id, secrets.key)],
    [
      204,
      async () =>
        send(
          'delete',
          '/keys/self',
          (await gate.keys.create({ name: 'C', ownerId: 'org_1' })).secret,
        ),
    ],
  ],
  '403 `address_not_allowed`': [[403, () => send('get', '/orders', secrets.held)]],
  '403 `plan_without_access`': [[403, () => send('get', '/orders', secrets.none)]],
  '503 of a limit store, and 429 of brute-force protection': [
    [
      503,
      async () => {
        isAway = true
        const sent = await withKey('get', '/orders')
        isAway = false
        return sent
      },
    ],
    [
      429,
      async () => {
        const guess = () => send('get', '/orders', 'acme_live_guess', undefined, '198.51.100.7')
        for (let time = 0; time < 30; time++) await guess()
        return guess()
      },
    ],
  ],
  'of the console, and `/openapi.json` and `/postman.json`': [
    [401, () => without('get', '/console/')],
    [200, () => without('get', '/openapi.json')],
    [200, () => without('get', '/postman.json')],
  ],
}

test('the page names each of these answers', () => {
  expect(ROWS.map(([answer]) => answer)).toEqual(Object.keys(CASES))
})

test.each(ROWS)('%s: %s', async (answer, headers) => {
  const limit = { caller: CALLERS, address: ADDRESSES }[/^the (\w+)'s$/.exec(headers)?.[1] ?? '']
  if (limit === undefined) expect(headers).toMatch(/^none: /)
  for (const [status, come] of CASES[answer] ?? []) {
    const sent = await come()
    expect(sent).toEqual({ status, limit: status === 429 && limit ? '1' : limit })
  }
})
