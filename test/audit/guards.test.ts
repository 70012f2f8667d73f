import { once } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type AuditOptions, type KeyStore } from 'sallyport'
import { guard, keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { until } from '../adapters/until.js'
import { keptSink } from './gates.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Key endpoints behind a guard, and what happens between the two. */
async function openGuarded(between: () => unknown, store: KeyStore = createMemoryKeyStore()) {
  const sink = keptSink()
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, audit: { sink } },
    scopes: ['manage:keys', 'read:orders'],
    onError: () => undefined,
  })
  const scopes = ['manage:keys', 'read:orders'] as const
  const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: [...scopes] })
  const app = express().use(
    '/keys',
    guard(gate),
    async (_req, _res, next) => {
      await between()
      next()
    },
    keyEndpoints(gate, { scopes: ['manage:keys'] }),
  )
  const { server, port } = await listen(app)
  closing.push(() => server.close())
  const create = () =>
    request(`http://127.0.0.1:${String(port)}`)
      .post('/keys')
      .auth(key.secret, { type: 'bearer' })
      .send({ name: 'New' })
  return { gate, sink, key, create }
}

test('a record has who was let in, where the next guard cannot find that out', async () => {
  const memory = createMemoryKeyStore()
  let gone = false
  const store: KeyStore = {
    ...memory,
    findById: (id) => (gone ? undefined : memory.findById(id)),
    findByDigest: (digest) => (gone ? undefined : memory.findByDigest(digest)),
  }
  const { gate, sink, key, create } = await openGuarded(() => (gone = true), store)
  await create().expect(401)
  await gate.close()
  expect(sink.records('access')).toMatchObject([
    { outcome: 'denied', reason: 'unknown_key', keyId: key.id, ownerId: 'org_1' },
  ])
})

test('a record has the rights that the last guard went by', async () => {
  const opened = await openGuarded(() =>
    opened.gate.keys.update(opened.key.id, { scopes: ['manage:keys'] }),
  )
  await opened.create().expect(201)
  await opened.gate.close()
  expect(opened.sink.records('access')).toMatchObject([
    { outcome: 'allowed', status: 201, keyId: opened.key.id, scopesGranted: ['manage:keys'] },
  ])
})

test.each(['best-effort', 'required'] as const)(
  'in mode %s, a refusal of the key endpoints has its reason, and is found as one',
  async (mode) => {
    const sink = keptSink()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink, mode } },
      scopes: { 'read:orders': 1, 'manage:keys': 2, admin: 3 },
      onError: () => undefined,
    })
    const { secret } = await gate.keys.create({
      ...{ name: 'CI', ownerId: 'org_1', scopes: ['manage:keys'] },
    })
    const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
    const { server } = await listen(app)
    closing.push(() => server.close())
    const post = (scope: string) =>
      request(server)
        .post('/keys')
        .set('x-api-key', secret)
        .send({ name: 'x', scopes: [scope] })
    await post('read:orders').expect(201)
    await post('admin').expect(403)
    await request(server).get('/keys/nobody').set('x-api-key', secret).expect(404)
    await gate.close()
    const records = sink.records('access').filter((one) => one.kind === 'access')
    const last = new Map(records.map((record) => [record.id, record]))
    const reasons = [...last.values()].map((record) => [record.outcome, record.reason])
    expect(reasons).toEqual([
      ['allowed', undefined],
      ['denied', 'scope_not_grantable'],
      ['denied', 'not_found'],
    ])
    expect([...last.values()][1]).toMatchObject({ status: 403, ownerId: 'org_1', path: '/keys' })
  },
)

describe('a refusal of the key endpoints', () => {
  /** What is written of one such request. @param isGivenUp its client goes before the endpoints are asked */
  async function written(audit: Omit<AuditOptions, 'sink'>, isGivenUp = false) {
    const sink = keptSink()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink, ...audit } },
      ...{ scopes: ['manage:keys'], onError: () => undefined },
    })
    const key = { name: 'CI', ownerId: 'org_1', scopes: ['manage:keys' as const] }
    const { secret } = await gate.keys.create(key)
    let isAnswered = false
    const app = express().use(
      '/keys',
      guard(gate),
      async (req, res, next) => {
        const end = res.end.bind(res) as (...args: unknown[]) => typeof res
        res.end = (...args: unknown[]) => {
          isAnswered = true
          void gate.audit.flush().then(() => end(...args))
          return res
        }
        if (isGivenUp) {
          const closed = once(res, 'close')
          req.socket.destroy()
          await closed
          await gate.audit.flush()
        }
        next()
      },
      keyEndpoints(gate, { scopes: ['manage:keys'] }),
    )
    const { server } = await listen(app)
    closing.push(() => server.close())
    await request(server)
      .get('/keys/nobody')
      .set('x-api-key', secret)
      .catch(() => undefined)
    await until(() => isAnswered)
    await gate.close()
    return sink.records('access').map((record) => (record.kind === 'access' ? record.reason : ''))
  }

  test('is written once, with the end of the request', async () => {
    expect(await written({})).toEqual(['not_found'])
  })

  test('is written once more where the request was over before', async () => {
    expect(await written({}, true)).toEqual([undefined, 'not_found'])
  })

  test('comes after what had to be written before the endpoints were asked', async () => {
    expect((await written({ mode: 'required' })).at(-1)).toBe('not_found')
    const [first, ...more] = await written({ mode: 'required' }, true)
    expect([first, more.at(-1)]).toEqual([undefined, 'not_found'])
  })

  test('is not written where the request is not recorded', async () => {
    expect(await written({ when: () => false })).toEqual([])
  })
})
