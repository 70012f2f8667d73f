import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyStore } from 'sallyport'
import { openIssuer, startOfTime } from '../oauth/http/api.js'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance } from './instances.js'

const ADDRESS = '203.0.113.9'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

test('a key that was asked for by its secret and by a token is dropped under both when it changes', async () => {
  jest.useRealTimers()
  const time = startOfTime()
  const keys = { prefix: 'acme', store: createMemoryKeyStore() }
  const [here, there] = [openIssuer({ time, keys }), openIssuer({ time, keys })]
  const { id, secret } = await here.create()
  const { accessToken } = await here.gate.tokens.exchange(secret)
  for (const shown of [secret, accessToken, secret]) {
    expect(await there.verdict(shown)).toBe('allowed')
  }
  await here.gate.keys.revoke(id)
  expect(await there.verdict(secret)).toBe('key_revoked')
  expect(await there.verdict(accessToken)).toBe('key_revoked')
})

test('nor is it kept under its secret when what was remembered for a token has ended before', async () => {
  const keys = { prefix: 'acme', store: createMemoryKeyStore() }
  const time = startOfTime()
  const [here, there] = [openIssuer({ time, keys }), openIssuer({ time, keys })]
  const { id, secret } = await here.create()
  const { accessToken } = await here.gate.tokens.exchange(secret)
  expect(await there.verdict(accessToken)).toBe('allowed')
  await pass(6_000)
  expect(await there.verdict(secret)).toBe('allowed')
  await pass(25_000)
  await here.gate.keys.revoke(id)
  expect(await there.verdict(secret)).toBe('key_revoked')
})

describe('from an address that has guessed', () => {
  /** An instance on a store of others, and an address that may guess no more. */
  function open() {
    const store = createSilentStore()
    const [here, there] = [openInstance(store), openInstance(store)]
    const word = async (secret: string) => {
      const decision = await there.gate.verify(secret, ADDRESS)
      return decision.allowed ? 'allowed' : decision.reason
    }
    const guess = async () => {
      for (let time = 0; time < 20; time++) await word(`guess-${String(time)}`)
      expect(await word('guess')).toBe('too_many_failures')
    }
    return { here, there, word, guess }
  }

  test('a key that was one before is no guess, also when it has to be read anew', async () => {
    const { here, word, guess } = open()
    const { secret } = await here.gate.keys.create(CI)
    expect(await word(secret)).toBe('allowed')
    await pass(30_001)
    await guess()
    expect(await word(secret)).toBe('allowed')
  })

  test('nor is one that was made right here, and a key of elsewhere is one until it is seen', async () => {
    const { here, there, word, guess } = open()
    await guess()
    const [mine, other] = [await there.gate.keys.create(CI), await here.gate.keys.create(CI)]
    expect(await word(mine.secret)).toBe('allowed')
    expect(await word(other.secret)).toBe('too_many_failures')
  })
})

describe("a secret that was nobody's a moment ago", () => {
  test.each([
    ['as it commits', false],
    ['after the commit', true],
  ])('is known at once where the store tells of its key %s', async (_when, isPublished) => {
    const store = createSilentStore()
    const bus = createBus()
    const { listen } = bus.feed
    const { verdict } = openInstance(store, { changes: isPublished ? bus.feed : { listen } })
    expect(await verdict('legacy-secret')).toBe('unknown_key')
    await pass(1_000)
    const importer = openInstance(store)
    const { id } = await importer.gate.keys.import({ ...CI, secret: 'legacy-secret' })
    expect(await verdict('legacy-secret')).toBe('unknown_key')
    await bus.feed.publish({ id, version: 1 })
    expect(await verdict('legacy-secret')).toBe('allowed')
  })

  test('is known at once where it was imported here', async () => {
    const { gate, verdict } = openInstance(createSilentStore())
    expect(await verdict('legacy-secret')).toBe('unknown_key')
    await gate.keys.import({ ...CI, secret: 'legacy-secret' })
    expect(await verdict('legacy-secret')).toBe('allowed')
  })
})

test('a change that may have been made is looked for at the next request', async () => {
  const store = createSilentStore()
  const update: KeyStore['update'] = async (...given) => {
    await store.update(...given)
    throw new Error('connection reset')
  }
  const { gate, verdict } = openInstance({ ...store, update })
  const { id, secret } = await gate.keys.create(CI)
  expect(await verdict(secret)).toBe('allowed')
  await expect(gate.keys.update(id, { disabled: true })).rejects.toMatchObject({
    name: 'StoreError',
  })
  expect(await verdict(secret)).toBe('key_disabled')
})

describe('the store', () => {
  /** A store that answers when it is told to, or fails. */
  async function open() {
    const store = createSilentStore()
    const state: { held?: Promise<unknown>; failing: boolean } = { failing: false }
    const findByDigest: KeyStore['findByDigest'] = async (digest) => {
      await state.held
      if (state.failing) throw new Error('connection refused')
      return store.findByDigest(digest)
    }
    const bus = createBus()
    const changes = { listen: bus.feed.listen }
    const instance = openInstance({ ...store, findByDigest }, { changes })
    const { secret } = await instance.gate.keys.create(CI)
    return { ...instance, state, secret, store }
  }

  test('is asked anew by who comes 250 ms after another, and not before', async () => {
    const { verdict, reads, secret, state } = await open()
    state.held = new Promise(() => undefined)
    const all = [verdict(secret)]
    // The process stood still: no timer of the first one has gone off.
    const begun = performance.now()
    const now = jest.spyOn(performance, 'now').mockReturnValue(begun + 249)
    all.push(verdict(secret))
    await pass(0)
    expect(reads()).toBe(1)
    now.mockReturnValue(begun + 250)
    all.push(verdict(secret))
    await pass(0)
    expect(reads()).toBe(2)
    await pass(1_000)
    expect(new Set(await Promise.all(all))).toEqual(new Set(['store_unavailable']))
  })

  test('that fails is stood in for until a key is 30 s old, and no longer', async () => {
    const { verdict, reads, secret, state } = await open()
    await verdict(secret)
    await pass(1_000)
    // From here on, what is read is remembered.
    await verdict(secret)
    const before = reads()
    state.failing = true
    await pass(29_999)
    expect(await verdict(secret)).toBe('allowed')
    expect(reads()).toBe(before)
    await pass(1)
    expect(await verdict(secret)).toBe('store_unavailable')
  })
})
