import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyChangeFeed } from 'sallyport'

/** What the monotonic clock and the wall clock say. */
let monotonic = 0
let wall = 0

beforeEach(() => {
  monotonic = 1_000
  wall = Date.UTC(2030, 0, 1)
  jest.useFakeTimers({ doNotFake: ['performance', 'Date'] })
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic)
})

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

async function pass(ms: number): Promise<void> {
  monotonic += ms
  wall += ms
  await jest.advanceTimersByTimeAsync(ms)
}

/** A gate that remembers a key; another process revokes it, and this one hears nothing of it. */
async function openRemembering(feed: KeyChangeFeed | undefined) {
  const { changes: _, ...memory } = createMemoryKeyStore()
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: memory, ...(feed && { changes: feed }) },
    scopes: [],
    clock: () => wall,
  })
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  await pass(1_000)
  await gate.verify(secret)
  await memory.update(id, { revokedAt: new Date(wall) }, 1)
  expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  return {
    ask: async () => {
      const decision = await gate.verify(secret)
      return decision.allowed ? 'allowed' : decision.reason
    },
  }
}

const proving: KeyChangeFeed = {
  listen: () => ({ catchUp: () => undefined, close: () => undefined }),
}

describe.each([
  ['with a feed', proving, 4_000],
  ['without a feed', undefined, 30_000],
])('a machine that was suspended, its monotonic clock with it, %s', (_name, feed, ms) => {
  test('serves nothing that it remembers from before', async () => {
    const { ask } = await openRemembering(feed)
    wall += ms
    expect(await ask()).toBe('key_revoked')
  })

  test('as one whose wall clock alone was set back, or adjusted, goes on with it', async () => {
    const { ask } = await openRemembering(feed)
    wall -= 3_600_000
    expect(await ask()).toBe('allowed')
    wall += 999
    expect(await ask()).toBe('allowed')
  })
})
