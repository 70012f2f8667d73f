import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { stopTimers } from '../still-timers.js'

afterEach(() => {
  jest.useRealTimers()
})

function openShares() {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:audit'] })
  return gate.endpoints.owner.shareReading
}

/** Readings that go on until they are let go, by the name of the reader. */
function openReadings() {
  const shareReading = openShares()
  const begun: string[] = []
  const held = new Map<string, () => void>()
  /** A reading: `one` of `org_1` is the reader `org_1.one`. */
  function read(ownerId: string, id: string) {
    const name = `${ownerId}.${id}`
    return shareReading(
      { id, ownerId, isLarge: false },
      () => {
        begun.push(name)
        return new Promise<string>((resolve) => {
          held.set(name, () => {
            resolve(name)
          })
        })
      },
      (seconds, why) => `${name} refused: ${why}, ${String(seconds)} s`,
    )
  }
  /** Lets a reading end, and what waits for it begin. */
  async function end(name: string) {
    held.get(name)?.()
    await settle()
  }
  const endAll = () => {
    for (const letGo of held.values()) letGo()
  }
  return { begun, read, end, endAll }
}

/** What needs no time is done by now. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('readings of the audit log', () => {
  /** Eight are in progress: three of each of two owners, two of a third. */
  async function openFull() {
    const opened = openReadings()
    const all = [
      ...['a', 'b', 'c'].map((id) => opened.read('org_1', id)),
      ...['a', 'b', 'c'].map((id) => opened.read('org_2', id)),
      ...['a', 'b'].map((id) => opened.read('org_3', id)),
    ]
    // A gate that has just been made opens first.
    while (opened.begun.length < all.length) await settle()
    return { ...opened, all }
  }

  test('of many owners wait for one of eight turns, and the owner who reads least is next', async () => {
    const { begun, read, end, endAll, all } = await openFull()
    const [busy, new1, new2] = [read('org_1', 'd'), read('org_4', 'a'), read('org_4', 'b')]
    const other = read('org_5', 'a')
    await settle()
    expect(begun).toHaveLength(8)
    await end('org_2.a')
    await end('org_2.b')
    await end('org_2.c')
    await end('org_1.a')
    // Whoever has none in progress is first, then who has one of two, and the owner who holds most is last, though it was here first.
    expect(begun.slice(8)).toEqual(['org_4.a', 'org_5.a', 'org_4.b', 'org_1.d'])
    for (const name of ['org_1.d', 'org_4.a', 'org_4.b', 'org_5.a']) await end(name)
    expect(await Promise.all([busy, new1, new2, other])).toEqual([
      ...['org_1.d', 'org_4.a', 'org_4.b', 'org_5.a'],
    ])
    endAll()
    await Promise.all(all)
  })

  test('that fail give their turn to the next one', async () => {
    const shareReading = openShares()
    for (let time = 0; time < 20; time++) {
      const reader = { id: 'a', ownerId: 'org_1', isLarge: false }
      const failing = () => Promise.reject(new Error('The disk is gone.'))
      await expect(shareReading(reader, failing, () => 'refused')).rejects.toThrow('disk')
    }
  })

  test('wait ten seconds for a turn at most, and take none after that', async () => {
    stopTimers()
    const { begun, read, end } = await openFull()
    const late = read('org_4', 'a')
    await settle()
    await jest.advanceTimersByTimeAsync(9_900)
    const next = read('org_5', 'a')
    await settle()
    await jest.advanceTimersByTimeAsync(200)
    expect(await late).toBe('org_4.a refused: concurrency_exceeded, 5 s')
    await end('org_1.a')
    expect(begun.slice(8)).toEqual(['org_5.a'])
    await end('org_5.a')
    expect(await next).toBe('org_5.a')
    // Its owner has room for another one.
    const again = read('org_4', 'a')
    await settle()
    await end('org_4.a')
    expect(await again).toBe('org_4.a')
  })

  test('that hang give up their turn and the share of their owner after two minutes', async () => {
    stopTimers()
    const { begun, read, end } = await openFull()
    const early = read('org_4', 'a')
    await settle()
    await jest.advanceTimersByTimeAsync(120_000)
    expect(await early).toContain('refused')
    const others = ['a', 'b', 'c', 'd'].map((id) => read('org_1', id))
    const other = read('org_5', 'a')
    await settle()
    expect(begun.slice(8)).toEqual([...['org_1.a', 'org_1.b', 'org_1.c', 'org_1.d'], 'org_5.a'])
    for (const name of ['org_1.a', 'org_1.b', 'org_1.c', 'org_1.d', 'org_5.a']) await end(name)
    expect(await Promise.all(others)).toEqual(['org_1.a', 'org_1.b', 'org_1.c', 'org_1.d'])
    expect(await other).toBe('org_5.a')
  })
})
