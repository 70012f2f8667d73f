import { expect, test } from '@jest/globals'
import { createMemoryLimitStore, type LimitStore } from 'sallyport'
import { ask, NOON, openGate, requestWith } from './limited.js'

const HOUR = 3_600_000
const plans = {
  plus: {
    quota: { limit: 3, window: '1h' },
    credits: { amount: 10 },
    concurrency: 4,
  },
  open: { quota: 'unlimited' },
  free: { access: false },
} as const

test('tells what is used up, what is left, and until when, and uses up nothing', async () => {
  const { gate, issue } = openGate({ plans })
  const { id, secret } = await issue()
  const all = [
    { name: 'quota-1h', kind: 'quota', limit: 3, used: 0, remaining: 3, resetAt: new Date(NOON) },
    { name: 'credits', kind: 'credit', limit: 10, used: 0, remaining: 10, resetAt: new Date(NOON) },
    { name: 'concurrency', kind: 'concurrency', limit: 4, used: 0, remaining: 4 },
  ]
  expect(await gate.limits.peek({ keyId: id })).toEqual({ at: new Date(NOON), limits: all })
  const decision = await gate.check(requestWith(secret))
  await ask(gate, secret)
  if (!decision.allowed) throw new Error(decision.reason)
  const used = [
    { ...all[0], used: 2, remaining: 1, resetAt: new Date(NOON + HOUR) },
    // Credits are never refilled here.
    { name: 'credits', kind: 'credit', limit: 10, used: 2, remaining: 8 },
    { ...all[2], used: 2, remaining: 2 },
  ]
  for (let time = 0; time < 5; time++) {
    expect((await gate.limits.peek(decision.auth))?.limits).toEqual(used)
  }
  decision.end()
  expect((await gate.limits.peek({ keyId: id }))?.limits[2]).toMatchObject({ used: 1 })
  expect(await ask(gate, secret, 2)).toEqual(['allowed', 'quota_exceeded'])
})

test('tells nothing of plans that limit nothing, and of keys that are not there', async () => {
  const { gate, issue } = openGate({ plans })
  for (const plan of ['open', 'free']) {
    const { id } = await issue({ plan })
    expect(await gate.limits.peek({ keyId: id })).toBeUndefined()
  }
  const unknown = gate.limits.peek({ keyId: 'key_4fQ2nT8vYb1LxWc0RzK7aM' })
  await expect(unknown).rejects.toMatchObject({ code: 'unknown_key' })
})

test('is an error while the store is away, and no guess', async () => {
  const memory = createMemoryLimitStore()
  const state = { away: true }
  const consume: LimitStore['consume'] = (request) => {
    if (state.away) throw new Error('connection refused')
    return memory.consume(request)
  }
  const { gate, issue } = openGate({
    plans,
    limits: { store: { ...memory, consume }, onStoreError: 'allow' },
  })
  const { id } = await issue()
  for (let time = 0; time < 2; time++) {
    await expect(gate.limits.peek({ keyId: id })).rejects.toMatchObject({ name: 'LimitStoreError' })
  }
})
