import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type GateEvent, type KeyStore } from 'sallyport'

type Outbox = NonNullable<KeyStore['outbox']>
const [S, M, H] = [1_000, 60_000, 3_600_000]
/** As Standard Webhooks 1.0 has them. */
const WAITS = [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H]
const input = { name: 'CI', ownerId: 'org_1', environment: 'live' } as const

const closing: (() => unknown)[] = []
beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms)

/** The same outbox, which notes what it is asked, and can be away. */
function noting(outbox: Outbox) {
  const asked = {
    subscribed: 0,
    claims: [] as Parameters<Outbox['claim']>[0][],
    faults: [] as Parameters<Outbox['failed']>[2][],
    released: [] as string[],
  }
  const state: { away?: 'subscribe' | 'claim' | undefined } = {}
  const reach = (what: typeof state.away) => {
    if (state.away === what) throw new Error('connection refused')
  }
  const noted: Outbox = {
    ...outbox,
    subscribe(targets) {
      asked.subscribed += 1
      reach('subscribe')
      return Promise.resolve(outbox.subscribe(targets))
    },
    claim(claim) {
      asked.claims.push(claim)
      reach('claim')
      return outbox.claim(claim)
    },
    failed(seq, holder, fault) {
      asked.faults.push(fault)
      return outbox.failed(seq, holder, fault)
    },
    release(holder) {
      asked.released.push(holder)
      return outbox.release(holder)
    },
  }
  return { asked, state, noted }
}

/** A gate of which nothing has run yet. */
function open(notify: (event: GateEvent) => unknown, memory = createMemoryKeyStore()) {
  const { outbox } = memory
  if (outbox === undefined) throw new Error('The store in memory has an outbox.')
  const { noted, ...more } = noting(outbox)
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store: { ...memory, outbox: noted } } },
    ...{ scopes: [], onError: (error: unknown) => void errors.push(error) },
    notify: async (event) => {
      await notify(event)
    },
  })
  closing.push(() => {
    const closed = gate.close()
    return pass(2_000).then(() => closed)
  })
  return { ...more, memory, errors, gate }
}

function deferred() {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((done) => (resolve = done))
  return { promise, resolve }
}

describe('an event that cannot be delivered', () => {
  test.each([
    [0, 1],
    [1 - Number.EPSILON, 1.1],
  ])('is tried again after each wait, with a jitter of %p', async (random, factor) => {
    jest.spyOn(Math, 'random').mockReturnValue(random)
    const { gate, asked } = open(() => Promise.reject(new Error('away')))
    await gate.events.run()
    await gate.keys.create(input)
    for (const wait of [...WAITS, 0]) {
      await gate.events.run()
      jest.setSystemTime(Date.now() + Math.round(wait * factor))
    }
    const waits = asked.faults.map(({ at, nextAt }) => nextAt && nextAt.getTime() - at.getTime())
    expect(waits).toEqual([...WAITS.map((wait) => Math.round(wait * factor)), undefined])
    expect(asked.faults.every((fault) => fault.error === 'away')).toBe(true)
  })

  test.each([
    [new Error('x'.repeat(501)), 'x'.repeat(500)],
    ['no error at all', 'no error at all'],
    [Object.assign(new Error('x'), { message: { code: 5 } }), '[object Object]'],
    [Object.create(null), 'an error that cannot be shown'],
  ])('is kept with what went wrong', async (thrown, kept) => {
    const notify = jest.fn<() => Promise<never>>().mockRejectedValue(thrown)
    const { gate, asked, errors } = open(notify)
    await gate.events.run()
    await gate.keys.create(input)
    await gate.events.run()
    expect(asked.faults).toMatchObject([{ error: kept }])
    expect(errors).toEqual([thrown])
  })

  test('in 30 s has failed', async () => {
    const { gate, asked } = open(() => new Promise(() => undefined))
    await gate.events.run()
    await gate.keys.create(input)
    const running = gate.events.run()
    await pass(29_999)
    expect(asked.faults).toEqual([])
    await pass(1)
    expect(await running).toMatchObject({ delivered: 0, failed: 1 })
    expect(asked.faults).toMatchObject([{ error: 'It took more than 30000 ms.' }])
  })
})

test('what is claimed is held for 30 s longer than a delivery may take, by a name of its own', async () => {
  const { gate, asked } = open(() => undefined)
  await gate.events.run()
  for (let at = 0; at < 17; at++) await gate.keys.create(input)
  asked.claims.length = 0
  expect(await gate.events.run()).toMatchObject({ delivered: 17, failed: 0 })
  expect(asked.claims).toHaveLength(3)
  for (const { target, now, until, limit } of asked.claims) {
    expect([target, until.getTime() - now.getTime(), limit]).toEqual(['notify', 60_000, 16])
  }
  expect(new Set(asked.claims.map(({ holder }) => holder)).size).toBe(3)
})

test('two runs at once are one, and each says what it has delivered', async () => {
  const waiting = deferred()
  const seen: string[] = []
  const { gate, asked } = open(({ type }) => {
    seen.push(type)
    return waiting.promise
  })
  await Promise.all([gate.events.run(), gate.events.run()])
  expect(asked.subscribed).toBe(1)
  await gate.keys.create(input)
  asked.claims.length = 0
  const running = Promise.all([gate.events.run(), gate.events.run()])
  await pass(10)
  expect(asked.claims).toHaveLength(1)
  waiting.resolve()
  const one = { delivered: 1, failed: 0 }
  expect(await running).toMatchObject([one, one])
  expect(seen).toEqual(['key.created'])
  expect(await gate.events.run()).toMatchObject({ delivered: 0, failed: 0 })
})

describe('without being asked, events are delivered', () => {
  test('once a second', async () => {
    const seen: string[] = []
    const { gate, asked } = open(({ type }) => seen.push(type))
    await pass(0)
    expect(asked.claims).toHaveLength(1)
    await gate.keys.create(input)
    await pass(999)
    expect(seen).toEqual([])
    await pass(1)
    expect(seen).toEqual(['key.created'])
  })

  test('5 s after a failure of the store, which is told once, until the next', async () => {
    const { state, asked, errors } = open(() => undefined)
    await pass(0)
    for (let outage = 1; outage <= 2; outage++) {
      state.away = 'claim'
      await pass(1_000)
      for (const _try of [1, 2]) {
        const before = asked.claims.length
        await pass(4_999)
        expect(asked.claims).toHaveLength(before)
        await pass(1)
        expect(asked.claims).toHaveLength(before + 1)
      }
      expect(errors).toHaveLength(outage)
      state.away = undefined
      await pass(5_000)
    }
  })

  test('to targets that are named to the store once a day, and again where that has failed', async () => {
    const { state, asked, gate } = open(() => undefined)
    state.away = 'subscribe'
    await pass(0)
    expect(asked.subscribed).toBe(1)
    state.away = undefined
    await gate.events.run()
    expect(asked.subscribed).toBe(2)
    const begun = performance.now()
    const now = jest.spyOn(performance, 'now')
    for (const [ms, times] of [
      [24 * H - 1, 2],
      [24 * H, 3],
    ] as const) {
      now.mockReturnValue(begun + ms)
      await gate.events.run()
      expect(asked.subscribed).toBe(times)
    }
  })
})

describe('a gate that is closed', () => {
  test('waits up to 2 s for what is in progress', async () => {
    const waiting = deferred()
    const { gate, asked, memory } = open(() => waiting.promise)
    await gate.events.run()
    await gate.keys.create(input)
    const running = gate.events.run()
    await pass(0)
    let isClosed = false
    const closed = gate.close().then(() => (isClosed = true))
    await pass(1_999)
    expect(isClosed).toBe(false)
    waiting.resolve()
    await pass(0)
    expect(await closed).toBe(true)
    expect(await running).toMatchObject({ delivered: 1 })
    const seen: string[] = []
    const next = open(({ type }) => seen.push(type), memory)
    await next.gate.events.run()
    expect([seen, asked.faults]).toEqual([[], []])
  })

  test.each(['fails', 'does not answer'])('gives back what %s then', async (end) => {
    const waiting = deferred()
    const fail = () => waiting.promise.then(() => Promise.reject(new Error('aborted')))
    const { gate, asked, memory, errors } = open(fail)
    await gate.events.run()
    await gate.keys.create(input)
    const running = gate.events.run()
    await pass(0)
    const [{ holder } = { holder: '' }] = asked.claims.slice(-1)
    const closed = gate.close()
    if (end === 'fails') waiting.resolve()
    await pass(2_000)
    await closed
    if (end === 'fails') expect(await running).toMatchObject({ failed: 1 })
    expect(asked.released).toEqual([holder])
    expect([asked.faults, errors]).toEqual([[], []])
    const seen: string[] = []
    const next = open(({ type }) => seen.push(type), memory)
    await next.gate.events.run()
    expect(seen).toEqual(['key.created'])
  })

  test.each(['subscribe', 'claim'] as const)(
    'goes on after a call of %s that never answers, and says so',
    async (call) => {
      const memory = createMemoryKeyStore()
      const own = memory.outbox
      if (own === undefined) throw new Error('The store in memory has an outbox.')
      let isSilent = true
      const outbox: Outbox = {
        ...own,
        [call]: (given: never) => (isSilent ? new Promise(() => undefined) : own[call](given)),
      }
      const seen: string[] = []
      const { gate, errors } = open(({ type }) => seen.push(type), { ...memory, outbox })
      await pass(0)
      isSilent = false
      await pass(20_000)
      await gate.keys.create(input)
      await pass(2_000)
      expect(seen).toEqual(['key.created'])
      expect(new Set(errors.map(String))).toEqual(
        new Set(['StoreError: The outbox did not answer within 10000 ms.']),
      )
    },
  )

  test('closes though the store never takes back what it holds', async () => {
    const memory = createMemoryKeyStore()
    const own = memory.outbox
    if (own === undefined) throw new Error('The store in memory has an outbox.')
    const outbox: Outbox = { ...own, release: () => new Promise(() => undefined) }
    const { gate } = open(() => new Promise(() => undefined), { ...memory, outbox })
    await gate.events.run()
    await gate.keys.create(input)
    gate.events.run().catch(() => undefined)
    await pass(0)
    let isClosed = false
    const closed = gate.close().then(
      () => (isClosed = true),
      () => (isClosed = true),
    )
    await pass(13_000)
    expect(isClosed).toBe(true)
    await closed
    closing.length = 0
  })

  test('asks the store no more, and leaves no timer', async () => {
    const { gate, asked } = open(() => undefined)
    await gate.events.run()
    await gate.close()
    await pass(2_000)
    const before = asked.claims.length
    await pass(60_000)
    expect(asked.claims).toHaveLength(before)
    expect(asked.released).toEqual([])
    expect(jest.getTimerCount()).toBe(0)
  })
})
