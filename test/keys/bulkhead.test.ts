import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'
import { failuresInto } from '../failures.js'

const CI = { name: 'CI', ownerId: 'org_1' } as const
const CONNECTIONS = 4

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

/** A store with four connections, each of which is kept for so long by whoever looks for a secret. */
function openCrowded(concurrency: number | undefined, statementMs = 100) {
  const memory = createMemoryKeyStore()
  const free = new Set<() => void>()
  let taken = 0
  let most = 0
  async function connected<T>(ms: number, answer: () => T): Promise<T> {
    if (taken === CONNECTIONS) await new Promise<void>((resolve) => free.add(resolve))
    else taken += 1
    most = Math.max(most, taken)
    await new Promise((resolve) => setTimeout(resolve, ms))
    const [next] = free
    if (next === undefined) taken -= 1
    else free.delete(next)
    next?.()
    return answer()
  }
  const store: KeyStore = {
    ...memory,
    findByDigest: (digest) =>
      connected(statementMs, () => memory.findByDigest(digest) as KeyRecord | undefined),
    findById: (id) => connected(1, () => memory.findById(id) as KeyRecord | undefined),
    ...(concurrency !== undefined && { concurrency }),
  }
  const errors: unknown[] = []
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store },
    scopes: [],
    onError: failuresInto(errors),
  })
  const verdict = async (secret: string) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return {
    ...{ gate, memory, verdict, errors, most: () => most },
    flood: () =>
      Promise.all(Array.from({ length: 200 }, (_, at) => verdict(`guess-${String(at)}`))),
  }
}

const settled = async <T>(promise: Promise<T>): Promise<T> => {
  await jest.advanceTimersByTimeAsync(1_000)
  return promise
}
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  )

describe('while secrets are guessed, looking for them', () => {
  test.each([
    ['takes half of the connections, and the gate can be managed', CONNECTIONS, 2, 'done'],
    ['of a store with one connection takes that', 1, 1, 'done'],
    // The control.
    ['takes all where the store does not say how many it has', undefined, 4, 'StoreError'],
  ])('%s', async (_name, concurrency, most, managed) => {
    const { gate, flood, most: mostTaken } = openCrowded(concurrency)
    const { id } = await gate.keys.create(CI)
    const flooded = flood()
    const reached = mostTaken()
    const getting = codeOf(gate.keys.get(id))
    expect(reached).toBe(most)
    expect(await settled(getting)).toBe(managed)
    await settled(flooded)
  })

  test('is given up after 250 ms, and is no verdict', async () => {
    const { flood } = openCrowded(CONNECTIONS)
    const verdicts = await settled(flood())
    const count = (verdict: string) => verdicts.filter((one) => one === verdict).length
    // Two at once: at 0, 100 and 200 ms, each with the whole time for an answer; the others never come to the store.
    expect([count('unknown_key'), count('store_busy')]).toEqual([6, 194])
  })

  test('that got no turn is no outage: none is announced, and nothing is told to onError', async () => {
    const told: unknown[] = []
    const hear = (message: unknown) => told.push(message)
    const channels = ['sallyport:outages', 'sallyport:cache']
    for (const name of channels) subscribe(name, hear)
    const { flood, errors } = openCrowded(CONNECTIONS)
    await settled(flood())
    for (const name of channels) unsubscribe(name, hear)
    expect(errors).toEqual([])
    expect(told).toHaveLength(6)
    expect(told).not.toContainEqual(expect.objectContaining({ state: 'failing' }))
    expect(told).not.toContainEqual(expect.objectContaining({ outcome: 'failed' }))
  })

  test('takes half of them also where what was given up goes on', async () => {
    const { flood, most } = openCrowded(CONNECTIONS, 600)
    await settled(flood())
    const again = flood()
    await settled(again)
    expect(most()).toBe(2)
  })

  test('a store that never answers keeps a place for a second', async () => {
    const { flood, most, verdict } = openCrowded(CONNECTIONS, 1_000_000)
    await settled(flood())
    await jest.advanceTimersByTimeAsync(1_000)
    const later = verdict('guess')
    expect(most()).toBe(3)
    expect(await settled(later)).toBe('store_unavailable')
  })

  test('a key that was seen before does not wait behind them', async () => {
    const { gate, flood, verdict } = openCrowded(CONNECTIONS)
    const { secret } = await gate.keys.create(CI)
    expect(await settled(verdict(secret))).toBe('allowed')
    // It is not remembered any more.
    await jest.advanceTimersByTimeAsync(30_000)
    const flooded = flood()
    const before = performance.now()
    const seen = verdict(secret).then((word) => [word, performance.now() - before])
    expect(await settled(seen)).toEqual(['allowed', 100])
    await settled(flooded)
  })

  test('a key that comes for the first time waits its turn among the addresses, and not behind all that others bring', async () => {
    const statementMs = 20
    const { gate, memory } = openCrowded(CONNECTIONS, statementMs)
    const other = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store: memory }, scopes: [] },
    })
    const { secret } = await other.keys.create(CI)
    const wordOf = async (presented: string, address: string) => {
      const decision = await gate.verify(presented, address)
      return decision.allowed ? 'allowed' : decision.reason
    }
    const flooded = Promise.all(
      Array.from({ length: 500 }, (_, at) => wordOf(`guess-${String(at)}`, '203.0.113.7')),
    )
    const before = performance.now()
    const first = wordOf(secret, '198.51.100.1').then((word) => [word, performance.now() - before])
    // Those that have begun, then one more of each address.
    expect(await settled(first)).toEqual(['allowed', 2 * statementMs])
    await settled(flooded)
  })

  test('goes on afterwards as before', async () => {
    const { gate, flood, verdict } = openCrowded(CONNECTIONS)
    const { secret } = await gate.keys.create(CI)
    await settled(flood())
    expect(await settled(verdict(secret))).toBe('allowed')
  })
})
