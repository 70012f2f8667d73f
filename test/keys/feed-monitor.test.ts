import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { KeyChangeSubscription } from 'sallyport'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance, suspend, type Instance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

/** Two instances on one store and one feed. The second one remembers a key. */
async function openPair() {
  const store = createSilentStore()
  const bus = createBus()
  const [here, there] = [
    openInstance(store, { changes: bus.feed }),
    openInstance(store, { changes: bus.feed }),
  ]
  const { id, secret } = await here.gate.keys.create(CI)
  await there.verdict(secret)
  await pass(1_000)
  await remembers(there, secret)
  return { bus, here, there, id, secret }
}

/** The key is not read at its next use, but perhaps at this one. */
async function remembers({ verdict, reads }: Instance, secret: string): Promise<void> {
  await verdict(secret)
  const before = reads()
  await verdict(secret)
  expect(reads()).toBe(before)
}

describe('a change is in force in another instance', () => {
  test('at once, where it is heard', async () => {
    const { here, there, id, secret } = await openPair()
    await here.gate.keys.revoke(id)
    expect(await there.verdict(secret)).toBe('key_revoked')
  })

  test.each([{ version: '2' }, { version: NaN }, { id: 5 }, { version: undefined }])(
    'also where the feed tells of it by something that is no change: %j',
    async (spoilt) => {
      const { bus, here, there, id, secret } = await openPair()
      bus.spoil = spoilt
      await here.gate.keys.revoke(id)
      expect(await there.verdict(secret)).toBe('key_revoked')
    },
  )

  test.each([
    ['silent', 'key_revoked'],
    // Nothing but the heartbeat tells a silent feed from a quiet one.
    ['deaf', 'allowed'],
  ] as const)('3 s after the feed went %s: %s', async (mode, expected) => {
    const { bus, here, there, id, secret } = await openPair()
    bus.mode = mode
    const revoking = here.gate.keys.revoke(id)
    await pass(2_999)
    await revoking
    await pass(1)
    expect(await there.verdict(secret)).toBe(expected)
  })

  test.each([
    [60_000, 'key_revoked'],
    // Without the gap in time, what waits in the socket is not missed.
    [0, 'allowed'],
  ])('that was suspended for %i ms, before it has caught up: %s', async (ms, expected) => {
    const { bus, here, there, id, secret } = await openPair()
    bus.holding = true
    await here.gate.keys.revoke(id)
    suspend(ms)
    expect(await there.verdict(secret)).toBe(expected)
    await pass(1_000)
    expect(await there.verdict(secret)).toBe('key_revoked')
  })

  test.each([
    ['with notice', 'key_revoked'],
    // A client that connects anew without a word hears on, and has missed the change.
    ['without', 'allowed'],
  ])('that was cut off %s meanwhile, and listens again: %s', async (notice, expected) => {
    const { bus, here, there, id, secret } = await openPair()
    bus.mode = 'deaf'
    if (notice === 'with notice') bus.cut()
    await here.gate.keys.revoke(id)
    bus.mode = 'sound'
    await pass(1_000)
    expect(await there.verdict(secret)).toBe(expected)
  })
})

describe('while the feed is away', () => {
  test.each(['silent', 'refusing'] as const)(
    '(%s) each key is read anew; one error is told, and the feed is found again',
    async (mode) => {
      const { bus, there, secret } = await openPair()
      for (let outage = 1; outage <= 2; outage++) {
        bus.mode = mode
        await pass(60_000)
        const before = there.reads()
        for (let time = 0; time < 3; time++) expect(await there.verdict(secret)).toBe('allowed')
        expect(there.reads()).toBe(before + 3)
        expect(there.errors).toHaveLength(outage)
        bus.mode = 'sound'
        await pass(5_000)
        await remembers(there, secret)
      }
      expect(there.errors).toMatchObject([{ name: 'StoreError' }, { name: 'StoreError' }])
    },
  )

  test('an instance that starts serves, and remembers nothing', async () => {
    const bus = createBus()
    bus.mode = 'refusing'
    const { gate, verdict, reads } = openInstance(createSilentStore(), { changes: bus.feed })
    const { secret } = await gate.keys.create(CI)
    for (let time = 1; time <= 3; time++) {
      expect(await verdict(secret)).toBe('allowed')
      expect(reads()).toBe(time)
    }
  })

  test('what is read is not remembered when the feed was lost, or found, during the read', async () => {
    const store = createSilentStore()
    const bus = createBus()
    let release: () => void = () => undefined
    const held: typeof store = {
      ...store,
      findByDigest: async (digest) => {
        const record = await store.findByDigest(digest)
        await new Promise<void>((resolve) => (release = resolve))
        return record
      },
    }
    const { gate, verdict, reads } = openInstance(held, { changes: bus.feed })
    const { secret } = await gate.keys.create(CI)
    for (let time = 1; time <= 4; time++) {
      const reading = verdict(secret)
      await pass(0)
      bus.cut()
      release()
      expect(await reading).toBe('allowed')
      expect(reads()).toBe(time)
      await pass(1_000)
    }
  })
})

test('who answers a listener too late is sent away', async () => {
  const close = jest.fn<() => void>()
  const openings: ((subscription: KeyChangeSubscription) => void)[] = []
  const { gate, verdict, errors } = openInstance(createSilentStore(), {
    changes: { listen: () => new Promise((resolve) => openings.push(resolve)) },
  })
  await verdict('unknown')
  await pass(3_001)
  expect(openings).toHaveLength(2)
  openings[0]?.({ catchUp: () => undefined, close })
  await pass(0)
  expect(close).toHaveBeenCalledTimes(1)
  expect(errors).toHaveLength(1)
  openings[1]?.({ catchUp: () => undefined, close })
  await gate.close()
  expect(close).toHaveBeenCalledTimes(2)
})

test('a subscription that is over cannot end the next one', async () => {
  const losers: ((cause: unknown) => void)[] = []
  const { verdict, errors, gate, reads } = openInstance(createSilentStore(), {
    changes: {
      listen: ({ lost }) => {
        losers.push(lost)
        return { catchUp: () => undefined, close: () => undefined }
      },
    },
  })
  const { secret } = await gate.keys.create(CI)
  await verdict(secret)
  losers[0]?.(new Error('first'))
  await pass(1_000)
  losers[0]?.(new Error('first, again'))
  expect(errors).toHaveLength(1)
  await remembers({ verdict, reads, gate, errors }, secret)
})

test.each([
  ['that catches up', { catchUp: () => undefined }],
  ['that is never behind', {}],
])('a feed %s is found again after it was lost', async (_name, more) => {
  let lose: (cause: unknown) => void = () => undefined
  const instance = openInstance(createSilentStore(), {
    changes: {
      listen: ({ lost }) => {
        lose = lost
        return { close: () => undefined, ...more }
      },
    },
  })
  const { secret } = await instance.gate.keys.create(CI)
  await remembers(instance, secret)
  lose(new Error('gone'))
  const before = instance.reads()
  await instance.verdict(secret)
  expect(instance.reads()).toBe(before + 1)
  await pass(1_000)
  await remembers(instance, secret)
})

test('closing stops listening and leaves no timer; again is harmless', async () => {
  const { bus, here, there } = await openPair()
  expect(bus.size()).toBe(1)
  for (const { gate } of [here, there, there]) await gate.close()
  expect([bus.size(), jest.getTimerCount()]).toEqual([0, 0])
  bus.mode = 'silent'
  await pass(10_000)
  expect([...here.errors, ...there.errors]).toEqual([])
})

test('what stops listening badly is told, and hurts nobody', async () => {
  const { gate, verdict, errors } = openInstance(createSilentStore(), {
    changes: {
      listen: ({ lost }) => {
        setTimeout(() => {
          lost(new Error('gone'))
        }, 10)
        return {
          catchUp: () => undefined,
          close: () => Promise.reject(new Error('cannot close')),
        }
      },
    },
  })
  await verdict('unknown')
  await pass(10)
  expect(errors).toMatchObject([{ name: 'StoreError' }, { message: 'cannot close' }])
  await expect(gate.close()).resolves.toBeUndefined()
})
