import { afterEach, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { guard, keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
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
