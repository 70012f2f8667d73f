import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createWebhooks, verifyWebhook, type WebhookEndpoint } from 'sallyport/webhooks'
import { Webhook } from 'standardwebhooks'
import { until } from '../adapters/until.js'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const OTHER = `whsec_${Buffer.alloc(24, 9).toString('base64')}`
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Message {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Receiver {
  readonly url: string
  readonly messages: Message[]
  /** How many connections were ended before they had an answer. */
  interrupted: number
  /** What it answers now; 0: nothing, and it closes the connection; -1: nothing at all. */
  answer: { status: number; headers?: Record<string, string> }
}

async function createReceiver(): Promise<Receiver> {
  const server: Server = createServer((req, res) => {
    const pieces: Buffer[] = []
    res.on('close', () => {
      if (!res.writableEnded) receiver.interrupted += 1
    })
    req.on('data', (piece: Buffer) => pieces.push(piece))
    req.on('end', () => {
      receiver.messages.push({ headers: req.headers, body: Buffer.concat(pieces).toString() })
      const { status, headers } = receiver.answer
      if (status === 0) req.socket.destroy()
      else if (status > 0) res.writeHead(status, headers).end('thank you')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${String(port)}/hooks`
  const receiver: Receiver = { url, messages: [], interrupted: 0, answer: { status: 204 } }
  return receiver
}

async function openGate(...endpoints: readonly WebhookEndpoint[]) {
  const errors: unknown[] = []
  const time = createTestClock(new Date())
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    webhooks: createWebhooks({ endpoints }),
    clock: time.clock,
    onError: (error) => void errors.push(error),
  })
  closing.push(() => gate.close())
  await gate.events.run()
  return { gate, time, errors }
}

const input = {
  name: 'CI',
  ownerId: 'org_1',
  environment: 'live',
  scopes: ['read:orders'],
} as const
const typesOf = (messages: readonly Message[]) =>
  messages.map(({ body }) => (JSON.parse(body) as { type: string }).type)

test('a message is what Standard Webhooks asks for, and a public library verifies it', async () => {
  const receiver = await createReceiver()
  const { gate } = await openGate({ url: receiver.url, secret: [OTHER, SECRET], events: ['key.*'] })
  const { secret, ...key } = await gate.keys.create(input)
  await gate.events.run()
  const [message] = receiver.messages
  expect(receiver.messages).toHaveLength(1)
  const { headers, body = '' } = message ?? {}
  for (const each of [SECRET, OTHER]) {
    const verified = new Webhook(each).verify(body, headers as Record<string, string>)
    expect(verified).toMatchObject({ type: 'key.created', data: { id: key.id, ownerId: 'org_1' } })
    expect(verifyWebhook({ headers: headers ?? {}, body, secrets: [each] })).toBe(true)
  }
  expect(headers).toMatchObject({ 'content-type': 'application/json' })
  expect(body).not.toContain(secret)
  expect(() => new Webhook(SECRET).verify(`${body} `, headers as Record<string, string>)).toThrow()
})

test('a receiver that is away gets each event once it is back, in order, and holds up no other', async () => {
  const [away, other] = [await createReceiver(), await createReceiver()]
  const endpoints = [away, other].map(({ url }) => ({ url, secret: SECRET }))
  const { gate, time } = await openGate(...endpoints)
  const { id } = await gate.keys.create(input)
  await gate.keys.update(id, { name: 'Build' })
  const ids = new Set<unknown>()
  for (const status of [500, 0, 302, 429]) {
    away.answer = { status, headers: { location: other.url, 'retry-after': '60' } }
    await gate.events.run()
    for (const { headers } of away.messages.splice(0)) ids.add(headers['webhook-id'])
    time.advance('2h')
  }
  // The same message each time; and no redirect was followed.
  expect(ids.size).toBe(1)
  expect(typesOf(other.messages)).toEqual(['key.created', 'key.updated'])
  away.answer = { status: 200 }
  time.advance('1h')
  await gate.events.run()
  expect(typesOf(away.messages)).toEqual(['key.created', 'key.updated'])
  expect(ids.has(away.messages[0]?.headers['webhook-id'])).toBe(true)
  await gate.events.run()
  expect(away.messages).toHaveLength(2)
})

test('a receiver that never answers delays no other, and no warning is written', async () => {
  const warnings: Error[] = []
  const warn = (warning: Error) => void warnings.push(warning)
  process.on('warning', warn)
  closing.push(() => process.off('warning', warn))
  const [silent, other] = [await createReceiver(), await createReceiver()]
  silent.answer = { status: -1 }
  const { gate } = await openGate(...[silent, other].map(({ url }) => ({ url, secret: SECRET })))
  const seen = (receiver: Receiver, count: number) => until(() => receiver.messages.length >= count)
  for (let at = 0; at < 20; at++) await gate.keys.create(input)
  // All places of the silent one are taken, for 10 s.
  await seen(silent, 16)
  await seen(other, 20)
  await gate.keys.create(input)
  await seen(other, 21)
  expect(silent.messages).toHaveLength(16)
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([])
})

test('a gate that is closed interrupts what a receiver has not answered', async () => {
  const silent = await createReceiver()
  silent.answer = { status: -1 }
  const { gate, errors } = await openGate({ url: silent.url, secret: SECRET })
  await gate.keys.create(input)
  const running = gate.events.run()
  await until(() => silent.messages.length === 1)
  await gate.close()
  expect(await running).toMatchObject({ failed: 1 })
  await until(() => silent.interrupted === 1)
  expect(errors).toEqual([])
})

test('Retry-After is kept to, and 410 ends a delivery: it is seen, and can be tried again', async () => {
  const receiver = await createReceiver()
  const { gate, time } = await openGate({ url: receiver.url, secret: SECRET, name: 'billing' })
  receiver.answer = { status: 503, headers: { 'retry-after': '3600' } }
  await gate.keys.create(input)
  await gate.events.run()
  time.advance('59m')
  expect(await gate.events.run()).toMatchObject({ failed: 0 })
  time.advance('2m')
  receiver.answer = { status: 410 }
  expect(await gate.events.run()).toMatchObject({ failed: 1 })
  const { items } = await gate.events.failed()
  expect(items).toMatchObject([
    { target: 'webhook billing', error: 'It was answered with status 410.', attempts: 2 },
  ])
  receiver.answer = { status: 200 }
  expect(await gate.events.retry()).toBe(1)
  expect(await gate.events.run()).toMatchObject({ delivered: 1 })
})

test('only what an endpoint asks for is sent to it', async () => {
  const receiver = await createReceiver()
  const { gate } = await openGate({ url: receiver.url, secret: SECRET, events: ['key.revoked'] })
  const { id } = await gate.keys.create(input)
  await gate.keys.revoke(id)
  await gate.events.run()
  expect(typesOf(receiver.messages)).toEqual(['key.revoked'])
})

test('an endpoint whose name leads to a private address is not connected to', async () => {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  const { gate, errors } = await openGate(
    { url: 'https://localhost:1/hooks', secret: SECRET },
    { url: 'https://[::ffff:10.0.0.1]/hooks', secret: SECRET },
    { url: 'https://0x7f.1/hooks', secret: SECRET },
  )
  await gate.keys.create(input)
  await gate.events.run()
  expect(errors).toHaveLength(3)
  for (const error of errors) expect(String(error)).toMatch(/private address/)
  process.env['NODE_ENV'] = before
})

test('one of this machine is, in development, with TLS as without', async () => {
  const { gate, errors } = await openGate(
    { url: 'https://localhost:1/hooks', secret: SECRET },
    { url: 'https://[::ffff:10.0.0.1]/hooks', secret: SECRET },
  )
  await gate.keys.create(input)
  await gate.events.run()
  expect(errors.map(String).sort()).toEqual([
    expect.stringContaining('ECONNREFUSED'),
    expect.stringContaining('private address'),
  ])
})

describe('createWebhooks refuses', () => {
  const url = 'https://hooks.acme.example/keys'
  test.each<readonly [string, object, RegExp]>([
    [
      'http elsewhere',
      { url: 'http://hooks.acme.example', secret: SECRET },
      /must be an https URL/,
    ],
    ['no URL', { url: 'hooks', secret: SECRET }, /must be a URL/],
    ['user information', { url: 'https://a:b@acme.example', secret: SECRET }, /no user name/],
    ['a short secret', { url, secret: 'whsec_c2hvcnQ=' }, /must be whsec_ and base64/],
    ['three secrets', { url, secret: [SECRET, OTHER, SECRET] }, /must be whsec_ and base64/],
    ['an unknown option', { url, secret: SECRET, event: ['*'] }, /event/],
    ['a pattern in the middle', { url, secret: SECRET, events: ['*.created'] }, /such as/],
  ])('%s', (_name, endpoint, message) => {
    const options = { endpoints: [endpoint] } as Parameters<typeof createWebhooks>[0]
    expect(() => createWebhooks(options)).toThrow(message)
    expect(() => createWebhooks(options)).not.toThrow(/c2hvcnQ/)
  })

  test('http in production, and one endpoint twice', () => {
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      const local = { url: 'http://127.0.0.1/hooks', secret: SECRET }
      expect(() => createWebhooks({ endpoints: [local] })).toThrow(/https/)
    } finally {
      process.env['NODE_ENV'] = before
    }
    const twice = { url, secret: SECRET }
    expect(() => createWebhooks({ endpoints: [twice, twice] })).toThrow(/two 'endpoints'/)
  })
})
