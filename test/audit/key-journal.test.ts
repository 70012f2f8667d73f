import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import express from 'express'
import {
  AuditError,
  createGate,
  createMemoryKeyStore,
  type AuditMode,
  type AuditSink,
  type KeyStore,
} from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import { ask } from '../contracts/exchange.js'
import { auditedGate, KEY, keptSink } from './gates.js'

test('every change of a key is recorded, by its names and not its values', async () => {
  const sink = keptSink()
  const { keys, close } = auditedGate({ sink })
  const first = await keys.create(KEY)
  await keys.update(first.id, { name: 'Other', disabled: false })
  const second = await keys.rotate(first.id)
  await keys.revoke(second.id)
  const taken = await keys.import({ ...KEY, secret: 'from-elsewhere-and-long' })
  await expect(keys.import({ ...KEY, secret: 'from-elsewhere-and-long' })).rejects.toThrow()
  await close()
  const of = { ownerId: 'org_1', environment: 'live', outcome: 'made' }
  expect(sink.records('key')).toMatchObject([
    { ...of, action: 'create', keyId: first.id },
    { ...of, action: 'update', keyId: first.id, changed: expect.arrayContaining(['name']) },
    { ...of, action: 'rotate', keyId: first.id, successorId: second.id },
    { ...of, action: 'revoke', keyId: second.id },
    { ...of, action: 'revoke', keyId: first.id },
    { ...of, action: 'import', keyId: taken.id },
  ])
  expect(sink.entries.map(({ line }) => line).join()).not.toContain('Other')
})

test('what a change repeats is not recorded as changed, and nothing is where all is as it was', async () => {
  const sink = keptSink()
  const { keys, close } = auditedGate({ sink })
  const metadata = { team: { name: 'billing' } }
  const said = { name: 'CI', allowedIps: ['203.0.113.1'], expiresAt: new Date('2100-01-01') }
  const { id } = await keys.create({ ...KEY, ...said, metadata })
  const before = await keys.get(id)
  await keys.update(id, { ...said, metadata: { team: { name: 'billing' } }, plan: null })
  await keys.update(id, { disabled: false })
  expect(await keys.get(id)).toEqual(before)
  await keys.update(id, { ...said, allowedIps: null, metadata })
  await keys.update(id, { disabled: true })
  const paused = await keys.get(id)
  await keys.update(id, { disabled: true })
  expect(await keys.get(id)).toEqual(paused)
  await close()
  const [, ...changes] = sink.records('key')
  expect(changes).toMatchObject([{ changed: ['allowedIps'] }, { changed: ['disabledAt'] }])
})

test('in mode required, the intention is there before the change', async () => {
  const sink = keptSink()
  const seen: unknown[] = []
  const memory = createMemoryKeyStore()
  const store: KeyStore = {
    ...memory,
    insert(record) {
      seen.push(...sink.records('key'))
      return memory.insert(record)
    },
  }
  const options = { environment: 'live', keys: { prefix: 'acme', store }, scopes: [] }
  const gate = createGate({ ...options, audit: { sink, mode: 'required' } })
  const { id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.close()
  expect(seen).toMatchObject([{ keyId: id, outcome: 'intended' }])
  const [intended, made, ...more] = sink.records('key')
  expect(made).toMatchObject({ keyId: id, outcome: 'made' })
  expect(intended).toHaveProperty('id', (made as { id: string }).id)
  expect(more).toEqual([])
})

test('in mode required, no change is made that cannot be recorded', async () => {
  const store = createMemoryKeyStore()
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
    audit: { sink: { write: () => Promise.reject(new Error('full')) }, mode: 'required' },
    onError: () => undefined,
  })
  await expect(gate.keys.create({ name: 'CI', ownerId: 'org_1' })).rejects.toThrow(AuditError)
  expect(await store.list({})).toMatchObject({ items: [] })
})

test('over HTTP, the key that asked for it is named, and the request', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const admin = await gate.keys.create(KEY)
  const app = express()
  app.use('/keys', keyEndpoints(gate, { scopes: ['read:patients'] }))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL('/keys', `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  const headers = { authorization: `Bearer ${admin.secret}`, 'content-type': 'application/json' }
  const answer = await ask(url, 'POST', headers, JSON.stringify({ name: 'New' }))
  server.close()
  await gate.close()
  expect(answer.status).toBe(201)
  const { id } = JSON.parse(answer.text) as { id: string }
  const requestId = answer.headers['x-request-id']
  expect(sink.records('key').at(-1)).toMatchObject({
    ...{ action: 'create', keyId: id, by: { keyId: admin.id, ownerId: 'org_1' }, requestId },
  })
  expect(sink.records('access')).toMatchObject([
    { ...{ requestId, status: 201, method: 'POST', path: '/keys', outcome: 'allowed' } },
  ])
})

describe('somebody who looks at the audit log', () => {
  const LOOK = { path: '/portal/audit', filter: { outcome: 'denied' } }
  const ANN = { subject: 'ann', ownerId: 'org_1', scopes: ['read:patients'] } as const

  test('is let in once that is on durable storage, in mode required', async () => {
    const kept = keptSink()
    const order: string[] = []
    const sink: AuditSink = {
      async write(entries) {
        await new Promise((resolve) => setImmediate(resolve))
        await kept.write(entries)
        order.push('kept')
      },
    }
    const gate = auditedGate({ sink, mode: 'required' })
    await gate.as(ANN).audit.note(LOOK)
    order.push('let in')
    expect(order.slice(0, 2)).toEqual(['kept', 'let in'])
    const look = { path: '/portal/audit', auditFilter: { outcome: 'denied' }, subject: 'ann' }
    expect(kept.records('access')).toMatchObject([look])
    await gate.close()
  })

  test.each<[AuditMode, string]>([
    ['required', 'refused'],
    ['best-effort', 'let in'],
  ])('in mode %s, and nothing can be recorded, is %s', async (mode, expected) => {
    let full = true
    const sink: AuditSink = {
      write() {
        if (full) throw new Error('full')
      },
    }
    const gate = auditedGate({ sink, mode })
    const looked = gate.as(ANN).audit.note(LOOK)
    const outcome = await looked.then(
      () => 'let in',
      (error: unknown) => (error instanceof AuditError ? 'refused' : error),
    )
    expect(outcome).toBe(expected)
    full = false
    await gate.close()
  })
})
