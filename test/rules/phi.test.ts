import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import {
  createGate,
  type AuditRecord,
  type Gate,
  type GateOptions,
  type PolicyContext,
} from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from '../adapters/servers.js'
import { keptSink, PATIENT } from '../audit/gates.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Scope = 'read'
const seen: string[] = []
const policy = ({ auth, phi }: PolicyContext) => {
  seen.push(`${auth.environment} ${phi}`)
  return true
}
const PHI = { phi: PATIENT, scopes: ['read'], policies: [policy] } as const
const PLAIN = { scopes: ['read'] } as const
const TOLD = { resource: 'Observation', action: 'search' } as const

const APPS: Readonly<Record<string, (gate: Gate<Scope>) => Parameters<typeof listen>[0]>> = {
  Express(gate) {
    const app = express()
    app.get('/patient', onExpress.guard(gate, PHI), (req, res) => {
      void onExpress.auditOf(req).phi(TOLD)
      res.end('a patient')
    })
    app.get('/plain', onExpress.guard(gate, PLAIN), (_req, res) => void res.end('plain'))
    return app
  },
  Koa(gate) {
    const app = new Koa()
    const [patient, plain] = [onKoa.guard(gate, PHI), onKoa.guard(gate, PLAIN)]
    app.use((ctx) => {
      if (ctx.path === '/plain') return plain(ctx, () => Promise.resolve(void (ctx.body = 'plain')))
      return patient(ctx, async () => {
        await onKoa.auditOf(ctx).phi(TOLD)
        ctx.body = 'a patient'
      })
    })
    return app.callback()
  },
}

async function openSite(framework: string, options: Partial<GateOptions<Scope>>) {
  seen.length = 0
  const gate = createGate<Scope>({
    environment: ['live', 'sandbox', 'ci'],
    keys: { prefix: 'acme' },
    scopes: ['read'],
    onError: () => undefined,
    ...options,
  })
  const app = APPS[framework]?.(gate)
  const { server, port } = await listen(app)
  servers.push(server)
  const get = async (environment: string, path: string, scopes: Scope[] = ['read']) => {
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment, scopes })
    const headers = { authorization: `Bearer ${secret}` }
    const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers })
    return [response.status, await response.text()] as const
  }
  return { gate, get }
}

const HANDLED = { live: 'allowed', sandbox: 'synthetic', ci: 'refused' } as const

describe.each(Object.keys(APPS))('health information by environment, on %s', (framework) => {
  test('allowed and synthetic are let in, and told apart in the record; refused is 403', async () => {
    const sink = keptSink()
    const { gate, get } = await openSite(framework, { phi: HANDLED, audit: { sink } })
    expect(await get('live', '/patient')).toEqual([200, 'a patient'])
    expect(await get('sandbox', '/patient')).toEqual([200, 'a patient'])
    const [status, body] = await get('ci', '/patient')
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([403, 'phi_not_allowed'])
    expect(await get('ci', '/plain')).toEqual([200, 'plain'])
    expect(await get('sandbox', '/plain')).toEqual([200, 'plain'])
    expect(seen).toEqual(['live allowed', 'sandbox synthetic'])
    await gate.audit.flush()
    const last = new Map(
      sink.records('access').map((record) => [(record as { id: string }).id, record]),
    )
    const kept = [...last.values()] as Extract<AuditRecord, { kind: 'access' }>[]
    const of = (path: string, environment: string) =>
      kept.find((record) => record.path === path && record.environment === environment)
    expect(of('/patient', 'live')).toMatchObject({ phi: PATIENT, furtherPhi: [TOLD] })
    expect(of('/patient', 'live')).not.toHaveProperty('synthetic')
    expect(of('/patient', 'sandbox')).toMatchObject({ phi: PATIENT, synthetic: true })
    expect(of('/patient', 'ci')).toMatchObject({ outcome: 'denied', reason: 'phi_not_allowed' })
    expect(of('/plain', 'sandbox')).not.toHaveProperty('synthetic')
    await gate.close()
  })

  test('without an audit trail, a route of health information starts where none is real', async () => {
    const { get } = await openSite(framework, {
      environment: ['sandbox', 'ci'],
      phi: { sandbox: 'synthetic', ci: 'refused' },
    })
    expect(await get('sandbox', '/patient')).toEqual([200, 'a patient'])
    expect((await get('ci', '/patient'))[0]).toBe(403)
  })

  test('a caller without the scope is told of the scope first', async () => {
    const { get } = await openSite(framework, { phi: HANDLED, audit: { sink: keptSink() } })
    const [status, body] = await get('ci', '/patient', [])
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([
      403,
      'insufficient_scope',
    ])
  })
})

test('an environment without any is closed to such a route alone, whatever else another asks for', async () => {
  const { gate } = await openSite('Express', { phi: HANDLED, audit: { sink: keptSink() } })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'ci' })
  const ask = async (requirement: Parameters<typeof gate.check>[1]) => {
    const decision = await gate.check(
      {
        ...{ method: 'GET', url: '/', rawHeaders: ['x-api-key', secret] },
        peer: { address: '203.0.113.9', encrypted: true },
      },
      requirement,
    )
    return decision.allowed ? 'allowed' : decision.reason
  }
  const policies = [() => true]
  expect(await ask({ policies })).toBe('allowed')
  expect(await ask({ policies, phi: PATIENT })).toBe('phi_not_allowed')
  expect(await ask({})).toBe('allowed')
  expect(await ask({ phi: PATIENT })).toBe('phi_not_allowed')
  await gate.close()
})

test.each([
  [undefined],
  [{ sandbox: 'synthetic' }],
  [{ live: 'allowed', sandbox: 'synthetic', ci: 'refused' }],
])('control: without an audit trail and with %j, it does not start', (phi) => {
  const gate = createGate({
    ...{ environment: ['live', 'sandbox', 'ci'], keys: { prefix: 'acme' }, scopes: [] },
    ...(phi && { phi: phi as GateOptions['phi'] & object }),
  })
  expect(() => gate.requirement({ phi: PATIENT })).toThrow("'phi' needs an audit trail")
})

test('synthetic information waits for no sink, as real does', async () => {
  const sink = { write: () => Promise.reject(new Error('away')) }
  const { get } = await openSite('Express', { phi: HANDLED, audit: { sink } })
  expect((await get('sandbox', '/patient'))[0]).toBe(200)
  expect((await get('live', '/patient'))[0]).toBe(503)
})

test.each([
  [{ staging: 'refused' }, "'phi' has 'staging', which is not in 'environment'"],
  [{ live: 'fake' }, "'phi.live' must be 'allowed', 'synthetic' or 'refused'"],
])('%j is refused at start-up', (phi, message) => {
  const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: [], phi }
  expect(() => createGate(options as never)).toThrow(message)
})
