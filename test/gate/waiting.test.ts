import { describe, expect, test } from '@jest/globals'
import { StoreError } from 'sallyport'
import { createOpening } from '../../src/gate/opening.js'
import { createWaiting } from '../../src/gate/waiting.js'

/** What is loaded when it is told to. */
function loading() {
  const attempts: { readonly done: (value: string) => void; readonly fail: () => void }[] = []
  const open = () =>
    new Promise<string>((resolve, reject) => {
      attempts.push({
        done: resolve,
        fail: () => {
          reject(new Error('There is no such file.'))
        },
      })
    })
  const errors: unknown[] = []
  return { attempts, errors, opening: createOpening(open, (error) => errors.push(error)) }
}

describe('what is loaded once', () => {
  test('is asked for once, whoever waits, and told first to whom it was begun for', async () => {
    const { attempts, errors, opening } = loading()
    const order: string[] = []
    opening.begin((value) => order.push(`ready ${value}`))
    const waiting = [opening.get(), opening.get()].map(async (one) => order.push(await one))
    expect([attempts.length, opening.opened]).toEqual([1, undefined])
    attempts[0]?.done('gate')
    await Promise.all(waiting)
    expect(order).toEqual(['ready gate', 'gate', 'gate'])
    expect(opening.opened).toBe('gate')
    // From then on, nobody waits.
    expect([opening.get(), attempts.length, errors]).toEqual(['gate', 1, []])
  })

  test('may be there at once, and asked for by nobody before', () => {
    const opening = createOpening(
      () => 'gate',
      () => undefined,
    )
    expect(opening.get()).toBe('gate')
    expect(opening.opened).toBe('gate')
  })

  test('is an outage while it cannot be loaded, and tried again with the next call', async () => {
    const { attempts, errors, opening } = loading()
    opening.begin(() => undefined)
    const waiting = opening.get()
    attempts[0]?.fail()
    await expect(waiting).rejects.toThrow(StoreError)
    expect(errors).toEqual([
      expect.objectContaining({
        cause: expect.objectContaining({ message: 'There is no such file.' }),
      }),
    ])
    expect(opening.opened).toBeUndefined()
    const again = opening.get()
    attempts[1]?.done('gate')
    expect(await again).toBe('gate')
    expect(errors).toHaveLength(1)
  })

  test.each(['done', 'fail'] as const)('is settled once nothing is under way: %s', async (end) => {
    const { attempts, opening } = loading()
    opening.begin(() => undefined)
    let isSettled = false
    const settled = opening.settled().then(() => {
      isSettled = true
    })
    await new Promise(setImmediate)
    expect(isSettled).toBe(false)
    attempts[0]?.[end]('gate')
    await settled
  })
})

describe('a request that comes before the gate is open', () => {
  const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }

  function open() {
    const loaded = loading()
    const told: unknown[] = []
    const denied = (by: string) => (refusal: { reason: string }, asked: unknown) => {
      told.push(asked)
      return `${by}: ${refusal.reason}`
    }
    const waiting = createWaiting(loaded.opening as never, { deny: denied('front') } as never)
    const done = (asked: unknown) => told.push(['done', asked])
    const gate = { refuse: denied('gate'), done }
    const opened = () => loaded.attempts.at(-1)?.done(gate as never)
    return { ...loaded, waiting, told, opened, gate }
  }

  test('waits for it, and is decided by it', async () => {
    const { waiting, opened, gate } = open()
    const decided = waiting.decide(request, (one) => ((one as unknown) === gate ? 'asked' : 'lost'))
    opened()
    expect(await decided).toBe('asked')
    expect(waiting.opened).toBe(gate)
  })

  test('is refused for now where it cannot be loaded, and is not asked about', async () => {
    const { waiting, attempts, told } = open()
    let asked = 0
    const decided = waiting.decide(request, () => (asked += 1))
    attempts[0]?.fail()
    expect(await decided).toBe('front: store_unavailable')
    expect([asked, told]).toEqual([0, [request]])
  })

  test('is refused and ended by what is there', async () => {
    const { waiting, told, opened } = open()
    const refusal = { reason: 'not_found' } as never
    expect(waiting.refuse(refusal, request as never)).toBe('front: not_found')
    waiting.done(request)
    expect(told).toEqual([request])
    const got = waiting.get()
    opened()
    await got
    expect(waiting.refuse(refusal, request as never)).toBe('gate: not_found')
    waiting.done(request)
    expect(told).toEqual([request, request, ['done', request]])
  })
})
