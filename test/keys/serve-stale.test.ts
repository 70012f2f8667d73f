import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type Decision,
  type KeyChangeListener,
  type KeyStore,
} from 'sallyport'
import { suspend } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

/** A gate that remembers a key, on a store and a feed that can go away. */
async function openRemembering() {
  const memory = createMemoryKeyStore()
  const listeners: KeyChangeListener[] = []
  let [away, silent, failing] = [false, false, false]
  const fail = () => {
    if (away) throw new Error('connection refused')
  }
  const store: KeyStore = {
    ...memory,
    findByDigest(digest) {
      fail()
      if (failing) throw new Error('connection refused')
      return memory.findByDigest(digest)
    },
    changes: {
      listen(listener) {
        fail()
        listeners.push(listener)
        const catchUp = () => {
          if (silent) return new Promise<void>(() => undefined)
          fail()
          return undefined
        }
        return { catchUp, close: () => undefined }
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
    /** The store fails, and the feed does not. */
    fail() {
      failing = true
    },
    /** The store fails, and the feed is lost without a word: its last proof was a moment ago. */
    fallSilent() {
      away = true
      silent = true
    },
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

test('a key is served while nobody knows yet that its feed is lost', async () => {
  const { ask, fallSilent } = await openRemembering()
  fallSilent()
  await jest.advanceTimersByTimeAsync(3_500)
  expect(await ask()).toBe('allowed')
})

test('after a suspended process, no key is served that was proven 4.5 s ago', async () => {
  const { ask, fallSilent } = await openRemembering()
  fallSilent()
  suspend(4_499)
  expect(await ask()).toBe('allowed')
  jest.restoreAllMocks()
  suspend(4_500)
  expect(await ask()).toBe('store_unavailable')
})

test('a key is not served beyond the 30 s for which it is remembered, though all changes are heard', async () => {
  const { gate, fail } = await openRemembering()
  // What has ended is dropped every 10 s: not at the time that this one ends.
  await jest.advanceTimersByTimeAsync(4_000)
  const { secret } = await gate.keys.create({ name: 'Other', ownerId: 'org_1' })
  expect(verdictOf(await gate.verify(secret))).toBe('allowed')
  fail()
  await jest.advanceTimersByTimeAsync(29_999)
  expect(verdictOf(await gate.verify(secret))).toBe('allowed')
  await jest.advanceTimersByTimeAsync(1)
  expect(verdictOf(await gate.verify(secret))).toBe('store_unavailable')
})

test('what a management call has read of a key counts at once, whatever was not heard', async () => {
  const { ask, gate, memory, id } = await openRemembering()
  await memory.update(id, { revokedAt: new Date() }, 1)
  expect(await ask()).toBe('allowed')
  await gate.keys.get(id)
  expect(await ask()).toBe('key_revoked')
})
