import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { keyEndpoints, tokenEndpoint } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'
import { createStoreWithoutConditions } from '../../testing/broken-conditions.js'
import { SIGNING_KEY } from '../../oauth/http/api.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const MANAGER = { name: 'Manager', ownerId: 'org_1', scopes: ['manage:keys'] } as const

/** An instance of an API on a store of which no change is told: it remembers keys for their 30 s. */
async function openInstance(store: KeyStore) {
  const { changes: _, ...silent } = store
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: silent },
    scopes: { 'manage:keys': 1 },
    bruteForce: false,
    tokens: { issuer: 'https://acme.example', signingKeys: [SIGNING_KEY] },
  })
  const app = express()
    .use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
    .use('/token', tokenEndpoint(gate))
  const { server, port } = await listen(app)
  servers.push(server)
  const as = (secret: string) =>
    request.agent(`http://127.0.0.1:${String(port)}`).auth(secret, { type: 'bearer' })
  return { gate, as }
}

type Site = Awaited<ReturnType<typeof openInstance>>

/** Two instances; the second remembers the manager's key, or a token that was made from it. */
async function openTwo(presenting: 'key' | 'token' = 'key', store = createMemoryKeyStore()) {
  const [here, there] = [await openInstance(store), await openInstance(store)]
  const manager = await here.gate.keys.create(MANAGER)
  const victim = await here.gate.keys.create({ ...MANAGER, name: 'Victim' })
  const secret =
    presenting === 'key'
      ? manager.secret
      : (await there.gate.tokens.exchange(manager.secret)).accessToken
  const caller = there.as(secret)
  await caller.get('/keys').expect(200)
  return { here, there, manager, victim, caller }
}

const LOSSES: Readonly<Record<string, (site: Site, id: string) => Promise<unknown>>> = {
  'was revoked': ({ gate }, id) => gate.keys.revoke(id),
  'was disabled': ({ gate }, id) => gate.keys.update(id, { disabled: true }),
  'lost its scope': ({ gate }, id) => gate.keys.update(id, { scopes: [] }),
  'was held to another address': ({ gate }, id) =>
    gate.keys.update(id, { allowedIps: ['203.0.113.9'] }),
  'was rotated away': ({ gate }, id) => gate.keys.rotate(id, { gracePeriod: '0s' }),
}

describe.each(['key', 'token'] as const)('a manager with a %s', (presenting) => {
  test.each(Object.entries(LOSSES))('that %s elsewhere changes nothing', async (_name, lose) => {
    const { here, manager, victim, caller } = await openTwo(presenting)
    await lose(here, manager.id)
    // Control: what it may read is still remembered.
    await caller.get('/keys').expect(200)
    const statuses = [
      await caller.post('/keys').send({ name: 'Backdoor' }),
      await caller.patch(`/keys/${victim.id}`).send({ name: 'Taken' }),
      await caller.post(`/keys/${victim.id}/rotate`).send({}),
      await caller.delete(`/keys/${victim.id}`).send({}),
    ].map(({ status }) => status)
    for (const status of statuses) expect([401, 403]).toContain(status)
    const { items } = await here.gate.keys.list({ ownerId: 'org_1' })
    expect(items.filter(({ name }) => name === 'Backdoor' || name === 'Taken')).toEqual([])
    expect(await here.gate.keys.get(victim.id)).toMatchObject({ state: 'active' })
  })
})

describe('a change of the caller between its judgement and its own change', () => {
  /** The manager is revoked when the new key is about to be inserted. */
  async function race(store: KeyStore) {
    const revoking: KeyStore = {
      ...store,
      async insert(record, provided) {
        if (record.name === 'Backdoor') await gate.keys.revoke(manager.id)
        return store.insert(record, provided)
      },
    }
    const { gate } = await openInstance(store)
    const site = await openInstance(revoking)
    const manager = await gate.keys.create(MANAGER)
    const { status } = await site.as(manager.secret).post('/keys').send({ name: 'Backdoor' })
    return status
  }

  test('undoes it', async () => {
    expect(await race(createMemoryKeyStore())).toBe(401)
  })

  test('control: in a store that checks no condition, the key is made', async () => {
    expect(await race(createStoreWithoutConditions())).toBe(201)
  })

  test('of the caller itself are both made, one after the other', async () => {
    const { caller, manager, there } = await openTwo()
    const renamed = [1, 2, 3].map((n) =>
      caller.patch(`/keys/${manager.id}`).send({ name: `Manager ${String(n)}` }),
    )
    const statuses = (await Promise.all(renamed)).map(({ status }) => status)
    for (const status of statuses) expect([200, 409]).toContain(status)
    expect(statuses).toContain(200)
    expect(await there.gate.keys.get(manager.id)).toMatchObject({ state: 'active' })
  })
})

describe('what a stolen manager has made', () => {
  /** The manager made a key, that another, which was rotated; and somebody else made one. */
  async function openFamily(store?: KeyStore) {
    const { here, there, manager, victim } = await openTwo('key', store)
    const make = async (secret: string, name: string) => {
      const answer = await there
        .as(secret)
        .post('/keys')
        .send({ name, scopes: ['manage:keys'] })
      return answer.body as { id: string; secret: string }
    }
    const child = await make(manager.secret, 'Child')
    const grandchild = await make(child.secret, 'Grandchild')
    const successor = await here.gate.keys.rotate(grandchild.id, { gracePeriod: '0s' })
    const stranger = await make(victim.secret, 'Stranger')
    const stateOf = async ({ id }: { id: string }) => (await here.gate.keys.get(id))?.state
    return { here, there, manager, child, successor, stranger, victim, stateOf }
  }

  test.each([
    ['a store with conditions', createMemoryKeyStore],
    ['a store without', createStoreWithoutConditions],
  ])('is revoked with it, and nothing else is: %s', async (_name, create) => {
    const family = await openFamily(create())
    const { here, manager, child, successor, stranger, victim, stateOf } = family
    await here.gate.keys.revoke(manager.id, { descendants: true, reason: 'stolen' })
    for (const key of [manager, child, successor]) expect(await stateOf(key)).toBe('revoked')
    for (const key of [stranger, victim]) expect(await stateOf(key)).toBe('active')
    expect(await here.gate.keys.get(child.id)).toMatchObject({ revocationReason: 'stolen' })
  })

  test('control: without being told so, only the key itself is revoked', async () => {
    const { here, manager, child, stateOf } = await openFamily()
    await here.gate.keys.revoke(manager.id)
    expect(await stateOf(child)).toBe('active')
  })

  test('can make keys again once the others are revoked', async () => {
    const { here, there, manager } = await openFamily()
    await here.gate.keys.revokeAll({ ownerId: 'org_1' })
    const { secret } = await here.gate.keys.create(MANAGER)
    await there.as(manager.secret).post('/keys').send({ name: 'Backdoor' }).expect(401)
    await there.as(secret).post('/keys').send({ name: 'New' }).expect(201)
  })
})
