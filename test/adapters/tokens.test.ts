import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import request from 'supertest'
import { AUDIENCE, createPair, issuerWith, NOW, signToken } from '../jwt/issuer.js'
import { startIssuer, status, type IssuerServer } from '../jwt/issuer-server.js'
import { FRAMEWORKS, listen } from './servers.js'

const pair = createPair('ES256', 'key-1')
let away: IssuerServer

beforeAll(async () => {
  away = await startIssuer(() => status(500))
})
afterAll(() => away.close())

describe.each(Object.entries(FRAMEWORKS))('tokens on %s', (_name, create) => {
  let server: Server
  let port: number

  beforeAll(async () => {
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read:orders', 'manage:keys'],
      clock: () => NOW * 1_000,
      onError: () => undefined,
      plans: { wide: { quota: { limit: 1_000, window: '1h' } } },
      limits: { defaultPlan: 'wide', by: 'key' },
      issuers: [
        issuerWith(pair, { identify: ({ sub }) => ({ ownerId: `org_${String(sub)}` }) }),
        {
          issuer: away.url,
          audience: AUDIENCE,
          algorithms: ['ES256'],
          allowPrivateAddresses: true,
        },
      ],
    })
    ;({ server, port } = await listen(create(gate)))
  })

  afterAll(() => {
    server.close()
  })

  const agent = (token: string) =>
    request.agent(`http://127.0.0.1:${String(port)}`).auth(token, { type: 'bearer' })

  test('let in, and are counted as their caller', async () => {
    const first = await agent(await signToken({}, pair)).get('/orders')
    expect([first.status, first.text]).toEqual([200, 'org_user-1'])
    const second = await agent(await signToken({ jti: 'token-2' }, pair)).get('/orders')
    expect(second.headers['x-ratelimit-remaining']).toBe('998')
    const other = await agent(await signToken({ sub: 'user-2' }, pair)).get('/orders')
    expect(other.headers['x-ratelimit-remaining']).toBe('999')
  })

  test.each([
    [{ exp: NOW - 60 }, 401, 'invalid_token'],
    [{ aud: 'https://other.example' }, 401, 'invalid_token'],
    [{ scope: 'other' }, 403, 'insufficient_scope'],
  ])('with %j are refused with %i %s', async (claims, code, error) => {
    const answer = await agent(await signToken(claims, pair)).get('/orders')
    expect(answer.status).toBe(code)
    expect(answer.headers['www-authenticate']).toContain(`error="${error}"`)
    expect(JSON.stringify(answer.body)).not.toContain('eyJ')
  })

  test('of an issuer that is away are neither good nor bad', async () => {
    const answer = await agent(await signToken({ iss: away.url }, pair)).get('/orders')
    expect(answer.status).toBe(503)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(answer.body).toMatchObject({ code: 'issuer_unavailable' })
  })

  test('manage the keys of their owner, and have no self', async () => {
    const manager = agent(await signToken({ sub: 'user-3', scope: 'manage:keys' }, pair))
    await manager.get('/keys/self').expect(404)
    const ask = () => manager.post('/keys').set('Idempotency-Key', 'once').send({ name: 'CI' })
    const [made, again] = [await ask(), await ask()]
    expect(made.body).toMatchObject({ ownerId: 'org_user-3', environment: 'live' })
    expect(again.body).toEqual(made.body)
    // The secret follows from the credential: with another one it cannot be told again.
    const fresh = await signToken({ sub: 'user-3', scope: 'manage:keys', jti: 'token-2' }, pair)
    const repeated = agent(fresh).post('/keys').set('Idempotency-Key', 'once').send({ name: 'CI' })
    expect((await repeated).status).toBe(422)
    const stranger = agent(await signToken({ sub: 'user-4', scope: 'manage:keys' }, pair))
    await stranger.get(`/keys/${(made.body as { id: string }).id}`).expect(404)
    await manager.delete(`/keys/${(made.body as { id: string }).id}`).expect(204)
  })
})
