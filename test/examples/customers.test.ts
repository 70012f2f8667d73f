import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import { createMemoryKeyStore, type GateEvent } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import * as healthcloudOnExpress from '../../examples/healthcloud/express.js'
import { createHealthcloudGate } from '../../examples/healthcloud/gate.js'
import * as healthcloudOnKoa from '../../examples/healthcloud/koa.js'
import * as healthsyncOnExpress from '../../examples/healthsync/express.js'
import { createHealthsyncAccess, createHealthsyncGate } from '../../examples/healthsync/gate.js'
import * as healthsyncOnKoa from '../../examples/healthsync/koa.js'
import * as nimbusOnExpress from '../../examples/nimbus/express.js'
import { createNimbusGate, createNimbusPartners } from '../../examples/nimbus/gate.js'
import * as nimbusOnKoa from '../../examples/nimbus/koa.js'
import * as novamedOnExpress from '../../examples/novamed/express.js'
import { createNovamedGate, createNovamedPartners } from '../../examples/novamed/gate.js'
import * as novamedOnKoa from '../../examples/novamed/koa.js'
import { admitPartner } from '../../examples/partners.js'
import * as referenceOnExpress from '../../examples/reference/express.js'
import { createReferenceGate } from '../../examples/reference/gate.js'
import * as referenceOnKoa from '../../examples/reference/koa.js'
import { accessInMemory } from '../../examples/stores.js'
import { listen } from '../adapters/servers.js'
import { startExample } from '../contracts/server.js'
import { programOf } from '../program.js'

// What the documents tell customers to do with their keys, and what they are promised to see.
jest.setTimeout(60_000)

const FRAMEWORKS = ['Express', 'Koa'] as const
type Framework = (typeof FRAMEWORKS)[number]
const trail = mkdtempSync(join(tmpdir(), 'sallyport-customers-'))
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => {
  rmSync(trail, { recursive: true })
})

type Send = (
  method: string,
  path: string,
  more?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: object },
) => Promise<{ readonly status: number; readonly body: Record<string, unknown> }>

async function serve(gate: { close(): Promise<void> }, app: RequestListener): Promise<Send> {
  const { server, port } = await listen(app)
  closing.push(
    () => gate.close(),
    () => server.close(),
  )
  return async (method, path, { headers = {}, body } = {}) => {
    const type = { 'content-type': 'application/json', accept: 'application/json' }
    const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.9' }
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
      ...{ method, headers: { ...type, ...proxied, ...headers } },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: JSON.parse(text || '{}') as Record<string, unknown> }
  }
}

const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })

/** A clock that stands, and what the gate has told. */
function watch() {
  const told: GateEvent[] = []
  const time = createTestClock()
  return {
    time,
    told,
    place: { clock: time.clock, notify: (event: GateEvent) => told.push(event) },
  }
}

describe.each(FRAMEWORKS)('on %s', (framework) => {
  const pick = <E, K>(express: E, koa: K, name: Framework = framework) =>
    name === 'Express' ? express : koa

  test('healthcloud: a customer that wants it is reminded when a key is 76, 83 and 90 days old', async () => {
    const { time, told, place } = watch()
    const gate = createHealthcloudGate(place)
    const app = pick(
      () => healthcloudOnExpress.createExpressApp(gate) as RequestListener,
      () => healthcloudOnKoa.createKoaApp(gate).callback() as RequestListener,
    )()
    const send = await serve(gate, app)
    const admin = await gate.keys.create({
      ...{ name: 'Console', ownerId: 'org_1', environment: 'live' },
      scopes: ['admin:org', 'read:patients'],
    })
    const body = { name: 'Server', environment: 'live', scopes: ['read:patients'] }
    const { id } = (await send('POST', '/v1/keys', { ...bearer(admin.secret), body })).body
    const due = async () => {
      await gate.events.run()
      const found = told
        .splice(0)
        .filter(({ type, data }) => type === 'key.due' && data['id'] === id)
      return found.map(({ data }) => data['daysBefore'])
    }
    expect(await due()).toEqual([])
    await gate.events.chooseReminders('org_1', [14, 7, 0])
    const seen: unknown[] = []
    for (const days of ['75d', '1d', '7d', '7d', '7d'] as const) {
      time.advance(days)
      seen.push(await due())
    }
    expect(seen).toEqual([[], [14], [7], [0], []])
    const listed = await send('GET', '/v1/keys/due', bearer(admin.secret))
    expect(listed.body['keys']).toContainEqual(expect.objectContaining({ id }))
  })

  test('healthcloud: a customer looks at its own audit log and usage, and the look is in the log', async () => {
    const sink = createAuditFiles(mkdtempSync(join(trail, 'healthcloud-')))
    const gate = createHealthcloudGate({ audit: { sink } })
    const app = pick(
      () => healthcloudOnExpress.createExpressApp(gate) as RequestListener,
      () => healthcloudOnKoa.createKoaApp(gate).callback() as RequestListener,
    )()
    const send = await serve(gate, app)
    const [own = '', other = ''] = await Promise.all(
      ['org_1', 'org_2'].map(async (ownerId) => {
        const key = { name: 'Console', ownerId, environment: 'live' } as const
        return (await gate.keys.create({ ...key, scopes: ['admin:org', 'read:patients'] })).secret
      }),
    )
    for (const secret of [own, other]) await send('GET', '/v1/patients/pat_1', bearer(secret))
    await gate.audit.flush()
    const look = () => send('GET', '/v1/audit?kind=access', bearer(own))
    const { body } = await look()
    expect(body['records']).toContainEqual(
      expect.objectContaining({
        ...{ ownerId: 'org_1', path: '/v1/patients/pat_1' },
        phi: { resource: 'Patient', action: 'read', ids: ['pat_1'] },
      }),
    )
    expect(JSON.stringify(body)).not.toContain('org_2')
    await gate.audit.flush()
    expect((await look()).body['records']).toContainEqual(
      expect.objectContaining({
        path: '/v1/audit',
        phi: { resource: 'AuditEvent', action: 'read' },
      }),
    )
    const week = await send('GET', '/v1/audit/summary', bearer(own))
    expect(week.body['phi']).toMatchObject({ Patient: 1 })
    const usage = await send('GET', '/v1/usage', bearer(own))
    expect(usage.body).toMatchObject({ ownerId: 'org_1', totals: [{ environment: 'live' }] })
  })

  test('nimbus and novamed: usage is told apart by environment, and equals what was sent', async () => {
    const access = createNimbusPartners()
    const nimbus = createNimbusGate({}, access)
    await admitPartner(access, 'partner_1', ['production', 'sandbox'])
    const send = await serve(
      nimbus,
      pick(
        () => nimbusOnExpress.createExpressApp(nimbus) as RequestListener,
        () => nimbusOnKoa.createKoaApp(nimbus).callback() as RequestListener,
      )(),
    )
    const key = { name: 'CI', ownerId: 'partner_1' } as const
    const scopes = ['keys:manage', 'orders:read'] as const
    const secretIn = async (environment: string) =>
      (await nimbus.keys.create({ ...key, environment, scopes })).secret
    const [production, sandbox] = [await secretIn('production'), await secretIn('sandbox')]
    const live = {
      headers: { 'x-api-key': production, 'x-forwarded-host': 'api.nimbus-os.com' },
    }
    for (let sent = 0; sent < 3; sent++) await send('GET', '/orders', live)
    await send('GET', '/catalog', live)
    for (let sent = 0; sent < 2; sent++) {
      await send('GET', '/orders', { headers: { 'x-api-key': sandbox } })
    }
    const { body } = await send('GET', '/developer/usage', live)
    const totals = body['totals'] as { environment: string; outcomes: object }[]
    const of = (name: string) => totals.find(({ environment }) => environment === name)?.outcomes
    expect(of('production')).toMatchObject({ allowed: 4, forbidden: 1 })
    expect(of('sandbox')).toMatchObject({ allowed: 2, forbidden: 0 })

    const partners = createNovamedPartners()
    const novamed = createNovamedGate({}, partners)
    await admitPartner(partners, 'partner_a', ['production', 'development'])
    const ask = await serve(
      novamed.gate,
      pick(
        () => novamedOnExpress.createExpressApp(novamed) as RequestListener,
        () => novamedOnKoa.createKoaApp(novamed).callback() as RequestListener,
      )(),
    )
    const clinic = await novamed.gate.keys.create({
      ...{ name: 'Clinic', ownerId: 'partner_a', environment: 'production' },
      ...{ tenantIds: ['clinic_1'], scopes: ['usage:read'] },
    })
    const headers = { 'x-api-key': clinic.secret }
    await ask('GET', '/api/external/practitioner', { headers })
    const usage = await ask('GET', '/api/external/usage', { headers })
    expect(usage.body).toMatchObject({
      totals: [{ environment: 'production', outcomes: { allowed: 2 } }],
    })
  })

  test('reference: 50 denials within a minute are told as unusual', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined)
    closing.push(() => {
      logged.mockRestore()
    })
    const { told, place } = watch()
    const gate = createReferenceGate(place)
    const app = pick(
      () => referenceOnExpress.createExpressApp(gate) as RequestListener,
      () => referenceOnKoa.createKoaApp(gate).callback() as RequestListener,
    )()
    const send = await serve(gate, app)
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', plan: 'pro', scopes: ['write'] },
    })
    const statuses: number[] = []
    for (let sent = 0; sent < 50; sent++) {
      statuses.push((await send('GET', '/v1/users', bearer(secret))).status)
    }
    expect(new Set(statuses)).toEqual(new Set([403]))
    await gate.events.run()
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'audit.unusual',
        data: expect.objectContaining({
          ...{ what: 'denied_burst', denied: 50, reason: 'insufficient_scope', ownerId: 'org_1' },
        }) as unknown,
      }),
    )
  })

  test('healthsync: access is asked for, and keys can be made once it is approved', async () => {
    const { time, told, place } = watch()
    const plans: Readonly<Record<string, string>> = { org_1: 'premium', org_2: 'plus' }
    const keys = createMemoryKeyStore()
    const planOf = (ownerId: string) => plans[ownerId] ?? 'free'
    const access = createHealthsyncAccess(planOf, accessInMemory(keys.outbox))
    const gate = createHealthsyncGate({ ...place, keys }, { access })
    await gate.events.run()
    const send = await serve(
      gate,
      pick(
        () => healthsyncOnExpress.createExpressApp(gate) as RequestListener,
        () => healthsyncOnKoa.createKoaApp(gate).callback() as RequestListener,
      )(),
    )
    const ann = gate.as({
      ...{ subject: 'ann', ownerId: 'org_1', scopes: ['records:read', 'keys:manage'] },
      environments: ['live', 'sandbox'],
    })
    const wanted = { name: 'Server', ownerId: 'org_1', scopes: ['records:read'] } as const
    const create = () => ann.keys.create({ ...wanted, environment: 'live' })
    await expect(create()).rejects.toThrow(/access/i)
    const by = { id: 'ann', ownerId: 'org_1' }
    const asked = {
      ...{ by, environments: ['live'], useCase: 'Shows records to patients.' },
      accept: [{ id: 'api-terms', version: '2026-01' }],
    }
    await expect(access.request({ ...asked, ownerId: 'org_1', accept: [] })).rejects.toThrow(
      /terms/i,
    )
    await expect(
      access.request({ ...asked, by: { id: 'pete', ownerId: 'org_2' }, ownerId: 'org_2' }),
    ).rejects.toThrow('API access is part of the plans Premium and Enterprise.')
    const request = await access.request({ ...asked, ownerId: 'org_1' })
    // 1 January 2030 is a Tuesday.
    expect(request.dueAt.toISOString()).toBe('2030-01-03T00:00:00.000Z')
    await expect(create()).rejects.toThrow(/access/i)
    const staff = { id: 'sam', ownerId: 'healthsync' }
    await access.deny(request.id, { by: staff, reason: 'Tell us more.' })
    expect((await access.get(request.id))?.steps.at(-1)?.reason).toBe('Tell us more.')
    const again = await access.request({ ...asked, ownerId: 'org_1' })
    await access.approve(again.id, { by: staff, plan: 'premium' })
    time.advance('1s')
    const { secret } = await create()
    expect((await send('GET', '/v1/records', bearer(secret))).status).toBe(200)
    await gate.events.run()
    const stepsOf = (id: string) =>
      told.filter(({ data }) => data['id'] === id).map(({ type }) => type)
    expect(stepsOf(request.id)).toEqual(['access.requested', 'access.denied'])
    expect(stepsOf(again.id)).toEqual(['access.requested', 'access.approved'])
  })
})

test('healthcloud: the nine scopes of the documentation have a title and one of three levels', async () => {
  const gate = createHealthcloudGate()
  const { scopes, levels } = gate.describe()
  const titles = new Map(levels.map(({ name, title }) => [name, title]))
  const table = scopes.map(({ name, level }) => [name, titles.get(String(level))])
  const standard = ['read:patients', 'write:patients', 'read:observations', 'write:observations']
  expect(table).toEqual([
    ...[...standard, 'exec:agents', 'exec:workflows'].map((name) => [name, 'Standard']),
    ...['admin:org', 'admin:billing'].map((name) => [name, 'Admin']),
    ['publish:assets', 'Publisher'],
  ])
  expect(scopes.every(({ title }) => String(title).length > 10)).toBe(true)
  await gate.close()
})

test('healthsync: a program of the customer gets a token with its private key alone, and events are written to a file', async () => {
  const events = join(trail, 'events.jsonl')
  const places = ['--database', ':memory:', '--no-audit', '--events', events]
  const example = await startExample('healthsync', 'koa', {}, ...places)
  try {
    const program = programOf(resolve(import.meta.dirname, '../../examples/healthsync/import.ts'))
    const { stdout } = await promisify(execFile)(process.execPath, [program, example.url])
    expect(JSON.parse(stdout)).toMatchObject({ records: expect.any(Array) as unknown })
    const created = await fetch(`${example.url}/v1/keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${String(example.credentials['developer'])}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'CI', environment: 'live', scopes: ['records:read'] }),
    })
    const { id } = (await created.json()) as { id: string }
    expect(created.status).toBe(201)
    expect(await lineWith(events, id)).toMatchObject({ type: 'key.created', data: { id } })
  } finally {
    await example.stop()
  }
})

/** The line of a file that has this text, once it is there. */
async function lineWith(file: string, text: string): Promise<unknown> {
  for (;;) {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    const line = lines.slice(0, -1).find((each) => each.includes(text))
    if (line !== undefined) return JSON.parse(line)
    await pause(50)
  }
}
