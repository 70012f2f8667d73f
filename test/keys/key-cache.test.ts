import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'
import { failuresInto } from '../failures.js'

const CI = { name: 'CI', ownerId: 'org_1' } as const

/** A store that counts its reads and answers them as `answer` says. */
function open(answer: (read: () => KeyRecord | undefined) => ReturnType<KeyStore['findByDigest']>) {
  const memory = createMemoryKeyStore()
  const errors: unknown[] = []
  let reads = 0
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    reads += 1
    return answer(() => memory.findByDigest(digest) as KeyRecord | undefined)
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: { ...memory, findByDigest } },
    scopes: [],
    onError: failuresInto(errors),
  })
  return { gate, errors, reads: () => reads }
}

const later = async (read: () => KeyRecord | undefined) => Promise.resolve().then(read)

/** Stops the monotonic clock, and gives what moves it on by so many milliseconds. */
function stopClock(): (ms: number) => void {
  let now = performance.now()
  jest.spyOn(performance, 'now').mockImplementation(() => now)
  return (ms) => {
    now += ms
  }
}

afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

describe('a key is read', () => {
  test('once for 1,000 requests that come at the same time', async () => {
    const { gate, reads } = open(later)
    const { secret } = await gate.keys.create(CI)
    stopClock()
    const decisions = await Promise.all(
      Array.from({ length: 1_000 }, async () => gate.verify(secret)),
    )
    expect(decisions.every(({ allowed }) => allowed)).toBe(true)
    expect(reads()).toBe(1)
  })

  test.each([
    [29_999, 1],
    [30_001, 2],
  ])('again only after 30 s: after %i ms, %i reads', async (ms, expected) => {
    const { gate, reads } = open(later)
    const { secret } = await gate.keys.create(CI)
    const pass = stopClock()
    await gate.verify(secret)
    pass(ms)
    await gate.verify(secret)
    expect(reads()).toBe(expected)
  })

  test.each([
    [4_999, 1],
    [5_001, 2],
  ])('and an unknown one after 5 s: after %i ms, %i reads', async (ms, expected) => {
    const { gate, reads } = open(later)
    const pass = stopClock()
    await gate.verify('acme_unknown')
    pass(ms)
    await gate.verify('acme_unknown')
    expect(reads()).toBe(expected)
  })

  test('never for a mistyped secret', async () => {
    const { gate, reads } = open(later)
    await gate.verify(`acme_live_sk_${'0'.repeat(33)}`)
    expect(reads()).toBe(0)
  })
})

describe('a store that fails', () => {
  test('is 503 and not remembered; the app is told, without the secret', async () => {
    let failing = true
    const { gate, errors } = open((read) => {
      if (failing) throw new Error('connection refused')
      return read()
    })
    const { secret } = await gate.keys.create(CI)
    const denied = await gate.verify(secret)
    expect(denied).toMatchObject({ reason: 'store_unavailable', status: 503 })
    expect(denied.headers).toMatchObject({ 'retry-after': '1' })
    expect(errors).toMatchObject([{ name: 'StoreError', cause: { message: 'connection refused' } }])
    expect(JSON.stringify(errors) + String(errors[0])).not.toContain(secret)
    failing = false
    expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  })

  test('by not answering is given up after 250 ms', async () => {
    const { gate } = open(() => new Promise(() => undefined))
    const { secret } = await gate.keys.create(CI)
    jest.useFakeTimers()
    const decision = Promise.resolve(gate.verify(secret))
    await jest.advanceTimersByTimeAsync(249)
    const settled = jest.fn()
    void decision.then(settled)
    await jest.advanceTimersByTimeAsync(0)
    expect(settled).not.toHaveBeenCalled()
    await jest.advanceTimersByTimeAsync(1)
    expect(await decision).toMatchObject({ reason: 'store_unavailable' })
  })
})

describe('a read that began before a revocation and ends after it', () => {
  /** The first read is held back, and answers with the record as it was when it began. */
  async function race(
    change: (keys: ReturnType<typeof open>['gate']['keys'], id: string) => Promise<unknown>,
  ) {
    let release: (() => void) | undefined
    const { gate } = open((read) => {
      if (release !== undefined) return read()
      const stale = read()
      return new Promise((resolve) => {
        release = () => {
          resolve(stale)
        }
      })
    })
    const { id, secret } = await gate.keys.create(CI)
    const before = gate.verify(secret)
    await change(gate.keys, id)
    const after = await gate.verify(secret)
    release?.()
    return { before: await before, after, last: await gate.verify(secret) }
  }

  test('is not believed, by nobody', async () => {
    const { before, after, last } = await race((keys, id) => keys.revoke(id))
    for (const decision of [before, after, last]) {
      expect(decision).toMatchObject({ reason: 'key_revoked' })
    }
  })

  test('is believed when nothing was revoked', async () => {
    const { before, after, last } = await race((keys) => keys.create({ ...CI, name: 'Other' }))
    for (const decision of [before, after, last]) expect(decision).toMatchObject({ allowed: true })
  })
})

test('a stored address list that cannot be understood closes its key, and no other', async () => {
  const { gate, errors } = open((read) => {
    const record = read()
    return record?.name === 'Spoilt' ? { ...record, allowedIps: ['10.0.0.0/99'] } : record
  })
  const spoilt = await gate.keys.create({ ...CI, name: 'Spoilt' })
  const sound = await gate.keys.create(CI)
  expect(await gate.verify(spoilt.secret, '10.0.0.1')).toMatchObject({
    reason: 'store_unavailable',
  })
  expect(await gate.verify(sound.secret)).toMatchObject({ allowed: true })
  expect(errors).toHaveLength(1)
})
