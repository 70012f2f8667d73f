import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createTestClock } from 'sallyport/testing'
import { createBus } from './bus.js'
import { CI, createSilentStore, openInstance } from './instances.js'

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

describe.each([
  ['without a feed, after 30 s', false, 30_000],
  ['with a feed, after 5 s', true, 5_000],
])('a change is in effect everywhere %s:', (_name, withFeed, ms) => {
  async function open() {
    const time = createTestClock()
    const changes = createBus().feed
    const options = { clock: time.clock, ...(withFeed && { changes }) }
    const { gate } = openInstance(createSilentStore(), options)
    const { id } = await gate.keys.create(CI)
    return { keys: gate.keys, id, now: time.clock() }
  }

  test('an update, a rotation, a revocation', async () => {
    const { keys, id, now } = await open()
    const effectiveBy = new Date(now + ms)
    expect(await keys.update(id, { name: 'Two' })).toMatchObject({ effectiveBy })
    expect(await keys.rotate(id)).toMatchObject({ effectiveBy })
    expect(await keys.revoke(id)).toMatchObject({ effectiveBy })
  })

  test('a revocation of all, and of none: another may just have done it', async () => {
    const { keys, now } = await open()
    const { ownerId } = CI
    expect(await keys.revokeAll({ ownerId })).toEqual({
      revoked: 1,
      effectiveBy: new Date(now + ms),
    })
    expect(await keys.revokeAll({ ownerId })).toEqual({
      revoked: 0,
      effectiveBy: new Date(now + ms),
    })
  })

  test('a second revocation, as the answer of the first may have been lost', async () => {
    const { keys, id, now } = await open()
    await keys.revoke(id)
    expect(await keys.revoke(id)).toMatchObject({ effectiveBy: new Date(now + ms) })
  })

  test('a revocation of all that takes both keys in a grace', async () => {
    const { keys, id, now } = await open()
    await keys.rotate(id)
    expect(await keys.revokeAll({ ownerId: CI.ownerId })).toEqual({
      revoked: 2,
      effectiveBy: new Date(now + ms),
    })
  })
})

test.each(['silent', 'refusing'] as const)(
  'a feed that is %s does not undo a change; the app is told',
  async (mode) => {
    const bus = createBus()
    const store = createSilentStore()
    const { gate, verdict, errors } = openInstance(store, { changes: bus.feed })
    const { id, secret } = await gate.keys.create(CI)
    bus.mode = mode
    const revoking = gate.keys.revoke(id)
    await jest.advanceTimersByTimeAsync(250)
    expect(await revoking).toMatchObject({ state: 'revoked' })
    expect(await verdict(secret)).toBe('key_revoked')
    expect(errors).toHaveLength(1)
    await gate.close()
  },
)
