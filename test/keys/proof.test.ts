import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyChangeFeed, type KeyStore } from 'sallyport'
import { CI, createSilentStore, openInstance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

describe('that changes are heard counts from the question', () => {
  /** A feed that says after so long that nothing is left to hear, and passes nothing on. */
  function slowFeed(ms: number): KeyChangeFeed {
    return {
      listen: () => ({
        catchUp: () => new Promise((resolve) => setTimeout(resolve, ms)),
        close: () => undefined,
      }),
    }
  }

  test.each([
    [2_999, 'allowed'],
    [3_000, 'key_revoked'],
  ])(
    'and not from its answer 2 s later: after %i ms, a key that was revoked elsewhere is %s',
    async (ms, expected) => {
      const store = createSilentStore()
      const here = openInstance(store, { changes: slowFeed(2_000) })
      const { id, secret } = await here.gate.keys.create(CI)
      // The question is put with the first use, and answered 2 s later.
      await here.verdict(secret)
      await pass(2_000)
      await here.verdict(secret)
      const elsewhere = openInstance(store)
      await elsewhere.gate.keys.revoke(id)
      await pass(ms - 2_000)
      expect(await here.verdict(secret)).toBe(expected)
      await here.gate.close()
    },
  )
})

describe('with the store away and the feed sound', () => {
  /** A key that is remembered from now on, with a store that is away from now on. */
  async function openWithoutStore(more: Partial<KeyChangeFeed>) {
    const memory = createMemoryKeyStore()
    let away = false
    const store: KeyStore = {
      ...memory,
      findByDigest: (digest) => {
        if (away) throw new Error('connection refused')
        return memory.findByDigest(digest)
      },
    }
    const feed = { listen: () => ({ catchUp: () => undefined, close: () => undefined }), ...more }
    const instance = openInstance(store, { changes: feed })
    const { secret } = await instance.gate.keys.create(CI)
    const other = await instance.gate.keys.create(CI)
    await instance.verdict(secret)
    await pass(41_000)
    // What has ended is swept from time to time: between two of these times, here.
    await instance.verdict(other.secret)
    await pass(3_000)
    const before = instance.reads()
    await instance.verdict(secret)
    expect(instance.reads()).toBe(before + 1)
    away = true
    return { ...instance, secret }
  }

  test.each<[string, number, Partial<KeyChangeFeed>]>([
    ['30 s', 30_000, {}],
    // Who makes a change and dies before it is told has told nobody.
    ['5 s, where changes are told after they are made', 5_000, { publish: () => undefined }],
  ])('no key is served beyond %s', async (_, ms, more) => {
    const { gate, secret, verdict } = await openWithoutStore(more)
    await pass(ms - 1)
    expect(await verdict(secret)).toBe('allowed')
    await pass(1)
    for (let count = 0; count < 2; count++) {
      expect(await verdict(secret)).toBe('store_unavailable')
      await pass(1_000)
    }
    await gate.close()
  })
})
