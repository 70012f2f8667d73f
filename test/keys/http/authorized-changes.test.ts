import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type Gate, type KeyStore } from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const OFFICE = '127.0.0.1'
const SCOPES = { 'read:orders': 1, 'manage:keys': 2, 'manage:billing': 3 }
type Meanwhile = (gate: Gate<keyof typeof SCOPES>, id: string) => unknown

const promote: Meanwhile = (gate, id) => gate.keys.update(id, { scopes: ['manage:billing'] })

/** An API in which somebody changes a key after it was looked at, and before anything is written. */
async function open(meanwhile: Meanwhile, comparing = true) {
  const memory = createMemoryKeyStore()
  let watched: string | undefined
  const store: KeyStore = {
    ...memory,
    async findById(id) {
      const record = await memory.findById(id)
      if (id !== watched) return record
      watched = undefined
      await meanwhile(gateOn(memory), id)
      return record
    },
    async update(id, patch, version) {
      const current = comparing ? undefined : await memory.findById(id)
      return memory.update(id, patch, current?.version ?? version)
    },
  }
  const gateOn = (keyStore: KeyStore) =>
    createGate({ environment: 'live', keys: { prefix: 'acme', store: keyStore }, scopes: SCOPES })
  const gate = gateOn(store)
  const input = { name: 'Key', ownerId: 'org_1' } as const
  const restricted = { scopes: ['read:orders'], allowedIps: [OFFICE] } as const
  const target = await gate.keys.create({ ...input, ...restricted })
  const caller = await gate.keys.create({ ...input, scopes: ['manage:keys'] })
  const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const { server, port } = await listen(app)
  servers.push(server)
  const agentOf = (secret: string) =>
    request.agent(`http://127.0.0.1:${String(port)}`).auth(secret, { type: 'bearer' })
  watched = target.id
  return { gate, target, path: `/keys/${target.id}`, agentOf, agent: agentOf(caller.secret) }
}

describe('a key that others change while a caller does', () => {
  test('is not rotated by whoever may not have its secret any more', async () => {
    const { gate, path, agent } = await open(promote)
    await agent.post(`${path}/rotate`).expect(403)
    expect((await gate.keys.list()).items).toHaveLength(2)
  })

  test('control: whoever looks first and rotates then gets scopes beyond its own', async () => {
    const { gate, target } = await open(promote)
    expect(await gate.keys.get(target.id)).toMatchObject({ scopes: ['read:orders'] })
    const { secret } = await gate.keys.rotate(target.id)
    const decision = await gate.verify(secret, OFFICE)
    expect(decision).toMatchObject({ auth: { scopes: ['manage:billing'] } })
  })

  test('is not freed of what restricts it', async () => {
    const { gate, target, path, agent } = await open(promote)
    await agent.patch(path).send({ allowedIps: null }).expect(403)
    expect(await gate.verify(target.secret)).toMatchObject({ reason: 'address_not_allowed' })
  })

  test('control: it is in a store that does not compare versions', async () => {
    const { gate, target, path, agent } = await open(promote, false)
    await agent.patch(path).send({ allowedIps: null }).expect(200)
    const decision = await gate.verify(target.secret)
    expect(decision).toMatchObject({ auth: { scopes: ['manage:billing'] } })
  })

  test('is disabled and revoked all the same', async () => {
    const first = await open(promote)
    await first.agent
      .patch(first.path)
      .send({ disabled: true, reason: 'Seen in a log' })
      .expect(200)
    expect(await first.gate.keys.get(first.target.id)).toMatchObject({ state: 'disabled' })
    const second = await open(promote)
    await second.agent.delete(second.path).expect(204)
    expect(await second.gate.keys.get(second.target.id)).toMatchObject({ state: 'revoked' })
  })

  test('is changed where the caller may change what it has become', async () => {
    const rename: Meanwhile = (gate, id) => gate.keys.update(id, { name: 'Renamed' })
    const { gate, target, path, agent } = await open(rename)
    await agent.patch(path).send({ allowedIps: null }).expect(200)
    expect(await gate.keys.get(target.id)).toMatchObject({ name: 'Renamed' })
    expect(await gate.verify(target.secret)).toMatchObject({ allowed: true })
  })
})

describe('a key that is rotated while it revokes itself', () => {
  const rotate: Meanwhile = (gate, id) => gate.keys.rotate(id)

  test('ends alone: its successor stays', async () => {
    const { gate, target, agentOf } = await open(rotate)
    await agentOf(target.secret).delete('/keys/self').expect(204)
    expect(await gate.verify(target.secret, OFFICE)).toMatchObject({ reason: 'key_expired' })
    const { rotatedTo = '' } = (await gate.keys.get(target.id)) ?? {}
    expect(await gate.keys.get(rotatedTo)).toMatchObject({ state: 'active' })
  })

  test('control: whoever looks first and revokes then ends both', async () => {
    const { gate, target } = await open(rotate)
    expect(await gate.keys.get(target.id)).not.toHaveProperty('rotatedTo')
    const { rotatedTo = '' } = await gate.keys.revoke(target.id)
    expect(await gate.keys.get(rotatedTo)).toMatchObject({ state: 'revoked' })
  })
})
