import { expect, test } from '@jest/globals'
import express from 'express'
import {
  createGate,
  createMemoryKeyStore,
  createMemoryLimitStore,
  MisuseError,
  type GateOptions,
  type LimitStore,
} from 'sallyport'
import { guard } from 'sallyport/express'
import { keptSink, SIGNING } from '../audit/gates.js'

const OPTIONS = {
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['read:orders'],
} satisfies GateOptions
const KEY = { name: 'CI', ownerId: 'org_1', scopes: ['read:orders' as const] }
const wrong = { scopes: ['read:nothing'] } as never

/** A store with a key, made by another gate. */
async function keptKey() {
  const store = createMemoryKeyStore()
  const first = createGate({ ...OPTIONS, keys: { prefix: 'acme', store } })
  const { secret, id } = await first.keys.create(KEY)
  await first.close()
  const peer = { address: '203.0.113.9', encrypted: true }
  const request = { method: 'GET', url: '/', rawHeaders: ['x-api-key', secret], peer }
  return { keys: { prefix: 'acme', store }, id, secret, request }
}

test('what is wrong is told by the call that says it, before the gate is open', () => {
  const gate = createGate(OPTIONS)
  const calls = [
    () => gate.check({ method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }, wrong),
    () => gate.requirement(wrong),
    () => guard(gate, wrong),
    () => gate.endpoints.keys({ scopes: [] }),
    () => gate.endpoints.token(),
    () => gate.endpoints.access({ scopes: [], approverScopes: [] }),
    () => gate.as({ subject: '' }),
    () => {
      gate.tokens.forget({} as never)
    },
  ]
  for (const call of calls) expect(call).toThrow(MisuseError)
})

test('the first requests of a gate are decided as all others, and so is a secret', async () => {
  const { keys, secret, request } = await keptKey()
  const gate = createGate({ ...OPTIONS, keys })
  const first = [gate.check(request), gate.check(request), gate.verify(secret)]
  const { check } = gate
  for (const one of first) expect(await one).toMatchObject({ allowed: true })
  // Whoever took the function before keeps one that works.
  const later = [gate.check(request), check(request), gate.verify(secret)]
  expect(later).toMatchObject([{ allowed: true }, { allowed: true }, { allowed: true }])
  await gate.close()
})

test('while a gate opens, no time of a store runs, and each request is recorded once', async () => {
  const { keys, request } = await keptKey()
  const counted: number[] = []
  const memory = createMemoryLimitStore()
  const store: LimitStore = {
    async consume(asked) {
      counted.push(asked.at)
      // A slow one, with no time to spare.
      await new Promise((resolve) => setTimeout(resolve, 30))
      return memory.consume(asked)
    },
  }
  const errors: unknown[] = []
  const sink = keptSink()
  const gate = createGate({
    ...{ ...OPTIONS, keys, audit: { sink, key: SIGNING.key } },
    plans: { free: { quota: { limit: 10, window: '1h' } } },
    limits: { defaultPlan: 'free', store },
    onError: (error) => errors.push(error),
  })
  const decided = await Promise.all([gate.check(request), gate.check(request)])
  for (const one of decided) if (one.allowed) one.end()
  await gate.close()
  expect(decided.map(({ allowed }) => allowed)).toEqual([true, true])
  expect([counted.length, errors]).toEqual([2, []])
  expect(sink.records('access')).toHaveLength(2)
})

test('a gate that is closed at once is closed, with all that it had begun', async () => {
  const { keys } = await keptKey()
  let heard = 0
  const changes = {
    listen: () => {
      heard += 1
      return { close: () => void (heard -= 1) }
    },
  }
  const sink = keptSink()
  const gate = createGate({
    ...{ ...OPTIONS, keys: { ...keys, changes }, audit: { sink, key: SIGNING.key } },
  })
  const list = gate.keys.list()
  await Promise.all([gate.close(), gate.close()])
  expect((await list).items).toHaveLength(1)
  expect(heard).toBe(0)
})

test('the parts of a gate can be taken before it is open', async () => {
  const { keys, id } = await keptKey()
  const gate = createGate({ ...OPTIONS, keys })
  const ann = gate.as({ subject: 'user_1', ownerId: 'org_1', scopes: ['read:orders'] })
  const [own, all] = [ann.keys.get(id), gate.keys.list()]
  const lines: unknown[] = []
  for await (const line of gate.keys.importLines([])) lines.push(line)
  expect(await own).toMatchObject({ id })
  expect((await all).items).toHaveLength(1)
  expect(lines).toEqual([])
  expect(gate.describe()).toMatchObject({ environments: [{ name: 'live' }] })
  await expect(gate.tokens.exchange('acme')).rejects.toThrow('this gate issues no tokens')
  await expect(gate.audit.query()).rejects.toThrow('there is no audit trail')
  await gate.close()
})

test('a handler behind a guard is reached by the first request', async () => {
  const { keys, secret } = await keptKey()
  const gate = createGate({ ...OPTIONS, keys, trustProxy: ['127.0.0.1'] })
  const app = express().get('/', guard(gate, { scopes: ['read:orders'] }), (_req, res) => {
    res.json({ here: true })
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const headers = { 'x-api-key': secret, 'x-forwarded-proto': 'https', 'x-forwarded-for': '::1' }
  const answer = await fetch(`http://127.0.0.1:${String(port)}/`, { headers })
  server.close()
  await gate.close()
  expect([answer.status, await answer.json()]).toEqual([200, { here: true }])
})
