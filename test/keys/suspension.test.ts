import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createMemoryKeyStore, StoreError, type KeyStore } from 'sallyport'
import { CI, openInstance } from './instances.js'

const own = { ownerId: CI.ownerId }

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
})
afterEach(() => {
  jest.useRealTimers()
})

/** An instance whose store does something before it lists keys, and before it renews a suspension. */
function openListing(memory: KeyStore) {
  const race: { meanwhile?: () => void; renewing?: () => Promise<void> } = {}
  const asked: (readonly [string, number])[] = []
  const store: KeyStore = {
    ...memory,
    list(query) {
      race.meanwhile?.()
      return memory.list(query)
    },
    suspendCreation(ownerId, id, durationMs) {
      asked.push([id, durationMs])
      const suspended = () => memory.suspendCreation?.(ownerId, id, durationMs)
      return asked.length === 2 && race.renewing ? race.renewing().then(suspended) : suspended()
    },
  }
  return { race, asked, ...openInstance(store, { scopes: ['manage'] }) }
}

/** A caller of an owner makes live keys, with a key that the call to come does not end. */
async function openCaller(memory: KeyStore) {
  const { gate } = openInstance(memory, { environment: ['test', 'live'], scopes: ['manage'] })
  const environment = 'test'
  const { secret } = await gate.keys.create({ ...CI, environment, scopes: ['manage'] })
  const answer = gate.endpoints.keys({ scopes: ['manage'], environments: ['live'] })
  return async () => {
    const request = {
      ...{ method: 'POST', url: '/keys', rawHeaders: ['X-API-Key', secret] },
      peer: { address: '203.0.113.9', encrypted: true },
    }
    const parsed = { name: 'Made', environment: 'live' }
    return (await answer({ request, target: '', parsed, stream: Readable.from([]) })).status
  }
}

const live = { ...own, environment: 'live' }

/** A call on another instance, whose store answers with promises: it waits for keys whose making began before it. */
async function waiting(memory: KeyStore) {
  const suspendCreation: KeyStore['suspendCreation'] = (ownerId, id, durationMs) =>
    Promise.resolve(memory.suspendCreation?.(ownerId, id, durationMs))
  const { gate } = openInstance({ ...memory, suspendCreation })
  const before = jest.getTimerCount()
  const done = gate.keys.revokeAll(live)
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
  expect(jest.getTimerCount()).toBe(before + 1)
  return { done }
}

describe('while two instances revoke all keys of an owner', () => {
  test('the first that is done leaves the suspension of the other', async () => {
    const memory = createMemoryKeyStore()
    const make = await openCaller(memory)
    expect(await make()).toBe(201)
    const first = openListing(memory)
    const slow = await waiting(memory)
    await first.gate.keys.revokeAll(live)
    expect(await make()).toBe(409)
    await jest.advanceTimersByTimeAsync(300)
    await slow.done
    expect(await make()).toBe(201)
  })

  test('so does one that ends what a key has made', async () => {
    const memory = createMemoryKeyStore()
    const make = await openCaller(memory)
    const first = openListing(memory)
    const { id } = await first.gate.keys.create(CI)
    const slow = await waiting(memory)
    await first.gate.keys.revoke(id, { descendants: true })
    expect(await make()).toBe(409)
    await jest.advanceTimersByTimeAsync(300)
    await slow.done
  })
})

describe('the suspension of a call that takes long', () => {
  test('is renewed by the same id, and lifted at the end', async () => {
    const { gate, race, asked } = openListing(createMemoryKeyStore())
    for (let at = 0; at < 201; at++) await gate.keys.create(CI)
    race.meanwhile = () => {
      jest.advanceTimersByTime(10_000)
    }
    expect(await gate.keys.revokeAll(own)).toMatchObject({ revoked: 201 })
    const [[id] = ['']] = asked
    expect(new Set(asked.map(([one]) => one))).toEqual(new Set([id]))
    const durations = asked.map(([, duration]) => duration)
    expect(durations.slice(0, 3)).toEqual([30_000, 30_000, 30_000])
    expect(durations.at(-1)).toBe(0)
  })

  test('that had lapsed makes it look once more', async () => {
    const memory = createMemoryKeyStore()
    const make = await openCaller(memory)
    const { gate, race, asked } = openListing(memory)
    let made = 0
    race.meanwhile = () => {
      if (asked.length === 1) jest.advanceTimersByTime(30_000)
    }
    race.renewing = async () => {
      made = await make()
    }
    const done = gate.keys.revokeAll(live)
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    await jest.advanceTimersByTimeAsync(300)
    expect(await done).toMatchObject({ revoked: 1 })
    expect(made).toBe(201)
  })
})

test('a revocation is made where its suspension cannot be lifted: it ends by itself', async () => {
  const memory = createMemoryKeyStore()
  const store: KeyStore = {
    ...memory,
    suspendCreation(ownerId, id, durationMs) {
      if (durationMs === 0) throw new StoreError('away')
      return memory.suspendCreation?.(ownerId, id, durationMs)
    },
  }
  const { gate, verdict } = openInstance(store)
  const { secret } = await gate.keys.create(CI)
  expect(await gate.keys.revokeAll(own)).toMatchObject({ revoked: 1 })
  expect(await verdict(secret)).toBe('key_revoked')
})
