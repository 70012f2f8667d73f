import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express, { type Request } from 'express'
import Koa, { type Context } from 'koa'
import { createGate, gateRequestOf, type Gate, type Policy } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { keptSink } from './gates.js'

type Scope = 'read:orders' | 'write:orders'

interface Asked {
  readonly scopes: readonly Scope[]
  readonly policies?: readonly Policy[]
}

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const byHeader = (headers: Readonly<Record<string, unknown>>) => headers['x-clinic']
const FRAMEWORKS = {
  Express: (gate: Gate<Scope>, asked: Asked) =>
    express().use(
      onExpress.guard(gate, { ...asked, tenant: (req: Request) => byHeader(req.headers) }),
      (_req, res) => void res.end('orders'),
    ),
  Koa: (gate: Gate<Scope>, asked: Asked) =>
    new Koa()
      .use(onKoa.guard(gate, { ...asked, tenant: (ctx: Context) => byHeader(ctx.headers) }))
      .use((ctx) => {
        ctx.body = 'orders'
      })
      .callback(),
}

describe.each(Object.entries(FRAMEWORKS))('on %s', (_name, appOf) => {
  async function open(asked: Asked) {
    const sink = keptSink()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink } },
      scopes: ['read:orders', 'write:orders'],
      onError: () => undefined,
    })
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', tenantIds: ['clinic_1'], scopes: ['read:orders'] },
    })
    const { server } = await listen(appOf(gate, asked))
    closing.push(() => server.close())
    const get = (clinic: string | undefined) => {
      const call = request(server).get('/orders').auth(secret, { type: 'bearer' })
      return clinic === undefined ? call : call.set('x-clinic', clinic)
    }
    const told = async () => {
      await gate.close()
      const records = sink.records('access') as readonly {
        reason?: string
        tenantId?: string
        count?: number
      }[]
      return records
        .map(
          ({ reason, tenantId, count = 1 }) =>
            `${String(reason)} ${String(tenantId)} ${String(count)}`,
        )
        .sort()
    }
    return { secret, get, told }
  }

  test('a denial has the tenant that it was found to be for', async () => {
    const policy = { policies: [() => false] }
    const { get, told } = await open({ scopes: ['read:orders'], ...policy })
    await get('clinic_1').expect(403)
    expect(await told()).toEqual(['policy_denied clinic_1 1'])
  })

  test('a denial has the tenant that was named, whichever rule refuses; each of them has its own', async () => {
    const { get, told } = await open({ scopes: ['write:orders'] })
    for (const clinic of ['clinic_1', 'clinic_1', 'clinic_1', 'clinic_2', undefined]) {
      await get(clinic).expect(403)
    }
    expect(await told()).toEqual([
      'insufficient_scope clinic_1 1',
      'insufficient_scope clinic_1 2',
      'insufficient_scope clinic_2 1',
      'insufficient_scope undefined 1',
    ])
  })

  test('what was presented as the name of a tenant is in no record', async () => {
    const { secret, get, told } = await open({ scopes: ['write:orders'] })
    await get(secret).expect(403)
    const [denial] = await told()
    expect(denial).toMatch(/^insufficient_scope \[secret\] \[sha256 [\w-]{43}\] 1$/)
  })

  test('denials of long names are told apart by what is recorded of them', async () => {
    const { get, told } = await open({ scopes: ['write:orders'] })
    for (const end of ['1', '2', '3']) await get('c'.repeat(4_000) + end).expect(403)
    const denials = await told()
    expect(new Set(denials).size).toBe(3)
    for (const denial of denials) {
      expect(denial).toMatch(/^insufficient_scope c{192} \[sha256 [\w-]{43}\] 1$/)
    }
  })

  test('a denial of another tenant has that', async () => {
    const { get, told } = await open({ scopes: ['read:orders'] })
    await get('clinic_2').expect(403)
    await get('clinic_1').expect(200)
    expect(await told()).toEqual(['tenant_mismatch clinic_2 1', 'undefined clinic_1 1'])
  })
})

describe('what a function of the app answers', () => {
  async function denied(scopes: readonly Scope[], tenant: () => unknown) {
    const sink = keptSink()
    const failures: string[] = []
    const gate = createGate<Scope>({
      ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink } },
      scopes: ['read:orders', 'write:orders'],
      onError: (error) => void failures.push(error instanceof Error ? error.name : String(error)),
    })
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', tenantIds: ['clinic_1'], scopes: ['read:orders'] },
    })
    const app = express().use(onExpress.guard(gate, { scopes, tenant }))
    const { server } = await listen(app)
    closing.push(() => server.close())
    await request(server).get('/orders').auth(secret, { type: 'bearer' }).expect(403)
    await gate.close()
    const [record] = sink.records('access')
    return { record, failures }
  }

  test.each([[7], [['clinic_1']], [{ clinic: 'clinic_1' }], [Symbol('clinic_1')], [null]])(
    'and is no text is not recorded as a tenant: %p',
    async (answer) => {
      for (const [scopes, reason] of [
        [['read:orders'], 'tenant_mismatch'],
        [['write:orders'], 'insufficient_scope'],
      ] as const) {
        const { record, failures } = await denied(scopes, () => answer)
        expect(record).toMatchObject({ outcome: 'denied', reason })
        expect(record).not.toHaveProperty('tenantId')
        expect(failures).toEqual(['DiagnosisError'])
      }
    },
  )

  test('is asked for once, where the tenant is what is refused', async () => {
    for (const answer of ['clinic_2', undefined]) {
      let asked = 0
      await denied(['read:orders'], () => {
        asked++
        return answer
      })
      expect(asked).toBe(1)
    }
  })
})

test('a request that was let in after all has no tenant that it may not act for', async () => {
  const sink = keptSink()
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink } },
    ...{ scopes: ['read:orders'], onError: () => undefined },
  })
  const { secret } = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', tenantIds: ['clinic_1'], scopes: ['read:orders'] },
  })
  const ofClinic = gate.requirement({ tenant: () => 'clinic_2' })
  const { server } = await listen((req: IncomingMessage, res: ServerResponse) => {
    void (async () => {
      const asked = gateRequestOf(req, req.url ?? '', res)
      const grant = await gate.check(asked)
      if (!grant.allowed) return res.end('nobody')
      // The app goes on without the clinic.
      const { allowed } = await gate.check({ ...asked, grant }, ofClinic)
      await gate.check({ ...asked, grant })
      return res.end(allowed ? 'clinic' : 'orders')
    })()
  })
  closing.push(() => server.close())
  const answer = await request(server).get('/').auth(secret, { type: 'bearer' })
  expect(answer.text).toBe('orders')
  await gate.close()
  const [record] = sink.records('access')
  expect(record).toMatchObject({ outcome: 'allowed', ownerId: 'org_1' })
  expect(record).not.toHaveProperty('tenantId')
})
