import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { KeyStore } from 'sallyport'
import { CI, createSilentStore, openInstance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

describe('a key is remembered', () => {
  test('beside 49,999 others, and with one more the oldest gives way', async () => {
    const store = createSilentStore()
    const [sample] = [await openInstance(store).gate.keys.create(CI)]
    const record = await store.findById(sample.id)
    const findByDigest: KeyStore['findByDigest'] = (digest) =>
      record && { ...record, id: digest, digest }
    await fill(openInstance({ ...store, findByDigest }))
  })

  test('as unknown, beside 49,999 others, and with one more the oldest gives way', async () => {
    await fill(openInstance(createSilentStore()))
  })

  async function fill({ verdict, reads }: ReturnType<typeof openInstance>) {
    for (let index = 0; index < 50_000; index++) await verdict(`secret-${String(index)}`)
    await verdict('secret-0')
    expect(reads()).toBe(50_000)
    await verdict('secret-50000')
    await verdict('secret-1')
    expect(reads()).toBe(50_002)
    await verdict('secret-3')
    expect(reads()).toBe(50_002)
  }
})
