import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Decision,
  type KeyChangeListener,
  type KeyStore,
} from 'sallyport'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

/** A gate that remembers a key, on a store and a feed that can go away. */
async function openRemembering() {
  const memory = createMemoryKeyStore()
  const listeners: KeyChangeListener[] = []
  let away = false
  const fail = () => {
    if (away) throw new Error('connection refused')
  }
  const store: KeyStore = {
    ...memory,
    findByDigest: (digest) => (fail(), memory.findByDigest(digest)),
    changes: {
      listen(listener) {
        fail()
        listeners.push(listener)
        return { catchUp: fail, close: () => undefined }
      },
    },
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store },
    scopes: [],
    onError: () => undefined,
  })
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  await jest.advanceTimersByTimeAsync(1_000)
  await gate.verify(secret)
  return {
    ask: async (): Promise<string> => verdictOf(await gate.verify(secret)),
    gate,
    memory,
    id,
    go(gone: boolean) {
      away = gone
      if (gone) for (const listener of listeners.splice(0)) listener.lost(new Error('gone'))
    },
  }
}

function verdictOf(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

test('a key whose store and feed are lost is served for 4.5 s after the last proof, and found again', async () => {
  const { ask, go } = await openRemembering()
  go(true)
  await jest.advanceTimersByTimeAsync(4_499)
  expect(await ask()).toBe('allowed')
  await jest.advanceTimersByTimeAsync(1)
  expect(await ask()).toBe('store_unavailable')
  go(false)
  expect(await ask()).toBe('allowed')
})

test('where the store answers, what it says counts at once', async () => {
  const { ask, go, memory, id } = await openRemembering()
  go(true)
  go(false)
  await memory.update(id, { revokedAt: new Date() }, 1)
  expect(await ask()).toBe('key_revoked')
})

test('who was refused while nothing was heard is not let in again when the store fails', async () => {
  const { ask, go, memory, id } = await openRemembering()
  go(true)
  await memory.update(id, { revokedAt: new Date() }, 1)
  go(false)
  // The store answers; whether changes are heard is not proven yet.
  expect(await ask()).toBe('key_revoked')
  go(true)
  expect(await ask()).toBe('store_unavailable')
})

test('what was missed while nothing was heard is not served in the next outage', async () => {
  const { ask, go, memory, id } = await openRemembering()
  go(true)
  await memory.update(id, { revokedAt: new Date() }, 1)
  go(false)
  // Listens again, and proves it; the key was not asked for meanwhile.
  await jest.advanceTimersByTimeAsync(2_000)
  go(true)
  expect(await ask()).toBe('store_unavailable')
})

test('a change in this process is heard, whatever else is not', async () => {
  const { ask, go, gate, id } = await openRemembering()
  go(true)
  await gate.keys.revoke(id)
  expect(await ask()).toBe('store_unavailable')
})
