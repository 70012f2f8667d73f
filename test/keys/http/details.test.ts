import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { NOW } from '../../jwt/issuer.js'
import { MANAGER, closeSites, openSite } from './site.js'

afterEach(closeSites)

type Told = { readonly body: unknown }
const detailOf = ({ body }: Told) => (body as { detail?: unknown }).detail
const codeOf = ({ body }: Told) => (body as { code?: unknown }).code

describe('a detail of 400', () => {
  test.each(['zzz', 'manage:bilking', 'internal:rot'])(
    'names the scope %s that was asked for, and none that the caller cannot hand out',
    async (scope) => {
      const { create, agentOf } = await openSite()
      const { id, secret } = await create()
      const agent = agentOf(secret)
      for (const answer of [
        await agent.post('/keys').send({ name: 'x', scopes: [scope] }),
        await agent.patch(`/keys/${id}`).send({ scopes: [scope] }),
      ]) {
        expect([answer.status, detailOf(answer)]).toEqual([
          400,
          `There is no scope '${scope}'. You can hand out read:orders, manage:keys.`,
        ])
      }
    },
  )
})

test('a detail of 403 names what the key of the caller may not hand out', async () => {
  const { create, agentOf } = await openSite()
  const end = new Date(NOW * 1_000 + 60_000)
  const held = await create({ allowedIps: ['203.0.113.0/24'], expiresAt: end, tenantIds: ['a'] })
  const agent = agentOf(held.secret)
  const { id } = await create({ tenantIds: ['a'], scopes: [] })
  const later = new Date(end.getTime() + 1).toISOString()
  for (const [body, code, what] of [
    [{ scopes: ['manage:billing'] }, 'scope_not_grantable', 'manage:billing'],
    [{ tenantIds: ['b'] }, 'tenant_mismatch', 'b'],
    [{ tenantIds: [] }, 'tenant_mismatch', 'a key without a tenant'],
    [{ tenantIds: ['a'], allowedIps: ['203.0.113.7', '192.0.2.1'] }, 'not_grantable', '192.0.2.1'],
    [{ tenantIds: ['a'], expiresAt: later }, 'not_grantable', `an end after ${end.toISOString()}`],
  ] as const) {
    const answer = await agent.post('/keys').send({ name: 'x', ...body })
    expect([answer.status, codeOf(answer)]).toEqual([403, code])
    expect(detailOf(answer)).toBe(`Your API key may not hand out '${what}'.`)
  }
  for (const [body, what] of [
    [{ name: 'y' }, 'every address'],
    [{ allowedIps: ['203.0.113.7'] }, 'a key without an end'],
  ] as const) {
    const answer = await agent.patch(`/keys/${id}`).send(body)
    expect(detailOf(answer)).toBe(`Your API key may not hand out '${what}'.`)
  }
})

test('a caller with a token is told of its token', async () => {
  const { agentOf, tokenFor } = await openSite()
  const agent = agentOf(await tokenFor({ ...MANAGER, tenantIds: ['a'] }))
  const answer = await agent.post('/keys').send({ name: 'x', tenantIds: ['b'] })
  expect(detailOf(answer)).toBe("Your access token may not hand out 'b'.")
})

describe('a body that the parser of the app has read', () => {
  const parsers = {
    json: express.json({ limit: '10mb' }),
    none: (_req: unknown, _res: unknown, next: () => void) => {
      next()
    },
  }
  const LARGE = {
    'a long name': { name: 'eyJ.'.repeat(250_000) },
    'a long list': { name: 'x', tenantIds: Array(50_000).fill('tenant_of_some_length') },
    'a list of nothing': { name: 'x', tenantIds: Array(350_000).fill('') },
    'many members': {
      name: 'x',
      metadata: Object.fromEntries(
        Array.from({ length: 20_000 }, (_, n) => [`member_${String(n)}`, 0]),
      ),
    },
    'what is not known': { name: 'x', other: 'x'.repeat(70_000) },
  }

  test.each(Object.entries(LARGE))('is too large as it would be without: %s', async (_, body) => {
    for (const parser of Object.values(parsers)) {
      const { create, agentOf } = await openSite({ before: [parser as express.RequestHandler] })
      const answer = await agentOf((await create()).secret)
        .post('/keys')
        .send(body)
      expect([answer.status, codeOf(answer)]).toEqual([413, 'body_too_large'])
    }
  })

  test('is counted where its length is that of a packed one', async () => {
    const { create, base } = await openSite({ before: [parsers.json] })
    const { secret } = await create()
    const { status } = await fetch(`${base}/keys`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...{ 'content-encoding': 'gzip', 'x-forwarded-proto': 'https' },
        'x-forwarded-for': '203.0.113.1',
      },
      body: gzipSync(JSON.stringify({ name: 'x'.repeat(100_000) })),
    })
    expect(status).toBe(413)
  })

  test('is read where it is within the bound', async () => {
    const { create, agentOf } = await openSite({ before: [parsers.json] })
    const agent = agentOf((await create()).secret)
    const allowedIps = Array.from({ length: 256 }, (_, n) => `2001:db8::${n.toString(16)}`)
    await agent.post('/keys').send({ name: 'x', allowedIps }).expect(201)
  })

  test('of the token endpoint has the same bound', async () => {
    const { create, agentOf } = await openSite({ before: [] })
    const { secret } = await create()
    const { status } = await agentOf(secret)
      .post('/parsed-token')
      .type('form')
      .send(`grant_type=client_credentials&x=${'y'.repeat(70_000)}`)
    expect(status).toBe(413)
  })
})
