import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { KeyChangeFeed, KeyChangeListener, KeyChangeSubscription, Outage } from 'sallyport'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance, suspend } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)
const done = () => undefined

/** An instance that listens to a feed of the test's own, and a key that was asked for once. */
async function open(listen: KeyChangeFeed['listen']) {
  const listeners: KeyChangeListener[] = []
  const changes: KeyChangeFeed = {
    listen(listener) {
      listeners.push(listener)
      return listen(listener)
    },
  }
  const store = createSilentStore()
  const instance = openInstance(store, { changes })
  const { id, secret } = await instance.gate.keys.create(CI)
  /** How often the store was asked at the next use of the key. */
  const readsOfOne = async () => {
    const before = instance.reads()
    await instance.verdict(secret)
    return instance.reads() - before
  }
  await readsOfOne()
  return { ...instance, ...{ id, secret, store }, ...{ changes, listeners, readsOfOne } }
}

function deferred<T>() {
  let settle: { resolve: (value: T) => void; reject: (cause: unknown) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  const { resolve, reject } = settle ?? {}
  return { promise, resolve: (value: T) => resolve?.(value), reject }
}

test('a key is remembered where there is no feed', async () => {
  const { gate, verdict, reads } = openInstance(createSilentStore())
  const { secret } = await gate.keys.create(CI)
  for (let time = 0; time < 3; time++) await verdict(secret)
  expect(reads()).toBe(1)
})

describe('a feed that is never behind', () => {
  test('is believed after a suspension as well', async () => {
    const { readsOfOne } = await open(() => ({ close: done }))
    await readsOfOne()
    suspend(4_000)
    expect(await readsOfOne()).toBe(0)
  })

  test('needs no heartbeat', async () => {
    const changes: KeyChangeFeed = { listen: () => ({ close: done }) }
    const { verdict } = openInstance(createSilentStore(), { changes })
    const before = jest.getTimerCount()
    await verdict('unknown')
    expect(jest.getTimerCount()).toBe(before)
  })

  test('is listened to again where it was lost while it was being opened', async () => {
    let losing = true
    const { listeners, readsOfOne } = await open(({ lost }) => {
      if (losing) lost(new Error('gone'))
      return Promise.resolve({ close: done })
    })
    losing = false
    await pass(1_000)
    expect(listeners).toHaveLength(2)
    await readsOfOne()
    expect(await readsOfOne()).toBe(0)
  })
})

test('a change of one key is no reason to read others anew', async () => {
  const { listeners, readsOfOne, errors } = await open(() => ({ catchUp: done, close: done }))
  await readsOfOne()
  for (const version of [1, 2]) listeners[0]?.changed({ id: 'key_other', version })
  expect(await readsOfOne()).toBe(0)
  expect(errors).toEqual([])
})

test('what was read while nothing was heard is read anew once something is', async () => {
  const opened = await open(() => ({ catchUp: done, close: done }))
  const { id, secret, store, listeners, readsOfOne, verdict } = opened
  await readsOfOne()
  listeners[0]?.lost(new Error('gone'))
  expect(await verdict(secret)).toBe('allowed')
  await store.update(id, { revokedAt: new Date() }, 1)
  await pass(1_000)
  expect(listeners).toHaveLength(2)
  expect(await verdict(secret)).toBe('key_revoked')
})

describe('something that is no change', () => {
  test.each([[null], [undefined], ['key_1'], [7], [{ id: 'key_1' }], [{ version: 2 }]])(
    'may have been one of any key, and no error of the feed: %p',
    async (told) => {
      const { listeners, readsOfOne, errors } = await open(() => ({ catchUp: done, close: done }))
      await readsOfOne()
      expect(await readsOfOne()).toBe(0)
      expect(() => {
        listeners[0]?.changed(told as never)
      }).not.toThrow()
      expect(await readsOfOne()).toBe(1)
      expect(errors).toMatchObject([{ name: 'StoreError', cause: { name: 'TypeError' } }])
    },
  )

  test('ends only the subscription that has told of it', async () => {
    const { listeners, readsOfOne } = await open(() => ({ catchUp: done, close: done }))
    listeners[0]?.lost(new Error('gone'))
    await pass(1_000)
    await readsOfOne()
    expect(await readsOfOne()).toBe(0)
    listeners[0]?.changed(null as never)
    expect(await readsOfOne()).toBe(0)
    expect(listeners).toHaveLength(2)
  })
})

describe('an outage of the feed', () => {
  const told: Outage[] = []
  const note = (message: unknown) => void told.push(message as Outage)
  beforeEach(() => {
    told.length = 0
    subscribe('sallyport:outages', note)
  })
  afterEach(() => void unsubscribe('sallyport:outages', note))

  test('is told with its cause, and to the channel with the feed', async () => {
    const { changes, listeners, errors } = await open(() => ({ catchUp: done, close: done }))
    listeners[0]?.lost(new Error('gone'))
    await pass(1_000)
    expect(errors).toMatchObject([{ name: 'StoreError', cause: { message: 'gone' } }])
    const mine = told.filter(({ store }) => store === changes)
    expect(mine).toMatchObject([
      { part: 'key_changes', state: 'failing' },
      { part: 'key_changes', state: 'recovered' },
    ])
  })

  test('has a cause where the feed does not answer', async () => {
    const bus = createBus()
    bus.mode = 'silent'
    const { verdict, errors } = openInstance(createSilentStore(), { changes: bus.feed })
    await verdict('unknown')
    await pass(3_000)
    expect(errors).toMatchObject([{ name: 'StoreError', cause: { name: 'StoreError' } }])
  })

  test('is not over when what was lost has caught up', async () => {
    const behind = deferred<undefined>()
    let away = false
    const { listeners, errors } = await open(() => {
      if (away) throw new Error('refused')
      return { catchUp: () => behind.promise, close: done }
    })
    away = true
    listeners[0]?.lost(new Error('gone'))
    behind.resolve(undefined)
    await pass(5_000)
    expect(errors).toHaveLength(1)
  })
})

describe('a gate that was closed', () => {
  test('reads each key, and remembers none', async () => {
    const { gate, readsOfOne } = await open(() => ({ catchUp: done, close: done }))
    await readsOfOne()
    expect(await readsOfOne()).toBe(0)
    await gate.close()
    expect([await readsOfOne(), await readsOfOne()]).toEqual([1, 1])
  })

  test.each(['answers', 'fails'] as const)(
    'while its feed catches up says no more of it, and listens no more, when that %s',
    async (end) => {
      const behind = deferred<undefined>()
      const { gate, listeners, errors } = await open(() => ({
        catchUp: () => behind.promise,
        close: done,
      }))
      await gate.close()
      if (end === 'answers') behind.resolve(undefined)
      else behind.reject?.(new Error('gone'))
      await pass(10_000)
      expect(listeners).toHaveLength(1)
      expect(errors).toEqual([])
    },
  )

  test('sends a listener away that answers only then', async () => {
    const opening = deferred<KeyChangeSubscription>()
    const close = jest.fn<() => void>()
    const { gate } = await open(() => opening.promise)
    await pass(3_000)
    await gate.close()
    opening.resolve({ catchUp: done, close })
    await pass(0)
    expect(close).toHaveBeenCalledTimes(1)
  })
})
