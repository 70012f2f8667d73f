import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createMemoryLimitStore, type LimitStore, type LimitVerdict } from 'sallyport'
import { limitStoreCases } from 'sallyport/testing'
import { dose } from '../dose.js'
import { agrees, histories } from './histories.js'
import { createStoreOfTheClock, createStubbornStore } from './naive.js'
import { agrees as agreesOn, traffic } from './slots.js'

const RUNS = dose(1_000, 10_000)
const HOUR_MS = 3_600_000

/** A store that does something else than it should with a verdict, or with a request. */
function changed(change: (store: LimitStore) => LimitStore): () => LimitStore {
  return () => change(createMemoryLimitStore())
}

describe('limits of all kinds', () => {
  test('are what their definition says, whatever happens', () => {
    const holds = fc.property(histories, (history) => agrees(createMemoryLimitStore(), history))
    fc.assert(holds, { numRuns: RUNS })
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
            states: verdicts.flatMap(({ states }) => states),
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
    expect(fc.check(holds, { numRuns: 10_000, endOnFailure: true }).failed).toBe(true)
  })
})

/** A clock that goes on, and now and then jumps by up to two hours either way. */
const jumps = fc.record({
  kind: fc.constantFrom('quota' as const, 'burst' as const),
  limit: fc.integer({ min: 1, max: 9 }),
  windowMs: fc.constantFrom(1_000, 60_000, HOUR_MS),
  moves: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
      fc.constantFrom(HOUR_MS, -HOUR_MS, HOUR_MS - 1, -HOUR_MS - 1),
      fc.integer({ min: -2 * HOUR_MS, max: 2 * HOUR_MS }),
    ),
    { minLength: 5, maxLength: 60 },
  ),
})

type Jumps = typeof jumps extends fc.Arbitrary<infer T> ? T : never

/** Whether nobody has to wait for longer than a window, and no more comes back than the clock went forward. */
function isFair(store: LimitStore, { moves, ...given }: Jumps): boolean {
  const limit = { name: 'limit', ...given }
  let [at, forward, admitted] = [1_900_000_000_000, 0, 0]
  return moves.every((byMs) => {
    at += byMs
    forward += Math.max(0, byMs)
    const request = { subject: 'org_1', limits: [limit], cost: 1, at }
    const { allowed, states } = store.consume(request) as LimitVerdict
    admitted += Number(allowed)
    const back = (given.limit * forward) / given.windowMs
    const windows =
      given.kind === 'burst' ? back : given.limit * Math.floor(forward / given.windowMs)
    const retryAt = states[0]?.retryAt ?? at
    return admitted <= given.limit + windows && retryAt <= at + given.windowMs
  })
}

describe('a clock that jumps', () => {
  test('locks nobody out and gives nothing twice, whatever happens', () => {
    const holds = fc.property(jumps, (history) => isFair(createMemoryLimitStore(), history))
    fc.assert(holds, { numRuns: RUNS })
  })

  test.each([
    ['windows of the clock, which begin anew', createStoreOfTheClock],
    ['windows that end when they were to end', createStubbornStore],
  ])('red control: %s', (_, open) => {
    const holds = fc.property(jumps, (history) => isFair(open(), history))
    expect(fc.check(holds, { numRuns: 10_000, endOnFailure: true }).failed).toBe(true)
  })
})

describe('requests under way', () => {
  test('are what a plain list of them says, whatever happens', async () => {
    const holds = fc.asyncProperty(traffic, (one) => agreesOn(createMemoryLimitStore(), one))
    await fc.assert(holds, { numRuns: RUNS })
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
    expect((await fc.check(holds, { numRuns: 3_000, endOnFailure: true })).failed).toBe(true)
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
