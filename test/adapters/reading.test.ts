/** The body of an answer, as JSON has it. */
const bodyOf = ({ body }: { readonly body: unknown }): unknown => body

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import { createGate, type AuditOptions, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'
import * as onKoa from 'sallyport/koa'
import request from 'supertest'
import { listen } from './servers.js'

type Scope = 'read:orders' | 'read:usage' | 'read:audit'
const ORDERS = { scopes: ['read:orders'] } as const
const USAGE = { scopes: ['read:usage'] } as const
const AUDIT = { scopes: ['read:audit'] } as const

const FRAMEWORKS = {
  Express: (gate: Gate<Scope>) =>
    express()
      .use('/usage', onExpress.usageEndpoints(gate, USAGE))
      .use('/audit', onExpress.auditEndpoints(gate, AUDIT))
      .use('/orders', onExpress.guard(gate, ORDERS), (_req, res) => {
        res.end('orders')
      }),
  Koa: (gate: Gate<Scope>) =>
    new Koa()
      .use(mount('/usage', onKoa.usageEndpoints(gate, USAGE)))
      .use(mount('/audit', onKoa.auditEndpoints(gate, AUDIT)))
      .use(onKoa.guard(gate, ORDERS))
      .use((ctx) => {
        ctx.body = 'orders'
      })
      .callback(),
}

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0)) await close()
})

describe.each(Object.entries(FRAMEWORKS))('on %s', (_name, appOf) => {
  /** An API with an audit log in files, and a key of each kind. */
  async function open(audit: Partial<AuditOptions> = {}, clock = Date.now) {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-reading-'))
    const gate = createGate({
      environment: ['live', 'sandbox'],
      keys: { prefix: 'acme' },
      scopes: ['read:orders', 'read:usage', 'read:audit'],
      audit: { sink: createAuditFiles(directory), ...audit },
      onError: () => undefined,
      clock,
    })
    const { server } = await listen(appOf(gate))
    opened.push(async () => {
      server.close()
      await gate.close()
    })
    const key = async (ownerId: string, scopes: readonly Scope[], environment = 'live') =>
      gate.keys.create({ name: 'A', ownerId, scopes: [...scopes], environment })
    const get = (path: string, secret: string) =>
      request(server).get(path).set('authorization', `Bearer ${secret}`)
    return { gate, key, get }
  }

  test('the usage of an owner is what it has sent, as JSON and for a spreadsheet; others see nothing of it', async () => {
    const { key, get } = await open()
    const all = await key('org_1', ['read:orders', 'read:usage'])
    const narrow = await key('org_1', ['read:orders'], 'sandbox')
    const other = await key('org_2', ['read:usage'])
    for (let time = 0; time < 3; time++) await get('/orders', all.secret).expect(200)
    await get('/orders', narrow.secret).expect(200)
    await get('/usage', narrow.secret).expect(403)
    await get('/orders', other.secret).expect(403)
    const body = bodyOf(await get('/usage', all.secret).expect(200))
    expect(body).toMatchObject({
      ownerId: 'org_1',
      totals: [
        // The one that asks has been let in as well.
        { environment: 'live', total: 4, outcomes: { allowed: 4, forbidden: 0 } },
        { environment: 'sandbox', total: 2, outcomes: { allowed: 1, forbidden: 1 } },
      ],
    })
    const csv = await get('/usage?by=key&environment=live&format=csv', all.secret).expect(200)
    expect(csv.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' })
    expect(csv.headers['content-disposition']).toMatch(/^attachment; filename="usage-[\d-]+\.csv"$/)
    expect(csv.text.split('\r\n')).toEqual([
      'day,key,environment,total,allowed,unauthenticated,forbidden,limited,invalid,unavailable,unclassified',
      `,${all.id},live,5,5,0,0,0,0,0,0`,
      '',
    ])
    const theirs = bodyOf(await get('/usage', other.secret).expect(200))
    expect(theirs).toMatchObject({ ownerId: 'org_2', totals: [{ total: 2 }] })
    for (const wrong of ['from=yesterday', 'owner=org_2', 'by=key&by=day', 'from=2020-01-01']) {
      await get(`/usage?${wrong}`, all.secret).expect(400)
    }
    await get('/usage/more', all.secret).expect(404)
  })

  test('a day that the calendar does not have is none of the month after it', async () => {
    const { key, get } = await open({}, () => Date.parse('2030-03-10T12:00:00Z'))
    const { secret } = await key('org_1', ['read:usage', 'read:audit'])
    const paths = [
      '/usage?from=',
      '/audit?from=',
      '/audit?to=',
      '/audit/export?from=',
      '/audit/summary?to=',
    ]
    for (const path of paths) {
      await get(`${path}2030-02-28`, secret).expect(200)
      await get(`${path}2030-02-30`, secret).expect(400)
    }
    await get('/audit?from=2030-02-28T12:00:00Z', secret).expect(200)
    await get('/audit?from=2030-02-30T12:00:00Z', secret).expect(400)
  })

  test('a sandbox key sees the usage of its own environment', async () => {
    const { key, get } = await open()
    const live = await key('org_1', ['read:usage'])
    const sandbox = await key('org_1', ['read:usage'], 'sandbox')
    await get('/usage', live.secret).expect(200)
    const body = bodyOf(await get('/usage', sandbox.secret).expect(200))
    expect(body).toMatchObject({ totals: [{ environment: 'sandbox', total: 1 }] })
    await get('/usage?environment=live', sandbox.secret).expect(400)
  })

  test('an owner reads its own records, and each reading is one, also where audit.when leaves it out', async () => {
    const { gate, key, get } = await open({ when: ['sandbox'] })
    const mine = await key('org_1', ['read:audit', 'read:orders'])
    const tried = await key('org_1', ['read:orders'], 'sandbox')
    const theirs = await key('org_2', ['read:orders'], 'sandbox')
    for (const { secret } of [mine, tried, theirs]) await get('/orders', secret).expect(200)
    await get('/audit', tried.secret).expect(403)
    const body = bodyOf(await get('/audit?kind=access', mine.secret).expect(200))
    const { records } = body as { records: { ownerId: string; path: string; keyId: string }[] }
    expect(new Set(records.map(({ ownerId }) => ownerId))).toEqual(new Set(['org_1']))
    expect(records.map(({ path }) => path).sort()).toEqual(['/audit', '/audit', '/orders'])
    const { items } = await gate.audit.query({ phi: { resource: 'AuditEvent' } })
    expect(items).toMatchObject([
      { ownerId: 'org_1', keyId: mine.id, path: '/audit', phi: { action: 'read' } },
    ])
    const lines = (await get('/audit/export?outcome=denied', mine.secret).expect(200)).text
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([{ outcome: 'denied', keyId: tried.id, reason: 'insufficient_scope' }])
    const summary = await get('/audit/summary', mine.secret).expect(200)
    expect(summary.body).toMatchObject({
      phi: { AuditEvent: 3 },
      callers: { [tried.id]: 2, [mine.id]: 3 },
      ...{ addresses: 1, changes: 2, isComplete: true },
      verification: { proven: 0 },
    })
    const page = await get('/audit?limit=2', mine.secret).expect(200)
    const { cursor = '' } = page.body as { cursor?: string }
    await get(`/audit?limit=2&cursor=${encodeURIComponent(cursor)}`, mine.secret).expect(200)
    for (const wrong of ['ownerId=org_2', 'kind=all', 'limit=0', 'limit=2&limit=3', 'proven=1']) {
      await get(`/audit?${wrong}`, mine.secret).expect(400)
    }
  })

  test('a caller that acts for some tenants reads nothing of others, over HTTP and as a person', async () => {
    const { gate, key, get } = await open()
    const all = await key('org_1', ['read:audit'])
    const { secret } = await gate.keys.create({
      ...{ name: 'A', ownerId: 'org_1', environment: 'live', tenantIds: ['clinic_1', 'clinic_2'] },
      scopes: ['read:orders'],
    })
    const held = await gate.keys.create({
      ...{ name: 'A', ownerId: 'org_1', environment: 'live', tenantIds: ['clinic_1'] },
      scopes: ['read:audit'],
    })
    for (const tenant of ['clinic_1', 'clinic_2']) {
      const path = `/orders/${tenant}`
      const rawHeaders = ['Host', 'a.example', 'Authorization', `Bearer ${secret}`]
      const asked = {
        method: 'GET',
        url: path,
        rawHeaders,
        peer: { address: '127.0.0.1', encrypted: true },
      }
      const decision = await gate.check(asked, { ...ORDERS, tenant: () => tenant })
      if (!decision.allowed) throw new Error(decision.reason)
      decision.end()
    }
    const tenantsIn = (body: unknown) => {
      const { records } = body as { records: { tenantId?: string }[] }
      return records.flatMap(({ tenantId }) => tenantId ?? []).sort()
    }
    const clinics = ['clinic_1', 'clinic_2']
    expect(tenantsIn(bodyOf(await get('/audit', all.secret).expect(200)))).toEqual(clinics)
    expect(tenantsIn(bodyOf(await get('/audit', held.secret).expect(200)))).toEqual(['clinic_1'])
    for (const path of ['/audit?tenantId=clinic_2', '/audit/export', '/audit/summary']) {
      expect((await get(path, held.secret).expect(200)).text).not.toContain('"clinic_2"')
    }
    const person = { subject: 'user_1', ownerId: 'org_1', scopes: ['read:audit'] as const }
    const seenBy = async (more: { readonly tenantIds?: readonly string[] }) => {
      const { items } = await gate.as({ ...person, ...more }).audit.query({ kind: 'access' })
      return tenantsIn({ records: items })
    }
    expect(await seenBy({})).toEqual(clinics)
    expect(await seenBy({ tenantIds: [] })).toEqual([])
    expect(await seenBy({ tenantIds: ['clinic_2'] })).toEqual(['clinic_2'])
  })

  test('of an operator who looks at the log of an organization, its callers learn that it was one', async () => {
    const { gate, key, get } = await open()
    const { secret } = await key('org_1', ['read:audit'])
    const lee = {
      subject: 'lee.hodgson',
      name: 'Lee Hodgson',
      ownerId: 'org_1',
      address: '192.0.2.9',
    }
    await gate.as(lee).audit.note({ path: '/admin', filter: {} })
    const recordsAt = async (path: string) => {
      const answer = await get(path, secret).expect(200)
      const { records } = bodyOf(answer) as { records: { operator?: true }[] }
      return { text: answer.text, records }
    }
    const { text, records } = await recordsAt('/audit')
    expect(records).toContainEqual(expect.objectContaining({ operator: true, path: '/admin' }))
    expect(text).not.toMatch(/hodgson|192\.0\.2\.9/i)
    expect((await recordsAt('/audit?subject=lee.hodgson')).records).toEqual([])
  })

  test('a summary up to now has what happened in this millisecond', async () => {
    const now = Date.now()
    const { key, get } = await open({}, () => now)
    const { id, secret } = await key('org_1', ['read:audit'])
    await get('/audit', secret).expect(200)
    const summary = await get('/audit/summary', secret).expect(200)
    expect(summary.body).toMatchObject({ callers: { [id]: 2 }, changes: 1 })
  })

  test('a reading that cannot be recorded is not made', async () => {
    const state = { failing: false }
    const files = createAuditFiles(mkdtempSync(join(tmpdir(), 'sallyport-reading-')))
    const write: typeof files.write = (entries) => {
      if (state.failing) throw new Error('no space left on device')
      return files.write(entries)
    }
    const { key, get } = await open({ sink: { ...files, write } })
    const { secret } = await key('org_1', ['read:audit'])
    await get('/audit', secret).expect(200)
    state.failing = true
    await get('/audit', secret).expect(503)
    state.failing = false
  })
})

test('who may read must be said, and there must be something to read', () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['a'] })
  for (const scopes of [[], undefined]) {
    expect(() => onExpress.usageEndpoints(gate, { scopes } as never)).toThrow("'scopes'")
    expect(() => onKoa.auditEndpoints(gate, { scopes } as never)).toThrow(/scopes|trail/)
  }
  expect(() => onExpress.auditEndpoints(gate, { scopes: ['a'] })).toThrow('audit trail')
  expect(() => onKoa.auditEndpoints(gate, { scopes: ['a'] })).toThrow('audit trail')
})
