import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, StoreError, type KeyStore } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createTally } from '../../src/core/tally.js'
import { createUsageRecorder } from '../../src/keys/usage.js'
import { temporaryStores } from '../adapters/sqlite/stores.js'
import { openInstance } from './instances.js'

const { open } = temporaryStores()

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

const ROUND_MS = 10_000

/** A recorder whose store takes nothing that has one of `refused`, and what it took. */
function openRecorder(...refused: string[]) {
  const state = { isAway: false, refused: new Set(refused), calls: 0 }
  const taken = new Map<string, number>()
  const errors: unknown[] = []
  const recordUsage: KeyStore['recordUsage'] = (usage) => {
    state.calls += 1
    if (state.isAway) throw new Error('connection refused')
    if (usage.some(({ keyId }) => state.refused.has(keyId))) throw new Error('violates a check')
    for (const { keyId, count } of usage) taken.set(keyId, count + (taken.get(keyId) ?? 0))
  }
  const { clock } = createTestClock()
  const recorder = createUsageRecorder({ recordUsage }, clock, (error) => errors.push(error))
  const use = (...keyIds: string[]) => {
    for (const keyId of keyIds) {
      recorder.used(createTally({ keyId, ownerId: 'org_1', environment: 'live' }), 'allowed')
    }
  }
  return { state, taken, errors, use, ...recorder }
}

const KEYS = Array.from({ length: 2_500 }, (_none, index) => `key_${String(index)}`)

describe('an entry that the store refuses', () => {
  test('keeps no other from being written, and is told once by its name', async () => {
    const { use, taken, errors, state } = openRecorder('key_1200')
    use(...KEYS)
    await jest.advanceTimersByTimeAsync(ROUND_MS)
    await jest.advanceTimersByTimeAsync(ROUND_MS)
    expect(taken.size).toBe(2_499)
    expect(new Set(taken.values())).toEqual(new Set([1]))
    const refusals = errors.filter((error) => String(error).includes('refuses counts'))
    expect(refusals).toEqual([expect.any(StoreError)])
    expect(String(refusals[0])).toContain("key 'key_1200' in 'live' on 2030-01-01.")
    const before = errors.length
    state.calls = 0
    for (let round = 0; round < 360; round++) {
      use('key_1', 'key_1200')
      await jest.advanceTimersByTimeAsync(ROUND_MS)
    }
    expect(taken.get('key_1')).toBe(361)
    // One for the others each time, and fewer and fewer for the one that is refused.
    expect(state.calls).toBeLessThan(375)
    expect(errors).toHaveLength(before)
  })

  test('loses nothing: it is written when the store takes it', async () => {
    const { use, taken, state } = openRecorder('key_1', 'key_2')
    use(...KEYS.slice(0, 10))
    for (let round = 0; round < 4; round++) {
      await jest.advanceTimersByTimeAsync(ROUND_MS)
      use('key_1')
    }
    expect([...taken.keys()]).toHaveLength(8)
    state.refused.clear()
    for (let round = 0; round < 9; round++) await jest.advanceTimersByTimeAsync(ROUND_MS)
    expect([taken.get('key_1'), taken.get('key_2')]).toEqual([5, 1])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('is found among many of its kind, some in each round', async () => {
    const { use, taken } = openRecorder(...KEYS.slice(300, 360))
    use(...KEYS)
    for (let round = 0; round < 8; round++) await jest.advanceTimersByTimeAsync(ROUND_MS)
    expect(taken.size).toBe(2_440)
  })

  test('is gone past when the recorder closes', async () => {
    const { use, taken, close } = openRecorder('key_3')
    use(...KEYS.slice(0, 10))
    await close()
    expect(taken.size).toBe(9)
    expect(jest.getTimerCount()).toBe(0)
  })
})

test('a store that is away is not asked for each entry, and none is told as refused', async () => {
  const { use, taken, errors, state } = openRecorder()
  state.isAway = true
  use(...KEYS)
  for (let round = 0; round < 6; round++) await jest.advanceTimersByTimeAsync(ROUND_MS)
  expect(state.calls).toBeLessThanOrEqual(1 + 5 * 12)
  expect(errors).toHaveLength(6)
  state.isAway = false
  await jest.advanceTimersByTimeAsync(ROUND_MS)
  expect(taken.size).toBe(2_500)
  expect(errors).toHaveLength(6)
})

describe('through the gate', () => {
  test('other keys have their counts', async () => {
    const memory = createMemoryKeyStore()
    let bad = ''
    const recordUsage: KeyStore['recordUsage'] = (usage, outcomes) => {
      if (usage.some(({ keyId }) => keyId === bad)) throw new Error('violates a check')
      return memory.recordUsage(usage, outcomes)
    }
    const { gate, verdict } = openInstance({ ...memory, recordUsage })
    const [one, other] = [
      await gate.keys.create({ name: 'One', ownerId: 'org_1' }),
      await gate.keys.create({ name: 'Other', ownerId: 'org_2' }),
    ]
    bad = one.id
    for (const { secret } of [one, other]) await verdict(secret)
    await jest.advanceTimersByTimeAsync(ROUND_MS)
    await jest.advanceTimersByTimeAsync(ROUND_MS)
    expect(await gate.keys.usage(other.id)).toMatchObject([{ count: 1 }])
    expect((await gate.keys.usageOfOwner('org_2')).totals).toMatchObject([{ total: 1 }])
    await gate.close()
  })

  test('SQLite: one row that the table refuses leaves the others of its batch', async () => {
    jest.useRealTimers()
    const store = await open()
    const errors: unknown[] = []
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
      onError: (error) => void errors.push(error),
    })
    const [one, other] = [
      await gate.keys.create({ name: 'One', ownerId: 'org_1' }),
      await gate.keys.create({ name: 'Other', ownerId: 'org_2' }),
    ]
    store.database.exec(`CREATE TRIGGER refused BEFORE INSERT ON sallyport_usage
      WHEN new.key_id = '${one.id}' BEGIN SELECT RAISE(ABORT, 'refused'); END`)
    for (const { secret } of [one, other]) await gate.verify(secret)
    await gate.close()
    expect(await store.usageOf?.(other.id, '1970-01-01')).toMatchObject([{ count: 1 }])
    expect(await store.usageOf?.(one.id, '1970-01-01')).toEqual([])
    expect(errors.map(String).join()).toContain(`key '${one.id}' in 'live'`)
  })
})
