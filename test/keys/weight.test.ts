import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { KeyRecord, KeyStore } from 'sallyport'
import { createEntries, createFingerprints, type Entry } from '../../src/keys/cache-entries.js'
import { weightOf } from '../../src/keys/weight.js'
import { CI, createSilentStore, openInstance } from './instances.js'

afterEach(() => {
  jest.useRealTimers()
})

/** As large as the key endpoints allow. */
const LARGE = {
  allowedIps: Array.from({ length: 256 }, (_, at) => `2001:db8::${at.toString(16)}/128`),
  resources: Array.from({ length: 256 }, (_, at) => `r/${'x'.repeat(120)}${String(at)}`),
  metadata: { a: 'y'.repeat(4_000) },
}
const ADDRESS = '2001:db8::1'

/** A store that has a key of this kind for each secret. */
async function openEndless(fields: Partial<KeyRecord>) {
  const store = createSilentStore()
  const { id } = await openInstance(store).gate.keys.create(CI)
  const sample = (await store.findById(id)) as KeyRecord
  const findByDigest: KeyStore['findByDigest'] = (digest) => ({
    ...{ ...sample, ...fields, id: digest, digest },
  })
  const { gate, reads } = openInstance({ ...store, findByDigest })
  const allowed = async (secret: string) => (await gate.verify(secret, ADDRESS)).allowed
  return { allowed, reads, record: { ...sample, ...fields } }
}

describe('the cache of keys is bounded by what they weigh', () => {
  // However long it takes, nothing ends meanwhile.
  beforeEach(() => {
    jest.useFakeTimers()
  })

  test('of large keys, as many as fit are remembered, and the others work all the same', async () => {
    const { allowed, reads, record } = await openEndless(LARGE)
    const fitting = Math.floor(46_000_000 / weightOf(record))
    expect(fitting).toBeLessThan(600)
    for (let at = 0; at < fitting + 50; at++)
      expect(await allowed(`secret-${String(at)}`)).toBe(true)
    const before = reads()
    for (let at = 50; at < fitting + 50; at++) await allowed(`secret-${String(at)}`)
    expect(reads()).toBe(before)
    expect(await allowed('secret-0')).toBe(true)
    expect(reads()).toBe(before + 1)
  })

  test.each([
    ['before', 0],
    ['after', 600],
  ])('an owner with many keys pushes out none of those that came %s', async (_, before) => {
    let ownerId = 'org_many'
    const { allowed, reads } = await openEndless({
      metadata: { list: Array.from({ length: 1_300 }, () => ({})) },
      get ownerId() {
        return ownerId
      },
    })
    const some = Array.from({ length: 20 }, (_, at) => `few-${String(at)}`)
    for (let at = 0; at < before; at++) await allowed(`many-${String(at)}`)
    ownerId = 'org_few'
    for (const secret of some) expect(await allowed(secret)).toBe(true)
    ownerId = 'org_many'
    for (let at = before; at < before + 600; at++) await allowed(`many-${String(at)}`)
    const read = reads()
    for (const secret of some) expect(await allowed(secret)).toBe(true)
    expect(reads()).toBe(read)
  })

  test('what the estimate says is no less than what is taken', async () => {
    for (const fields of [
      {},
      LARGE,
      { metadata: { list: Array.from({ length: 1_300 }, () => ({})) } },
    ]) {
      const { record } = await openEndless(fields)
      expect(weightOf(record)).toBeGreaterThanOrEqual(JSON.stringify(record).length)
    }
    const objects = { metadata: { list: Array.from({ length: 1_300 }, () => ({})) } }
    expect(weightOf((await openEndless(objects)).record)).toBeGreaterThan(80_000)
    const wide = { name: '\u75c5'.repeat(100) }
    const narrow = { name: '\xe9'.repeat(100) }
    const weights = [(await openEndless(wide)).record, (await openEndless(narrow)).record].map(
      weightOf,
    )
    expect((weights[0] ?? 0) - (weights[1] ?? 0)).toBe(100)
  })

  test('what has ended goes, whether or not anybody asks, and no timer stays', () => {
    const gone: string[] = []
    const { entries, close } = createEntries<object>(
      () => performance.now(),
      (_entry, handle) => gone.push(handle),
    )
    const entry = (ms: number): Entry<object> => ({
      ...{ id: 'key_1', version: 1, value: {}, generation: 0, weight: 1_000, whose: 'org_1' },
      until: performance.now() + ms,
    })
    entries.set('one', entry(5_000))
    entries.set('two', entry(30_000))
    jest.advanceTimersByTime(10_000)
    expect(gone).toEqual(['one'])
    jest.advanceTimersByTime(20_000)
    expect(gone).toEqual(['one', 'two'])
    expect(jest.getTimerCount()).toBe(0)
    entries.set('three', entry(5_000))
    close()
    expect(jest.getTimerCount()).toBe(0)
  })
})

test('a key whose entry has gone is still known: an address that is barred may present it', async () => {
  jest.useFakeTimers()
  const { gate } = openInstance(createSilentStore())
  const { secret } = await gate.keys.create(CI)
  const verdict = async (credential: string) => {
    const decision = await gate.verify(credential, '192.0.2.1')
    return decision.allowed ? 'allowed' : decision.reason
  }
  expect(await verdict(secret)).toBe('allowed')
  await jest.advanceTimersByTimeAsync(60_000)
  for (let guess = 0; guess < 6; guess++) await verdict(`guess-${String(guess)}`)
  expect(await verdict('guess-7')).toBe('too_many_failures')
  expect(await verdict(secret)).toBe('allowed')
})

test('an owner with many keys does not make those of others strangers', () => {
  const known = createFingerprints(50_000)
  for (let at = 0; at < 60_000; at++) known.add(`many-${String(at)}`, 'org_many')
  for (let at = 0; at < 100; at++) known.add(`few-${String(at)}`, 'org_few')
  for (let at = 0; at < 60_000; at++) known.add(`more-${String(at)}`, 'org_many')
  expect(Array.from({ length: 100 }).every((_, at) => known.has(`few-${String(at)}`))).toBe(true)
  expect(known.has('many-0')).toBe(false)
})
