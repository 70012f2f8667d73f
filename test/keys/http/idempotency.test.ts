import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, type KeyRecord } from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../../adapters/servers.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Two instances of one API, and what their callers do. */
async function open(peppers: readonly string[] = []) {
  const store = createMemoryKeyStore()
  const gates = [0, 1].map(() =>
    createGate({
      environment: 'live',
      keys: { prefix: 'acme', store, peppers },
      scopes: { 'read:orders': 1, 'manage:keys': 2 },
    }),
  )
  const urls = await Promise.all(
    gates.map(async (gate) => {
      const { server, port } = await listen(
        express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] })),
      )
      servers.push(server)
      return `http://127.0.0.1:${String(port)}`
    }),
  )
  const [gate] = gates
  if (gate === undefined) throw new Error('no gate')
  const issue = async (ownerId = 'org_1') =>
    (await gate.keys.create({ name: 'Console', ownerId, scopes: ['manage:keys'] })).secret
  const postOnce = (secret: string, body: object, instance = 0) =>
    request(urls[instance] ?? '')
      .post('/keys')
      .auth(secret, { type: 'bearer' })
      .send(body)
  const post = (secret: string, name: string, body: object, instance = 0) =>
    postOnce(secret, body, instance).set('Idempotency-Key', name)
  return { gate, store, issue, post, postOnce }
}

const ILL_NAMED = 'Idempotency-Key must be there once, with 1 to 255 visible ASCII characters.'
const BODY = { name: 'CI', scopes: ['read:orders'] }

describe('a request to create a key with an Idempotency-Key', () => {
  test('answers the same when it is sent again, to whichever instance', async () => {
    const { gate, issue, post } = await open()
    const secret = await issue()
    const answers = [
      await post(secret, 'order-4711', BODY),
      await post(secret, 'order-4711', BODY, 1),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    expect(answers[1]?.body).toEqual(answers[0]?.body)
    const made = answers[0]?.body as { id: string; secret: string }
    expect(await gate.verify(made.secret)).toMatchObject({
      allowed: true,
      auth: { keyId: made.id },
    })
    const { items } = await gate.keys.list({ ownerId: 'org_1' })
    expect(items.map(({ name }) => name).sort()).toEqual(['CI', 'Console'])
  })

  test('makes one key when it is sent many times at once', async () => {
    const { gate, issue, post } = await open(['0123456789abcdef0123456789abcdef'])
    const secret = await issue()
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => post(secret, 'once', BODY, index % 2)),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const secrets = answers.map(({ body }) => (body as { secret: string }).secret)
    expect(new Set(secrets).size).toBe(1)
    expect((await gate.keys.list({ ownerId: 'org_1' })).items).toHaveLength(2)
  })

  test('makes one key for each name, and for each request without one', async () => {
    const { gate, issue, post, postOnce } = await open()
    const secret = await issue()
    for (const name of ['a', 'b']) await post(secret, name, BODY).expect(201)
    for (let times = 0; times < 2; times++) await postOnce(secret, BODY).expect(201)
    expect((await gate.keys.list({ ownerId: 'org_1' })).items).toHaveLength(5)
  })

  test('is refused for another body', async () => {
    const { issue, post } = await open()
    const secret = await issue()
    await post(secret, 'order-4711', BODY).expect(201)
    const answer = await post(secret, 'order-4711', { ...BODY, name: 'Other' })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ code: 'idempotency_key_reused' })
    expect(answer.text).not.toContain('secret')
  })

  test('finds nothing that another caller has made', async () => {
    const { issue, post } = await open()
    const mine = await post(await issue(), 'order-4711', BODY)
    const twin = await post(await issue(), 'order-4711', BODY)
    const other = await post(await issue('org_2'), 'order-4711', BODY)
    const ids = [mine, twin, other].map(({ body }) => (body as { id: string }).id)
    expect(new Set(ids).size).toBe(3)
  })

  test.each([[''], ['a b'], ['x'.repeat(256)]])('must be named well: "%s"', async (name) => {
    const { issue, post } = await open()
    const answer = await post(await issue(), name, BODY)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ detail: ILL_NAMED })
  })

  test('must be named once', async () => {
    const { gate, issue, postOnce } = await open()
    const agent = postOnce(await issue(), BODY)
    const answer = await agent.set('Idempotency-Key', ['a', 'a'] as never)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ detail: ILL_NAMED })
    expect((await gate.keys.list({ ownerId: 'org_1' })).items).toHaveLength(1)
  })

  test('leaves nothing from which the secret follows without that of the caller', async () => {
    const { store, issue, post } = await open()
    const caller = await issue()
    const answer = await post(caller, 'order-4711', BODY)
    const { id, secret } = answer.body as { id: string; secret: string }
    const record = (await store.findById(id)) as KeyRecord
    const text = JSON.stringify(record)
    for (const part of [secret.slice(-33), secret.slice(-33, -6), caller.slice(-33)]) {
      expect(text).not.toContain(part)
    }
    // Who knows all that is stored, and the name of the request, but another caller's secret, gets another secret.
    const stranger = await issue()
    const again = await post(stranger, 'order-4711', BODY)
    expect((again.body as { secret: string }).secret).not.toBe(secret)
    expect(Object.keys(answer.body as object)).not.toContain('retry')
  })
})
