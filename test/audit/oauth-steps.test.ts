import type { RequestListener, Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import Koa from 'koa'
import { createGate, queryTrail, verifyTrail, type AuditOptions, type OAuthStep } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'
import { listen } from '../adapters/servers.js'
import { auditedGate, keptSink, SIGNING } from './gates.js'

const servers: Server[] = []
type Audited = ReturnType<typeof auditedGate>
const gates: Audited[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  for (const gate of gates.splice(0)) await gate.close()
})

type Tell = (note: { oauth(step: OAuthStep): unknown }) => unknown

/** An app whose one route does what a test says. */
const FRAMEWORKS: Readonly<Record<string, (gate: Audited, tell: Tell) => RequestListener>> = {
  Express: (gate, tell) =>
    express()
      .use(onExpress.guard(gate, { optional: true, under: '/oauth' }))
      .use(async (req, res) => {
        await tell(onExpress.auditOf(req))
        res.end()
      }) as RequestListener,
  Koa: (gate, tell) =>
    new Koa()
      .use(onKoa.guard(gate, { optional: true, under: '/oauth' }))
      .use(async (ctx) => {
        await tell(onKoa.auditOf(ctx))
        ctx.body = ''
      })
      .callback(),
}

async function open(framework: string, tell: Tell, audit: Partial<AuditOptions> = {}) {
  const sink = keptSink()
  const gate = auditedGate({ sink, key: SIGNING.key, ...audit })
  gates.push(gate)
  const app = FRAMEWORKS[framework]?.(gate, tell)
  const { server, port } = await listen(app)
  servers.push(server)
  return {
    ...{ gate, sink },
    post: (headers: Readonly<Record<string, string>> = {}) =>
      fetch(`http://127.0.0.1:${String(port)}/oauth/token`, { method: 'POST', headers }),
    async records() {
      await gate.audit.flush()
      return sink.records('access')
    },
  }
}

describe.each(Object.keys(FRAMEWORKS))('steps of OAuth 2.0 on %s', (framework) => {
  test('a sign-in and a consent are in the record of their request', async () => {
    const { post, records } = await open(framework, async (note) => {
      const account = { subject: 'ann', ownerId: 'org_1', clientId: 'app_1' }
      await note.oauth({ step: 'sign_in', ...account, scopes: ['read', 'write'] })
      await note.oauth({ step: 'consent', scopes: ['read'] })
    })
    expect((await post()).status).toBe(200)
    expect(await records()).toMatchObject([
      {
        ...{ outcome: 'allowed', status: 200, method: 'POST', path: '/oauth/token' },
        ...{ app: true, subject: 'ann', ownerId: 'org_1', clientId: 'app_1' },
        ...{ oauthSteps: ['sign_in', 'consent'] },
        ...{ scopesAsked: ['read', 'write'], scopesGranted: ['read'], client: '127.0.0.1' },
      },
    ])
  })

  test('a refused code is a denial, in either mode', async () => {
    for (const mode of ['required', 'best-effort'] as const) {
      const refused = { step: 'token', error: 'invalid_grant', clientId: 'app_1' } as const
      const { post, records, sink } = await open(framework, (note) => note.oauth(refused), { mode })
      await post()
      await records()
      const reader = { lines: () => sink.entries.map(({ line }) => ({ line, where: 'memory' })) }
      const found = await queryTrail(reader as never, { outcome: 'denied', clientId: 'app_1' })
      expect(found.items).toMatchObject([
        { oauthSteps: ['token'], oauthError: 'invalid_grant', status: 200 },
      ])
      await gates.at(-1)?.close()
      const report = await verifyTrail(reader.lines() as never, { publicKeys: SIGNING.publicKeys })
      expect(report.findings).toEqual([])
    }
  })

  test('refusals that repeat are counted, each kind for itself', async () => {
    const told: OAuthStep[] = [
      ...Array.from({ length: 3 }, () => ({ step: 'sign_in', error: 'access_denied' }) as const),
      { step: 'token', error: 'invalid_grant' },
      { step: 'sign_in', error: 'access_denied', subject: 'ann' },
    ]
    const { post, records } = await open(framework, (note) => {
      const next = told.shift()
      return next && note.oauth(next)
    })
    while (told.length > 0) await post()
    const seen = await records()
    expect(seen).toHaveLength(4)
    expect(seen).toMatchObject([
      { oauthSteps: ['sign_in'] },
      { oauthError: 'invalid_grant' },
      { subject: 'ann' },
      { oauthSteps: ['sign_in'], count: 2 },
    ])
  })

  test('of a caller that is known, the record names the credential', async () => {
    const { gate, post, records } = await open(framework, (note) =>
      note.oauth({ step: 'revocation', subject: 'mallory', clientId: 'app_1' }),
    )
    const { secret, id } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', environment: 'live' },
    })
    await post({ authorization: `Bearer ${secret}` })
    const [record] = await records()
    expect(record).toMatchObject({ keyId: id, ownerId: 'org_1', oauthSteps: ['revocation'] })
    expect(record).not.toHaveProperty('subject')
    expect(record).not.toHaveProperty('clientId')
  })
})

test('what is no step is refused by name, and what looks like a secret is not written', async () => {
  const complaints: unknown[] = []
  const { post, records } = await open('Express', async (note) => {
    for (const wrong of [
      { step: 'login' },
      { step: 'token', error: 'Not good' },
      { step: 'token', scopes: 'read' },
      { step: 'token', scopes: Array.from({ length: 101 }, () => 'read') },
      { step: 'token', subject: 1 },
    ]) {
      await Promise.resolve(note.oauth(wrong as never)).catch((error: unknown) => {
        complaints.push((error as Error).message)
      })
    }
    await note.oauth({ step: 'token', subject: `acme_live_sk_${'x'.repeat(43)}` })
  })
  await post()
  expect(complaints).toEqual([
    expect.stringContaining("'step' must be one of"),
    expect.stringContaining("'error' must be"),
    expect.stringContaining("'scopes' must be"),
    expect.stringContaining("'scopes' must be"),
    expect.stringContaining("'subject' must be"),
  ])
  expect(await records()).toMatchObject([{ subject: 'acme_live_[secret]', oauthSteps: ['token'] }])
})

test('without an audit trail, it is a misuse', async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }
  const decision = await gate.check(request, { optional: true })
  expect(decision.allowed && (() => decision.audit.oauth({ step: 'sign_in' }))).toThrow(
    'auditOf(req).oauth: there is no audit trail',
  )
  await gate.close()
})
