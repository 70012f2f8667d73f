import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import request from 'supertest'
import {
  createGate,
  createMemoryRevocations,
  type GateOptions,
  type IssuerOptions,
  type KeyStore,
  type TokenIdentity,
} from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import { listen } from '../../adapters/servers.js'
import { createSilentStore } from '../instances.js'
import { AUDIENCE, ISSUER, NOW, createPair, issuerWith, signToken } from '../../jwt/issuer.js'
import { json, startIssuer } from '../../jwt/issuer-server.js'
import { openIssuer } from '../../oauth/http/api.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Two instances over a store that tells neither of what the other one does, the second of which remembers a key; and how it answers who wants a token. */
async function openTwo() {
  const store: KeyStore = createSilentStore()
  const issuing = { revocations: createMemoryRevocations(Date.now) }
  const options = { keys: { prefix: 'acme', store }, issuing }
  const [first, second] = [openIssuer(options), openIssuer(options)]
  const key = await first.create()
  expect(await second.verdict(key.secret)).toBe('allowed')
  const ask = async (form: object) => {
    const { status, body } = await second.gate.endpoints.token()({
      ...{ target: '', parsed: form, stream: [] as never },
      request: {
        ...{ method: 'POST', url: '/token', rawHeaders: [] },
        peer: { encrypted: true, address: '203.0.113.1' },
      },
    })
    return { status, body: JSON.parse(body ?? '') as object }
  }
  return { first, second, key, ask }
}

describe('a token outlives what an instance remembers of the key that it is made from', () => {
  test('no instance makes one from a key that another has revoked', async () => {
    const { first, second, key, ask } = await openTwo()
    await first.gate.keys.revoke(key.id)
    const client = { client_id: key.id, client_secret: key.secret }
    expect(await ask({ grant_type: 'client_credentials', ...client })).toMatchObject({
      ...{ status: 401, body: { error: 'invalid_client' } },
    })
    await expect(second.gate.tokens.exchange(key.secret)).rejects.toThrow(
      'Denied: invalid_credentials',
    )
  })

  test('nor one with a scope that another has taken from it', async () => {
    const { first, second, key, ask } = await openTwo()
    await first.gate.keys.update(key.id, { scopes: ['read:orders'] })
    const client = { client_id: key.id, client_secret: key.secret }
    expect(await ask({ grant_type: 'client_credentials', ...client })).toMatchObject({
      ...{ status: 200, body: { scope: 'read:orders' } },
    })
    expect(await second.gate.tokens.exchange(key.secret)).toMatchObject({
      scopes: ['read:orders'],
    })
  })

  test('nor from a token of such a key', async () => {
    const { first, second, key, ask } = await openTwo()
    const { accessToken } = await second.gate.tokens.exchange(key.secret)
    expect(await second.verdict(accessToken)).toBe('allowed')
    await first.gate.keys.revoke(key.id)
    const answer = await ask({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: accessToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
    expect(answer.status).toBe(400)
  })
})

test('an opaque token that its authorization server has ended makes no key, also where it is still remembered', async () => {
  const good = {
    ...{ active: true, iss: 'https://login.example.com', aud: AUDIENCE, sub: 'user-1' },
    ...{ client_id: 'app-1', scope: 'manage:keys', exp: NOW + 300, iat: NOW - 10 },
  }
  const server = await startIssuer(() => json(good))
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage:keys'] },
    clock: () => NOW * 1_000,
    introspection: {
      ...{ endpoint: `${server.url}/introspect`, issuer: good.iss, audience: AUDIENCE },
      ...{ clientId: 'api', clientSecret: 'secret', allowPrivateAddresses: true },
    },
  })
  const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const opened = await listen(app)
  closing.push(() => opened.server.close(), server.close)
  const agent = request
    .agent(`http://127.0.0.1:${String(opened.port)}`)
    .auth('opaque-token-1', { type: 'bearer' })
  await agent.post('/keys').send({ name: 'Key' }).expect(201)
  server.answer = () => json({ active: false })
  await agent.post('/keys').send({ name: 'Another' }).expect(401)
  expect((await gate.keys.list()).items).toHaveLength(1)
})

describe('a JWT whose caller is no longer what this instance remembers makes no key', () => {
  const pair = createPair('ES256', 'key-1')

  async function openApi(issuers: NonNullable<GateOptions['issuers']>) {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage:keys'] },
      ...{ clock: () => NOW * 1_000, issuers, onError: () => undefined },
    })
    const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
    const { server, port } = await listen(app)
    closing.push(() => server.close())
    const token = await signToken({ scope: 'manage:keys', org: 'org_1' }, pair)
    const agent = request.agent(`http://127.0.0.1:${String(port)}`).auth(token, { type: 'bearer' })
    return { gate, agent }
  }

  test.each([
    [{ ownerId: 'org_1', scopes: [] }, 403],
    [undefined, 401],
  ])('where identify says %j', async (later, status) => {
    let identity: TokenIdentity | undefined = { ownerId: 'org_1' }
    const { gate, agent } = await openApi([
      issuerWith(pair, { identify: () => Promise.resolve(identity) }),
    ])
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    identity = later
    await agent.post('/keys').send({ name: 'Another' }).expect(status)
    expect((await gate.keys.list()).items).toHaveLength(1)
    // What was found out for a change holds for the rest as well.
    await agent.get('/keys').expect(status)
  })

  test('where the issuer is one of the app no more, and its keys stay while it is', async () => {
    let known = true
    let made = 0
    const { gate, agent } = await openApi((iss) => {
      if (!known || iss !== ISSUER) return undefined
      made += 1
      return issuerWith(pair)
    })
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    expect(made).toBeGreaterThan(1)
    known = false
    await agent.post('/keys').send({ name: 'Another' }).expect(401)
    expect((await gate.keys.list()).items).toHaveLength(2)
  })

  test.each<[string, Partial<IssuerOptions>, number]>([
    ['has another key', issuerWith(createPair('ES256', 'key-2')), 401],
    ['has other audiences', { audience: 'https://other.example' }, 401],
    ['asks for other claims', { claims: { org: ['org_2'] } }, 401],
    ['says that its callers may less', { identify: () => ({ ownerId: 'o', scopes: [] }) }, 403],
    ['has revoked the token', { isRevoked: () => true }, 401],
  ])('where the issuer, as the app says by now, %s', async (_, change, status) => {
    let changed: Partial<IssuerOptions> = {}
    const { gate, agent } = await openApi(() => ({ ...issuerWith(pair), ...changed }))
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    changed = change
    await agent.post('/keys').send({ name: 'Another' }).expect(status)
    expect((await gate.keys.list()).items).toHaveLength(1)
    // What was found out for a change holds for the rest as well.
    await agent.get('/keys').expect(status)
  })

  test('and keys that were fetched stay where they come from the same place', async () => {
    const server = await startIssuer(() => json({ keys: [pair.jwk] }))
    closing.push(server.close)
    let more: Partial<IssuerOptions> = {}
    const { agent } = await openApi(() => {
      const { jwks: _, ...rest } = issuerWith(pair)
      const at = { jwksUri: `${server.url}/one`, allowPrivateAddresses: true }
      return { ...rest, ...at, headers: () => ({}), ...more }
    })
    const make = () => agent.post('/keys').send({ name: 'Key' }).expect(201)
    await make()
    await make()
    more = { identify: () => ({ ownerId: 'org_2' }) }
    await make()
    expect(server.asked).toEqual(['/one'])
    more = { jwksUri: `${server.url}/two` }
    await make()
    expect(server.asked).toEqual(['/one', '/two'])
  })

  test('where its tenant is one of the app no more', async () => {
    let known = true
    const issuer = ISSUER.replace('login', '{tenant}')
    const { agent } = await openApi([
      issuerWith(pair, { issuer, tenants: () => known, tenantClaim: 'org' }),
    ])
    const token = await signToken(
      { scope: 'manage:keys', org: 'org_1', iss: issuer.replace('{tenant}', 'org_1') },
      pair,
    )
    agent.auth(token, { type: 'bearer' })
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    known = false
    await agent.post('/keys').send({ name: 'Another' }).expect(401)
  })

  test('also while the same is being asked for a request that came before', async () => {
    const waiting: ((identity: TokenIdentity) => void)[] = []
    let isSlow = false
    const { gate, agent } = await openApi([
      issuerWith(pair, {
        identify: () =>
          isSlow
            ? new Promise((resolve) => waiting.push(resolve))
            : Promise.resolve({ ownerId: 'org_1' }),
      }),
    ])
    await agent.post('/keys').send({ name: 'Key' }).expect(201)
    isSlow = true
    const first = agent
      .patch('/keys/key_1')
      .send({ name: 'First' })
      .then(() => undefined)
    while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 1))
    const second = agent
      .post('/keys')
      .send({ name: 'Second' })
      .then(({ status }) => status)
    while (waiting.length < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    waiting[0]?.({ ownerId: 'org_1' })
    waiting[1]?.({ ownerId: 'org_1', scopes: [] })
    await first
    expect(await second).toBe(403)
    expect((await gate.keys.list()).items).toHaveLength(1)
  })
})
