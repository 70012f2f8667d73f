import { once } from 'node:events'
import { request, type IncomingMessage, type Server } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { guard, keyEndpoints } from 'sallyport/express'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** An API whose caller sends the head of a request, lets `meanwhile` happen, and then sends the body. */
async function open() {
  const memory = createMemoryKeyStore()
  let asked = () => {}
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    asked()
    return memory.findByDigest(digest)
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: { ...memory, findByDigest } },
    scopes: { 'read:orders': 1, 'manage:keys': 2, 'manage:billing': 3 },
  })
  const input = { name: 'Key', ownerId: 'org_1' }
  const caller = await gate.keys.create({ ...input, scopes: ['manage:keys'] })
  const target = await gate.keys.create({ ...input, scopes: ['read:orders'] })
  // A guard before the endpoints: its grant must not outlive the key.
  const app = express().use(guard(gate), keyEndpoints(gate, { scopes: ['manage:keys'] }))
  const { server, port } = await listen(app)
  servers.push(server)

  async function send(method: string, path: string, body: string, meanwhile: () => unknown) {
    const checked = new Promise<void>((resolve) => (asked = resolve))
    const headers = {
      authorization: `Bearer ${caller.secret}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers, agent: false })
    outgoing.flushHeaders()
    await checked
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    await meanwhile()
    outgoing.end(body)
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode
  }

  return { gate, caller, target, send }
}

describe('a caller that holds back its body', () => {
  test.each(['POST /', 'PATCH /{id}', 'POST /{id}/rotate'])(
    'to %s is judged by what its key is when the body comes',
    async (line) => {
      const { gate, caller, target, send } = await open()
      const [method = '', path = ''] = line.replace('{id}', target.id).split(' ')
      const body = method === 'PATCH' || path === '/' ? '{"name":"CI"}' : '{}'
      const status = await send(method, path, body, () => gate.keys.revoke(caller.id))
      expect(status).toBe(401)
      expect((await gate.keys.list()).items).toHaveLength(2)
      expect(await gate.keys.get(target.id)).toMatchObject({ name: 'Key' })
    },
  )

  test('is judged by the scopes that it has then', async () => {
    const { gate, caller, send } = await open()
    const body = '{"name":"CI","scopes":["manage:keys"]}'
    const demote = () => gate.keys.update(caller.id, { scopes: ['read:orders'] })
    expect(await send('POST', '/', body, demote)).toBe(403)
  })

  test('cannot rotate a key that became mightier meanwhile', async () => {
    const { gate, target, send } = await open()
    const promote = () => gate.keys.update(target.id, { scopes: ['manage:billing'] })
    expect(await send('POST', `/${target.id}/rotate`, '{}', promote)).toBe(403)
  })

  test('is let in where nothing happened meanwhile', async () => {
    const { send } = await open()
    expect(await send('POST', '/', '{"name":"CI"}', () => {})).toBe(201)
  })
})
