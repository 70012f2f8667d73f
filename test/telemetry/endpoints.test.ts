import type { Server } from 'node:http'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, type AccessRecord, type DecisionMade } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import * as onExpress from 'sallyport/express'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { keptSink } from '../audit/gates.js'
import { SIGNING_KEY } from '../oauth/http/api.js'

const ALL = ['read:orders', 'manage:keys'] as const

const heard: DecisionMade[] = []
const hear = (message: unknown) => void heard.push(message as DecisionMade)

const sink = keptSink()
const access = createAccess({
  store: createMemoryAccessStore(),
  agreements: createMemoryAgreementStore(),
})
const gate = createGate({
  ...{
    environment: 'live',
    keys: { prefix: 'acme' },
    bruteForce: false,
    onError: () => undefined,
  },
  scopes: { 'read:orders': 1, 'manage:keys': 2, 'decide:access': 3 },
  audit: { sink },
  tokens: { issuer: 'https://api.example.com', signingKeys: [SIGNING_KEY] },
  access,
})
const managing = { scopes: ['manage:keys'] } as const
const app = express()
  .use('/token', onExpress.tokenEndpoint(gate))
  .use('/keys', onExpress.keyEndpoints(gate, managing))
  .use('/usage', onExpress.usageEndpoints(gate, managing))
  .use('/audit', onExpress.auditEndpoints(gate, managing))
  .use(
    '/access',
    onExpress.accessEndpoints(gate, { ...managing, approverScopes: ['decide:access'] }),
  )

let server: Server
let secret = ''
beforeAll(async () => {
  ;({ server } = await listen(app))
  const by = { id: 'ann', ownerId: 'org_1' }
  const asked = { useCase: 'Orders.', environments: ['live'], ownerId: 'org_1', by }
  const { id } = await access.request(asked)
  await access.approve(id, { by: { id: 'lee', ownerId: 'staff' } })
  ;({ secret } = await gate.keys.create({
    name: 'CI',
    ownerId: 'org_1',
    environment: 'live',
    scopes: [...ALL],
  }))
  subscribe('sallyport:decisions', hear)
})
afterAll(async () => {
  unsubscribe('sallyport:decisions', hear)
  server.close()
  await gate.close()
})
beforeEach(() => {
  heard.length = 0
})

const KEY = { name: 'B', environment: 'live', scopes: ['read:orders'] }
type Asked = readonly [string, 'get' | 'post' | 'delete', string, object | undefined, string]

test.each<Asked>([
  ['makes a key', 'post', '/keys', KEY, 'allowed'],
  ['lists keys', 'get', '/keys', undefined, 'allowed'],
  [
    'makes a key with a higher scope',
    'post',
    '/keys',
    { ...KEY, scopes: ['decide:access'] },
    'scope_not_grantable',
  ],
  ['sends what is no key', 'post', '/keys', { name: 7 }, 'invalid_input'],
  ['asks for a key of nobody', 'get', '/keys/key_0000000000000000', undefined, 'not_found'],
  ['ends a key of nobody', 'delete', '/keys/key_0000000000000000', undefined, 'not_found'],
  ['reads its usage', 'get', '/usage', undefined, 'allowed'],
  ['asks twice of its usage', 'get', '/usage?by=day&by=day', undefined, 'invalid_input'],
  ['posts to its usage', 'post', '/usage', {}, 'method_not_allowed'],
  ['asks for a page that the audit log has not', 'get', '/audit/x', undefined, 'not_found'],
  ['asks what access it has', 'get', '/access', undefined, 'allowed'],
  ['decides about access', 'post', '/access/requests/acc_1/approve', {}, 'insufficient_scope'],
  ['ends access that is not there', 'post', '/access/requests/acc_1/end', {}, 'not_found'],
  ['asks for a token', 'post', '/token', {}, 'allowed'],
  ['asks for a token as no program does', 'post', '/token', { scop: 'x' }, 'invalid_input'],
])('who %s is told as the audit log has it', async (_what, method, path, body, outcome) => {
  const before = sink.records('access').length
  const asked = request(server)[method](path).set('authorization', `Bearer ${secret}`)
  await (body === undefined ? asked : asked.send(body))
  await gate.audit.flush()
  const records = sink.records('access').slice(before) as AccessRecord[]
  expect(records.map(({ reason, ...record }) => reason ?? record.outcome)).toEqual([outcome])
  expect(
    heard.map(({ decision, auth, path: where }) => [
      decision.allowed ? 'allowed' : decision.reason,
      auth?.ownerId,
      where,
    ]),
  ).toEqual([[outcome, 'org_1', path.replace(/\?.*/, '')]])
})

test('a guard before an endpoint is a decision of its own', async () => {
  const guarded = express().use(onExpress.guard(gate), app)
  const { server: other } = await listen(guarded)
  const get = (path: string) => request(other).get(path).set('authorization', `Bearer ${secret}`)
  await get('/keys').expect(200)
  await get('/keys/key_0000000000000000').expect(404)
  other.close()
  expect(heard.map(({ decision }) => (decision.allowed ? 'allowed' : decision.reason))).toEqual([
    ...['allowed', 'allowed'],
    ...['allowed', 'not_found'],
  ])
})
