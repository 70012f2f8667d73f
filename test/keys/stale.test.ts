import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { KeyRecord, KeyStore } from 'sallyport'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

/** A store that answers `old` so many times before it answers with what it has. */
function createLaggingStore() {
  const store = createSilentStore()
  const lag: { old: KeyRecord | undefined; times: number } = { old: undefined, times: 0 }
  const findByDigest: KeyStore['findByDigest'] = async (digest) => {
    const found = await store.findByDigest(digest)
    return lag.times-- > 0 ? lag.old : found
  }
  return { lag, store: { ...store, findByDigest } }
}

describe('a key is remembered', () => {
  const told = createBus()
  test.each([
    ['30 s without a feed', undefined, 30_000],
    [
      '30 s where the store tells of a change as it commits it',
      { listen: told.feed.listen },
      30_000,
    ],
    ['5 s where a change is told after it is committed', told.feed, 5_000],
  ])('%s', async (_name, changes, ms) => {
    const { gate, verdict, reads } = openInstance(createSilentStore(), changes && { changes })
    const { secret } = await gate.keys.create(CI)
    await verdict(secret)
    await pass(1_000)
    await verdict(secret)
    const before = reads()
    await pass(changes ? ms - 1 : ms - 1_001)
    await verdict(secret)
    expect(reads()).toBe(before)
    await pass(2)
    await verdict(secret)
    expect(reads()).toBe(before + 1)
    await gate.close()
  })
})

describe('a record that is older than a change that was heard', () => {
  test.each([
    ['is read again', [3], 'key_revoked', 2],
    ['is read again, whatever older change is heard after it', [3, 2], 'key_revoked', 2],
    ['is read again, in whatever order, and twice', [2, 3, 1, 3], 'key_revoked', 2],
    // Without the revocation's version, nothing is wrong with the answer.
    ['is believed when only the older change was heard', [2], 'allowed', 1],
  ])('%s', async (_name, versions, expected, times) => {
    const { lag, store } = createLaggingStore()
    const bus = createBus()
    const other = openInstance(store)
    const { gate, verdict, reads } = openInstance(store, { changes: { listen: bus.feed.listen } })
    await verdict('unknown')
    const { id, secret } = await other.gate.keys.create(CI)
    await other.gate.keys.update(id, { name: 'Two' })
    lag.old = await store.findById(id)
    await other.gate.keys.revoke(id)
    for (const version of versions) await bus.feed.publish({ id, version })
    lag.times = 1
    const before = reads()
    expect(await verdict(secret)).toBe(expected)
    expect(reads()).toBe(before + times)
    await gate.close()
  })

  test('is given up after three reads: the store is failing', async () => {
    const { lag, store } = createLaggingStore()
    const { gate, verdict, reads, errors } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    lag.old = await store.findById(id)
    lag.times = Infinity
    await gate.keys.revoke(id)
    expect(await verdict(secret)).toBe('store_unavailable')
    expect(reads()).toBe(3)
    expect(errors).toMatchObject([{ message: 'The key store answers with outdated records.' }])
    lag.times = 0
    expect(await verdict(secret)).toBe('key_revoked')
  })

  test('is not believed when an update is acknowledged after the revocation that followed it', async () => {
    const { lag, store } = createLaggingStore()
    let acknowledge: () => void = () => undefined
    const slow: KeyStore = {
      ...store,
      update: async (id, patch, version) => {
        const done = await store.update(id, patch, version)
        if (patch.name !== undefined) await new Promise<void>((resolve) => (acknowledge = resolve))
        return done
      },
    }
    const { gate, verdict } = openInstance(slow)
    const { id, secret } = await gate.keys.create(CI)
    const updating = gate.keys.update(id, { name: 'Two' })
    await pass(0)
    lag.old = await store.findById(id)
    await gate.keys.revoke(id)
    acknowledge()
    await updating
    lag.times = 1
    expect(await verdict(secret)).toBe('key_revoked')
  })
})

describe('a secret that was looked for before it was imported, and not found after', () => {
  async function race(elsewhere: boolean) {
    const store = createSilentStore()
    let release: () => void = () => undefined
    let hold = true
    const slow: KeyStore = {
      ...store,
      findByDigest: async (digest) => {
        const found = await store.findByDigest(digest)
        if (hold) await new Promise<void>((resolve) => (release = resolve))
        return found
      },
    }
    const here = openInstance(slow)
    const importer = elsewhere ? openInstance(store) : here
    const looking = here.verdict('legacy-secret')
    await pass(0)
    hold = false
    await importer.gate.keys.import({ ...CI, secret: 'legacy-secret' })
    release()
    expect(await looking).toBe('unknown_key')
    return here
  }

  test('is known at the next request', async () => {
    const { verdict } = await race(false)
    expect(await verdict('legacy-secret')).toBe('allowed')
  })

  test('is known after 5 s where it was imported without a word', async () => {
    const { verdict } = await race(true)
    await pass(4_999)
    expect(await verdict('legacy-secret')).toBe('unknown_key')
    await pass(1)
    expect(await verdict('legacy-secret')).toBe('allowed')
  })
})
