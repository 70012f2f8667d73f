import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate } from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function open() {
  const gate = createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'acme' },
    scopes: { 'read:orders': 1, 'manage:keys': 2 },
  })
  const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const { server, port } = await listen(app)
  servers.push(server)
  const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'test' })
  const agent = request
    .agent(`http://127.0.0.1:${String(port)}`)
    .auth(key.secret, { type: 'bearer' })
  return { gate, key, agent }
}

describe('whoever holds a key', () => {
  test('sees what it is, without a scope', async () => {
    const { key, agent } = await open()
    const answer = await agent.get('/keys/self')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ id: key.id, name: 'CI', state: 'active' })
    expect(answer.body).not.toHaveProperty('secret')
  })

  test('revokes it, with a reason, and it is over at the next request', async () => {
    const { gate, key, agent } = await open()
    await agent.delete('/keys/self').send({ reason: 'found in a public repository' }).expect(204)
    await agent.get('/keys/self').expect(401)
    expect(await gate.keys.get(key.id)).toMatchObject({
      state: 'revoked',
      revocationReason: 'found in a public repository',
    })
  })

  test('ends that one alone, where its rotation is in its grace', async () => {
    const { gate, key, agent } = await open()
    const successor = await gate.keys.rotate(key.id)
    await agent.delete('/keys/self').auth(successor.secret, { type: 'bearer' }).expect(204)
    expect(await gate.keys.get(successor.id)).toMatchObject({ state: 'revoked' })
    expect(await gate.keys.get(key.id)).toMatchObject({ state: 'active' })
    await agent.delete('/keys/self').expect(204)
    await agent.delete('/keys/self').expect(401)
  })

  test('does nothing else with it: not another key, not by another way', async () => {
    const { gate, key, agent } = await open()
    const other = await gate.keys.create({ name: 'Other', ownerId: 'org_1', environment: 'test' })
    await agent.delete(`/keys/${other.id}`).expect(403)
    await agent.delete(`/keys/${key.id}`).expect(403)
    await agent
      .patch('/keys/self')
      .send({ scopes: ['manage:keys'] })
      .expect(405)
    await agent.post('/keys/self/rotate').expect(403)
    await agent.get('/keys/self/').expect(200)
    await agent.get('/keys/SELF').expect(403)
    expect(await gate.keys.get(other.id)).toMatchObject({ state: 'active' })
  })
})

describe('a list', () => {
  test('has the keys of a state', async () => {
    const { gate, key, agent } = await open()
    await gate.keys.update(key.id, { scopes: ['manage:keys'] })
    const gone = await gate.keys.create({ name: 'Gone', ownerId: 'org_1', environment: 'test' })
    await gate.keys.revoke(gone.id)
    const list = async (query: string) => {
      const answer = await agent.get(`/keys?${query}`)
      const { keys } = answer.body as { keys?: { id: string }[] }
      return keys?.map(({ id }) => id) ?? answer.status
    }
    expect(await list('state=revoked')).toEqual([gone.id])
    expect(await list('state=active')).toEqual([key.id])
    expect(await list('state=gone')).toBe(400)
    expect(await list('state=active&state=revoked')).toBe(400)
    expect(await list('limit=1e1')).toBe(400)
  })
})

test('without a response, a call gives its place back with its answer', async () => {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['manage'] },
    ...{ plans: { p: { concurrency: 1 } }, limits: { defaultPlan: 'p' } },
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'o', scopes: ['manage'] })
  const answerCall = gate.endpoints.keys({ scopes: ['manage'] })
  const statusOf = async (method: string, target: string, parsed?: unknown) => {
    const request = {
      ...{ method, url: `/keys${target}`, rawHeaders: ['X-API-Key', secret] },
      peer: { address: '203.0.113.9', encrypted: true },
    }
    const { status } = await answerCall({ request, target, parsed, stream: Readable.from([]) })
    return status
  }
  const created = { name: 'new', scopes: ['manage'] }
  expect([
    await statusOf('GET', '/self'),
    await statusOf('GET', '/self/'),
    await statusOf('PUT', '/self'),
    await statusOf('GET', '/none'),
    await statusOf('POST', '', []),
    await statusOf('POST', '', created),
    await statusOf('GET', '/self'),
  ]).toEqual([200, 200, 405, 404, 400, 201, 200])
})
