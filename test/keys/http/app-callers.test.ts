import type { Server } from 'node:http'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createGate, type AppCaller, type Gate, type GateOptions } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { keptSink, SIGNING } from '../../audit/gates.js'
import { listen } from '../../adapters/servers.js'

type Scope = 'read' | 'write' | 'admin' | 'root'
interface Native {
  readonly headers?: Readonly<Record<string, unknown>> | undefined
}

const options: GateOptions<Scope> = {
  environment: ['live', 'test'],
  keys: { prefix: 'acme' },
  scopes: { read: 1, write: 2, admin: 3, root: 4 },
  bruteForce: false,
}

let sessions: Record<string, AppCaller<Scope>> = {}
let asked = 0
let server: Server | undefined
beforeEach(() => {
  asked = 0
  sessions = {
    ann: { ownerId: 'org_1', subject: 'ann', scopes: ['admin'] },
    bob: { ownerId: 'org_2', subject: 'bob', scopes: ['admin'] },
    guest: { ownerId: 'org_1', scopes: ['read'] },
    tester: { ownerId: 'org_1', environment: 'test', scopes: ['admin'] },
    held: { ownerId: 'org_1', scopes: ['admin'], resources: ['records/rec_1'] },
  }
})
afterEach(() => {
  server?.close()
})

/** Of whatever framework. */
const otherwise = (request: never) => {
  const { headers } = request as Native
  asked += 1
  return Promise.resolve(sessions[String(headers?.['cookie']).replace('sid=', '')])
}
const requirement = { scopes: ['admin'], otherwise } as const

const SITES: Readonly<Record<string, (gate: Gate<Scope>) => Parameters<typeof listen>[0]>> = {
  'Express, of the endpoints': (gate) =>
    express().use('/keys', onExpress.keyEndpoints(gate, requirement)),
  'Express, of a guard before them': (gate) =>
    express()
      .use(onExpress.guard(gate, { optional: true, otherwise }))
      .use('/keys', onExpress.keyEndpoints(gate, { scopes: ['admin'] })),
  'Koa, of the endpoints': (gate) =>
    new Koa().use(mount('/keys', onKoa.keyEndpoints(gate, requirement))).callback(),
  'Koa, of a guard before them': (gate) =>
    new Koa()
      .use(onKoa.guard(gate, { otherwise }))
      .use(mount('/keys', onKoa.keyEndpoints(gate, { scopes: ['admin'] })))
      .callback(),
}

describe.each(Object.entries(SITES))('callers of the app manage keys: %s', (where, make) => {
  const own = { 'sec-fetch-site': 'same-origin' }

  async function open(more: Partial<GateOptions<Scope>> = {}) {
    const gate = createGate<Scope>({ ...options, ...more })
    const site = await listen(make(gate))
    ;({ server } = site)
    const call = async (
      who: string,
      method: string,
      path: string,
      body?: object,
      headers: Record<string, string> = own,
    ) => {
      const response = await fetch(`http://127.0.0.1:${String(site.port)}/keys${path}`, {
        method,
        headers: { cookie: `sid=${who}`, 'content-type': 'application/json', ...headers },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      const told = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
      return { status: response.status, body: told }
    }
    return { gate, call }
  }

  test('of their owner, with what they hold', async () => {
    const { gate, call } = await open()
    const made = await call('ann', 'POST', '/', { name: 'CI', scopes: ['admin', 'read'] })
    expect(made).toMatchObject({
      status: 201,
      body: { ownerId: 'org_1', environment: 'live', createdBy: { app: true, subject: 'ann' } },
    })
    const id = String(made.body['id'])
    expect(await gate.verify(String(made.body['secret']))).toMatchObject({ allowed: true })
    expect((await gate.keys.get(id))?.createdBy).toEqual({ app: true, subject: 'ann' })
    expect(await call('ann', 'GET', '/')).toMatchObject({ body: { keys: [{ id }] } })
    expect(await call('ann', 'PATCH', `/${id}`, { name: 'Deploy' })).toMatchObject({ status: 200 })
    expect(await call('bob', 'GET', `/${id}`)).toMatchObject({ status: 404 })
    expect(await call('bob', 'DELETE', `/${id}`)).toMatchObject({ status: 404 })
    expect(await call('ann', 'POST', `/${id}/rotate`, {})).toMatchObject({
      ...{ status: 201, body: { createdBy: { app: true, subject: 'ann' } } },
    })
    expect(await call('ann', 'DELETE', `/${id}`)).toMatchObject({ status: 204 })
  })

  test('and with no more', async () => {
    const { gate, call } = await open()
    const key = { name: 'CI', ownerId: 'org_1', environment: 'live' }
    const root = await gate.keys.create({ ...key, scopes: ['root'] })
    const wide = await gate.keys.create(key)
    for (const [who, method, path, body, status, code] of [
      ['guest', 'POST', '/', { name: 'CI' }, 403, 'insufficient_scope'],
      ['guest', 'GET', '/', undefined, 403, 'insufficient_scope'],
      ['nobody', 'GET', '/', undefined, 401, 'missing_credentials'],
      ['ann', 'POST', '/', { name: 'CI', scopes: ['root'] }, 403, 'scope_not_grantable'],
      ['ann', 'POST', `/${root.id}/rotate`, {}, 403, 'scope_not_grantable'],
      ['ann', 'POST', '/', { name: 'CI', tenantIds: ['t'] }, 403, 'tenant_mismatch'],
      ['tester', 'GET', `/${wide.id}`, undefined, 404, 'not_found'],
      ['held', 'PATCH', `/${wide.id}`, { name: 'x' }, 403, 'resource_not_allowed'],
    ] as const) {
      const answer = await call(who, method, path, body)
      expect([who, path, answer.status, answer.body['code']]).toEqual([who, path, status, code])
    }
  })

  test('but from pages of their own only, and without repeating themselves', async () => {
    const { gate, call } = await open()
    const body = { name: 'CI' }
    for (const headers of [{}, { origin: 'https://evil.example' }]) {
      expect(await call('ann', 'POST', '/', body, headers)).toMatchObject({
        ...{ status: 403, body: { code: 'origin_not_allowed' } },
      })
    }
    const repeated = { ...own, 'idempotency-key': 'one' }
    const refused = await call('ann', 'POST', '/', body, repeated)
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
    expect(refused.body['detail']).toMatch('Idempotency-Key needs an API key or an access token')
    expect((await gate.keys.list()).items).toEqual([])
  })

  test('have no key of their own', async () => {
    const { call } = await open()
    const status = where.endsWith('before them') ? 404 : 401
    expect((await call('ann', 'GET', '/self')).status).toBe(status)
    expect((await call('ann', 'DELETE', '/self')).status).toBe(401)
  })

  test('are judged again once the body is here', async () => {
    const { gate, call } = await open()
    const key = { name: 'CI', ownerId: 'org_1', environment: 'live' }
    const { id } = await gate.keys.create(key)
    const again = { ...sessions['ann'] } as AppCaller<Scope>
    Object.defineProperty(sessions, 'ann', { get: () => (asked > 1 ? undefined : again) })
    expect(await call('ann', 'PATCH', `/${id}`, { name: 'late' })).toMatchObject({ status: 401 })
    expect((await gate.keys.get(id))?.name).toBe('CI')
  })

  test('are named in the audit log', async () => {
    const sink = keptSink()
    const { gate, call } = await open({ audit: { sink, key: SIGNING.key } })
    await call('ann', 'POST', '/', { name: 'CI' })
    await call('guest', 'POST', '/', { name: 'CI' })
    await call('ann', 'POST', '/', { name: 'CI' }, {})
    server?.closeAllConnections()
    await gate.close()
    const by = { app: true, subject: 'ann', ownerId: 'org_1', environment: 'live' }
    expect(sink.records('key').at(-1)).toMatchObject({ action: 'create', outcome: 'made', by })
    const [made, lacking, foreign] = sink.records('access')
    expect(made).toMatchObject({ ...by, outcome: 'allowed', status: 201, scopesGranted: ['admin'] })
    expect(lacking).toMatchObject({ app: true, ownerId: 'org_1', reason: 'insufficient_scope' })
    expect(lacking).not.toHaveProperty('subject')
    expect(foreign).toMatchObject({ ...by, reason: 'origin_not_allowed' })
  })
})
