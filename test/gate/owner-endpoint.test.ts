import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, createUsageEndpoints, type KeyStore } from 'sallyport'
import { usageEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { failuresInto } from '../failures.js'

const USAGE = { scopes: ['read:usage'] } as const

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

function openGate(store: KeyStore = createMemoryKeyStore()) {
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: ['read:usage', 'other'] },
    plans: { one: { concurrency: 1, quota: { limit: 100, window: '1h' } } },
    limits: { defaultPlan: 'one' },
    onError: failuresInto(errors),
  })
  const create = (...scopes: ('read:usage' | 'other')[]) =>
    gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes })
  return { gate, errors, create }
}

async function open(store?: KeyStore) {
  const { gate, errors, create } = openGate(store)
  const { server } = await listen(express().use('/usage', usageEndpoints(gate, USAGE)))
  servers.push(server)
  const { secret } = await create('read:usage')
  const by = (key = secret) => request.agent(server).set('authorization', `Bearer ${key}`)
  return { server, errors, create, by }
}

describe('an endpoint where owners read what is theirs', () => {
  test('answers JSON, which no cache keeps, with how its limit stands', async () => {
    const { by } = await open()
    const { headers, text } = await by().get('/usage').expect(200)
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      'x-ratelimit-limit': '100',
      'x-request-id': expect.stringMatching(/^req_/),
    })
    expect(JSON.parse(text)).toMatchObject({ ownerId: 'org_1' })
    expect(headers).not.toHaveProperty('content-disposition')
  })

  test('answers a table to be saved', async () => {
    const { by } = await open()
    const { headers } = await by().get('/usage?format=csv').expect(200)
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': expect.stringMatching(/^attachment; filename="usage-.*\.csv"$/),
    })
  })

  test('is asked by GET and HEAD, with or without a slash at the end', async () => {
    const { by } = await open()
    await by().get('/usage/').expect(200)
    const head = await by().head('/usage').expect(200)
    expect(head.text).toBeFalsy()
    for (const method of ['post', 'put', 'delete'] as const) {
      const { headers } = await by()[method]('/usage').expect(405)
      expect(headers).toMatchObject({ allow: 'GET' })
    }
  })

  test('is for callers with its scope', async () => {
    const { server, create, by } = await open()
    await request(server).get('/usage').expect(401)
    const other = await create('other')
    const { body } = (await by(other.secret).get('/usage').expect(403)) as { body: unknown }
    expect(body).toMatchObject({ code: 'insufficient_scope' })
  })

  test.each([
    ['/usage/more', 404, 'There is no such page.'],
    ['/usage/toString', 404, 'There is no such page.'],
    ['/usage?by=key&by=day', 400, 'Each parameter of the query may be there once.'],
    ['/usage?by=week', 400, 'The query knows from and to'],
  ])('says what is wrong with %s', async (path, status, detail) => {
    const { by, errors } = await open()
    const { body } = (await by().get(path).expect(status)) as { body: unknown }
    expect(body).toMatchObject({ status, detail: expect.stringContaining(detail) })
    expect(errors).toEqual([])
    // Whatever was answered, the next request has room.
    await by().get('/usage').expect(200)
  })

  test('tells observers once, with what it has come to', async () => {
    const told: unknown[] = []
    const listen = (message: unknown) => told.push(message)
    subscribe('sallyport:decisions', listen)
    const { by } = await open()
    await by().get('/usage').expect(200)
    await by().get('/usage?by=week').expect(400)
    unsubscribe('sallyport:decisions', listen)
    expect(told).toMatchObject([
      { method: 'GET', path: '/usage', decision: { allowed: true } },
      { method: 'GET', path: '/usage', decision: { allowed: false, status: 400 } },
    ])
  })

  test('is 503 while its store is away', async () => {
    const usageOfOwner = () => Promise.reject(new Error('away'))
    const { by } = await open({ ...createMemoryKeyStore(), usageOfOwner })
    const { body } = (await by().get('/usage').expect(503)) as { body: unknown }
    expect(body).toMatchObject({ code: 'store_unavailable' })
  })
})

test.each([[{}], [{ scopes: [] }], [undefined]])(
  'who may read is scopes, and not %j',
  (requirement) => {
    const { gate } = openGate()
    expect(() => usageEndpoints(gate, requirement as never)).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        message:
          "usageEndpoints: 'scopes' must name who may read, such as ['read:usage']; else, every key could",
      }),
    )
  },
)

test('a reading without a response gives its place back at once', async () => {
  const { gate, create } = openGate()
  const { secret } = await create('read:usage')
  const endpoint = createUsageEndpoints(gate, USAGE)
  for (const url of ['/usage', '/usage?by=week', '/usage']) {
    const answer = await endpoint({
      request: {
        ...{ method: 'GET', url, rawHeaders: ['Authorization', `Bearer ${secret}`] },
        peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
      },
      target: '/',
      readBody: () => Promise.resolve(''),
    } as never)
    expect(answer.status).toBe(url === '/usage' ? 200 : 400)
  }
})
