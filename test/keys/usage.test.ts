import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type GateRequest,
  type KeyStore,
  type KeyUsage,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createTally, type Tally } from '../../src/core/tally.js'
import { createUsageRecorder } from '../../src/keys/usage.js'
import { CI, openInstance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

/** A recorder, and what it wrote, batch by batch; it fails while `failing`. */
function openRecorder(start?: Date) {
  const time = createTestClock(start)
  const batches: (readonly KeyUsage[])[] = []
  const errors: unknown[] = []
  const state = { failing: false }
  const recordUsage: KeyStore['recordUsage'] = (usage) => {
    if (state.failing) throw new Error('connection refused')
    batches.push(usage)
  }
  const recorder = createUsageRecorder({ recordUsage }, time.clock, (error) => errors.push(error))
  const used = (one: Tally) => {
    recorder.used(one, 'allowed')
  }
  return { time, batches, errors, state, ...recorder, used }
}

function tally(keyId: string, environment = 'live', ownerId = 'org_1'): Tally {
  return createTally({ keyId, ownerId, environment })
}

describe('uses', () => {
  test('are counted by key, and written 10 s after the first', async () => {
    const { used, batches, time } = openRecorder()
    const [one, two] = [tally('key_1'), tally('key_2', 'test')]
    used(one)
    used(two)
    time.advance('1500ms')
    used(one)
    await jest.advanceTimersByTimeAsync(9_999)
    expect(batches).toEqual([])
    await jest.advanceTimersByTimeAsync(1)
    const day = '2030-01-01'
    const [first, second] = [new Date('2030-01-01T00:00:01.500Z'), new Date('2030-01-01T00:00:00Z')]
    expect(batches).toEqual([
      [
        { keyId: 'key_1', environment: 'live', day, count: 2, lastUsedAt: first },
        { keyId: 'key_2', environment: 'test', day, count: 1, lastUsedAt: second },
      ],
    ])
  })

  test('are written once, and nothing where there are none', async () => {
    const { used, flush, close, batches } = openRecorder()
    const one = tally('key_1')
    used(one)
    await flush()
    await flush()
    await jest.advanceTimersByTimeAsync(60_000)
    used(one)
    await close()
    expect(batches.flat().map(({ count }) => count)).toEqual([1, 1])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('are written 1,000 at a time', async () => {
    const { used, flush, batches } = openRecorder()
    for (let index = 0; index < 2_500; index++) used(tally(`key_${String(index)}`))
    await flush()
    expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500])
    expect(new Set(batches.flat().map(({ keyId }) => keyId)).size).toBe(2_500)
  })

  test('of two days are two, to the millisecond of UTC', async () => {
    const { used, flush, batches, time } = openRecorder(new Date('2030-01-31T23:59:59.999Z'))
    const one = tally('key_1')
    used(one)
    used(one)
    time.advance('1ms')
    used(one)
    await flush()
    expect(batches.flat()).toMatchObject([
      { day: '2030-01-31', count: 2, lastUsedAt: new Date('2030-01-31T23:59:59.999Z') },
      { day: '2030-02-01', count: 1, lastUsedAt: new Date('2030-02-01T00:00:00.000Z') },
    ])
  })

  test('of a day are of that day, also when they are written on the next', async () => {
    const { used, flush, batches, time } = openRecorder(new Date('2030-01-31T23:59:59.999Z'))
    used(tally('key_1'))
    time.advance('1h')
    await flush()
    expect(batches.flat()).toMatchObject([{ day: '2030-01-31', count: 1 }])
  })
})

describe('a store that fails', () => {
  test('loses no count and no time of use', async () => {
    const { used, flush, batches, errors, state, time } = openRecorder()
    const one = tally('key_1')
    state.failing = true
    for (let uses = 1; uses <= 3; uses++) {
      used(one)
      await flush()
      time.advance('1s')
    }
    expect(errors).toHaveLength(3)
    state.failing = false
    await jest.advanceTimersByTimeAsync(10_000)
    expect(batches.flat()).toMatchObject([
      { count: 3, lastUsedAt: new Date('2030-01-01T00:00:02Z') },
    ])
  })

  test('is asked again every 10 s, and told of once each time', async () => {
    const { used, errors, state } = openRecorder()
    state.failing = true
    for (let index = 0; index < 2_500; index++) used(tally(`key_${String(index)}`))
    await jest.advanceTimersByTimeAsync(30_000)
    expect(errors).toHaveLength(3)
  })

  test('over midnight, while it is asked, does not set the last use back', async () => {
    const time = createTestClock(new Date('2030-01-31T23:59:59Z'))
    let fail: (error: Error) => void = () => undefined
    const batches: (readonly KeyUsage[])[] = []
    const recordUsage: KeyStore['recordUsage'] = (usage) => {
      batches.push(usage)
      if (batches.length > 1) return
      return new Promise((_resolve, reject) => (fail = reject))
    }
    const { used, flush } = createUsageRecorder({ recordUsage }, time.clock, () => undefined)
    const [one, other] = [tally('key_1'), tally('key_2')]
    used(one, 'allowed')
    const flushing = flush()
    await jest.advanceTimersByTimeAsync(0)
    time.advance('500ms')
    used(one, 'allowed')
    time.advance('1s')
    used(other, 'allowed')
    fail(new Error('connection reset'))
    await flushing
    await flush()
    const written = batches.slice(1).flat()
    expect(written).toContainEqual({
      keyId: 'key_1',
      environment: 'live',
      day: '2030-01-31',
      count: 2,
      lastUsedAt: new Date('2030-01-31T23:59:59.500Z'),
    })
  })

  test('keeps 50,000 counts waiting: the oldest give way', async () => {
    const { used, flush, batches, state } = openRecorder()
    state.failing = true
    for (let index = 0; index < 50_001; index++) used(tally(`key_${String(index)}`))
    await flush()
    state.failing = false
    await flush()
    const written = batches.flat().map(({ keyId }) => keyId)
    expect(written).toHaveLength(50_000)
    expect(written).not.toContain('key_0')
    expect(written).toContain('key_1')
  })
})

test('one owner with any number of keys does not use up what the counts of others need', async () => {
  const { used, flush, batches, state } = openRecorder()
  state.failing = true
  for (let index = 0; index < 10; index++) used(tally(`first_${String(index)}`, 'live', 'org_2'))
  for (let index = 0; index < 60_000; index++) used(tally(`key_${String(index)}`))
  for (let index = 0; index < 10; index++) used(tally(`last_${String(index)}`, 'live', 'org_3'))
  await flush()
  state.failing = false
  await flush()
  const written = batches.flat().map(({ keyId }) => keyId)
  expect(written).toHaveLength(50_000)
  expect(written.filter((keyId) => !keyId.startsWith('key_'))).toHaveLength(20)
})

describe('through the gate', () => {
  test('each request of a key that stands counts, and usage tells it at once', async () => {
    const time = createTestClock(new Date('2030-01-31T10:00:00Z'))
    const { gate, verdict } = openInstance(createMemoryKeyStore(), { clock: time.clock })
    const { id, secret } = await gate.keys.create(CI)
    for (let use = 0; use < 5; use++) await verdict(secret)
    await verdict(`${secret}x`)
    expect(await gate.keys.usage(id)).toMatchObject([{ day: '2030-01-31', count: 5 }])
    time.advance('1d')
    await verdict(secret)
    await gate.keys.revoke(id)
    await verdict(secret)
    expect(await gate.keys.usage(id)).toMatchObject([
      { day: '2030-02-01', count: 1 },
      { day: '2030-01-31', count: 5 },
    ])
    expect(await gate.keys.get(id)).toMatchObject({ lastUsedAt: new Date('2030-02-01T10:00:00Z') })
    const since = new Date('2030-02-01T23:00:00Z')
    expect(await gate.keys.usage(id, { since })).toMatchObject([{ count: 1 }])
    time.advance('30d')
    expect(await gate.keys.usage(id)).toMatchObject([{ day: '2030-02-01' }])
    for (const wrong of [
      '2030',
      new Date(NaN),
      new Date(-1),
      new Date('+010000-01-01T00:00:00Z'),
    ]) {
      await expect(gate.keys.usage(id, { since: wrong } as never)).rejects.toThrow("'since'")
    }
  })

  test('requests of an owner are counted by what they came to, the last of several guards says, and no environment is in the figures of another', async () => {
    const time = createTestClock(new Date('2030-01-31T10:00:00Z'))
    const gate = createGate({
      environment: ['live', 'sandbox'],
      keys: { prefix: 'acme' },
      scopes: ['read:orders', 'write:orders'],
      plans: { free: { quota: [{ limit: 4, window: 'day' }] } },
      limits: { defaultPlan: 'free' },
      onError: () => undefined,
      clock: time.clock,
    })
    const owned = { ownerId: 'org_1', scopes: ['read:orders'] } as const
    const [live, sandbox] = [
      await gate.keys.create({ ...owned, name: 'A', environment: 'live' }),
      await gate.keys.create({ ...owned, name: 'B', environment: 'sandbox' }),
    ]
    const ask = async (secret: string, ...guards: readonly ('read:orders' | 'write:orders')[]) => {
      let request: GateRequest = {
        ...{ method: 'GET', url: '/', rawHeaders: ['X-Api-Key', secret] },
        peer: { address: '203.0.113.7', encrypted: true },
      }
      for (const scope of guards) {
        const decision = await gate.check(request, { scopes: [scope] })
        if (!decision.allowed) return
        request = { ...request, grant: decision }
      }
    }
    await ask(live.secret, 'read:orders')
    await ask(live.secret, 'read:orders', 'read:orders')
    await ask(live.secret, 'read:orders', 'write:orders')
    await ask(live.secret, 'write:orders')
    await ask(live.secret, 'read:orders')
    for (let more = 0; more < 3; more++) await ask(sandbox.secret, 'read:orders')
    await gate.keys.revoke(live.id)
    await ask(live.secret, 'read:orders')
    await ask(`${live.secret}x`, 'read:orders')
    time.advance('1d')
    await ask(sandbox.secret, 'read:orders')
    const none = { unauthenticated: 0, forbidden: 0, limited: 0, invalid: 0, unavailable: 0 }
    const rest = { ...none, unclassified: 0 }
    const before = { ...rest, allowed: 2, forbidden: 2, limited: 1, unauthenticated: 1 }
    const tried = { allowed: 3, ...rest }
    const { totals, rows, ...days } = await gate.keys.usageOfOwner('org_1')
    expect(days).toEqual({ ownerId: 'org_1', from: '2030-01-03', to: '2030-02-01' })
    expect(rows).toEqual([
      { environment: 'sandbox', day: '2030-02-01', total: 1, outcomes: { ...rest, allowed: 1 } },
      { environment: 'live', day: '2030-01-31', total: 6, outcomes: before },
      { environment: 'sandbox', day: '2030-01-31', total: 3, outcomes: tried },
    ])
    expect(totals).toContainEqual({ environment: 'live', total: 6, outcomes: before })
    const to = new Date('2030-01-31T23:00:00Z')
    const byKey = await gate.keys.usageOfOwner('org_1', { from: to, to, by: 'key' })
    expect(byKey.rows).toEqual([
      { environment: 'live', keyId: live.id, total: 6, outcomes: before },
      { environment: 'sandbox', keyId: sandbox.id, total: 3, outcomes: tried },
    ])
    // Uses are those of keys in force.
    expect(await gate.keys.usage(live.id)).toMatchObject([{ count: 5 }])
    expect((await gate.keys.usageOfOwner('org_2')).rows).toEqual([])
    const ann = { subject: 'ann', scopes: ['read:orders'], environments: ['sandbox'] } as const
    const own = gate.as({ ...ann, ownerId: 'org_1' }).keys
    const seen = await own.usageOfOwner('org_1')
    expect(new Set(seen.rows.map(({ environment }) => environment))).toEqual(new Set(['sandbox']))
    await expect(own.usageOfOwner('org_1', { environment: 'live' })).rejects.toThrow(
      "'environment'",
    )
    await expect(own.usageOfOwner('org_2')).rejects.toMatchObject({ code: 'not_grantable' })
    for (const wrong of [{ from: new Date(0) }, { from: new Date('2030-03-01') }, { by: 'hour' }]) {
      const asked = gate.keys.usageOfOwner('org_1', wrong as never)
      await expect(asked).rejects.toMatchObject({ code: 'invalid_key_input' })
    }
    await gate.close()
  })

  test('closing writes what is left', async () => {
    const store = createMemoryKeyStore()
    const { gate, verdict } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    await verdict(secret)
    expect((await store.findById(id))?.lastUsedAt).toBeUndefined()
    await gate.close()
    expect((await store.findById(id))?.lastUsedAt).toBeInstanceOf(Date)
  })

  test('is not there where the store keeps none', async () => {
    const { usageOf: _, usageOfOwner: _sums, ...store } = createMemoryKeyStore()
    const { keys } = openInstance(store).gate
    for (const usage of [() => keys.usage('key_1'), () => keys.usageOfOwner('org_1')]) {
      await expect(usage()).rejects.toMatchObject({ name: 'MisuseError', code: 'not_supported' })
    }
  })

  test.each([
    ['beside the record, it stays revoked', false, 'key_revoked'],
    ['in the record, it is revived', true, 'allowed'],
  ])('a key is revoked while its use is written: %s', async (_name, inRecord, expected) => {
    const memory = createMemoryKeyStore()
    let written: () => void = () => undefined
    /** Reads the record, and writes it back with the use, as it was. */
    const writeBack: KeyStore['recordUsage'] = async (usage) => {
      const { keyId = '' } = usage[0] ?? {}
      const before = await memory.findById(keyId)
      await new Promise<void>((resolve) => (written = resolve))
      const { version = 0 } = (await memory.findById(keyId)) ?? {}
      const revokedAt = (before?.revokedAt ?? null) as Date
      await memory.update(keyId, { revokedAt }, version)
    }
    const beside: KeyStore['recordUsage'] = async (usage) => {
      await new Promise<void>((resolve) => (written = resolve))
      await memory.recordUsage(usage)
    }
    const store = { ...memory, recordUsage: inRecord ? writeBack : beside }
    const { gate, verdict } = openInstance(store)
    const { id, secret } = await gate.keys.create(CI)
    await verdict(secret)
    const flushing = gate.keys.usage(id)
    await jest.advanceTimersByTimeAsync(0)
    await gate.keys.revoke(id)
    written()
    await flushing
    expect(await verdict(secret)).toBe(expected)
  })
})
