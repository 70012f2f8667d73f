import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMemoryLimitStore, type LimitStore, type LimitVerdict } from 'sallyport'
import { limitStoreCases } from 'sallyport/testing'
import { agrees, histories } from './histories.js'
import { agrees as agreesOn, traffic } from './slots.js'

/** A store that does something else than it should with a verdict, or with a request. */
function changed(change: (store: LimitStore) => LimitStore): () => LimitStore {
  return () => change(createMemoryLimitStore())
}

describe('limits of all kinds', () => {
  test('are what their definition says, over 10,000 histories', () => {
    const holds = fc.property(histories, (history) => agrees(createMemoryLimitStore(), history))
    fc.assert(holds, { numRuns: 10_000 })
  }, 120_000)

  test.each([
    [
      'a cost one too small',
      changed((store) => ({
        consume: (request) => store.consume({ ...request, cost: Math.max(0, request.cost - 1) }),
      })),
    ],
    [
      'a window that ends a millisecond later',
      changed((store) => ({
        consume: (request) => {
          const limits = request.limits.map((limit) => ({ ...limit, windowMs: limit.windowMs + 1 }))
          return store.consume({ ...request, limits })
        },
      })),
    ],
    [
      'limits that are taken one by one',
      changed((store) => ({
        consume: (request) => {
          const verdicts = request.limits.map(
            (limit) => store.consume({ ...request, limits: [limit] }) as LimitVerdict,
          )
          return {
            allowed: verdicts.every(({ allowed }) => allowed),
            at: request.at,
            standings: verdicts.flatMap(({ standings }) => standings),
          }
        },
      })),
    ],
    [
      'a bucket that is refilled in seconds',
      changed((store) => ({
        consume: (request) => {
          const at = request.at - (request.at % 1_000)
          const verdict = store.consume({ ...request, at }) as LimitVerdict
          return { ...verdict, at: request.at }
        },
      })),
    ],
  ])('red control: %s', (_, open) => {
    const holds = fc.property(histories, (history) => agrees(open(), history))
    expect(fc.check(holds, { numRuns: 10_000 }).failed).toBe(true)
  })
})

describe('requests under way', () => {
  test('are what a plain list of them says, over 3,000 histories', async () => {
    const holds = fc.asyncProperty(traffic, (one) => agreesOn(createMemoryLimitStore(), one))
    await fc.assert(holds, { numRuns: 3_000 })
  }, 60_000)

  test.each<[string, (store: LimitStore) => LimitStore]>([
    ['slots that are never given back', ({ consume }) => ({ consume })],
    [
      'a slot for each time that a request asks',
      (store) => {
        let times = 0
        return {
          ...store,
          consume: (request) => store.consume({ ...request, slot: String((times += 1)) }),
        }
      },
    ],
  ])('red control: %s', async (_, change) => {
    const holds = fc.asyncProperty(traffic, (one) =>
      agreesOn(change(createMemoryLimitStore()), one),
    )
    expect((await fc.check(holds, { numRuns: 3_000 })).failed).toBe(true)
  })
})

/** The same store, answering later. */
function deferred(): LimitStore {
  const store = createMemoryLimitStore()
  return { consume: async (request) => store.consume(request) }
}

describe.each([
  ['the memory store', createMemoryLimitStore],
  ['the memory store, deferred', deferred],
])('%s', (_name, open) => {
  for (const { name, run } of limitStoreCases(open)) test(name, run)
})
