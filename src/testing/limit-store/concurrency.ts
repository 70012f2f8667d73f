import { strict as assert } from 'node:assert'
import type { Limit, LimitVerdict } from '../../core/limit.js'
import { randomBase62 } from '../../lib/base62.js'
import type { LimitRequest, LimitStore } from '../../limits/limit-store.js'
import {
  burst,
  concurrency,
  credit,
  gist,
  newSubject,
  only,
  quota,
  releasing,
  SHORT_MS,
  until,
  type StoreCase,
} from './case.js'

/** Asks by the name of a slot, of a subject of its own, and gives it back. */
function holding(store: LimitStore, subject: string = newSubject()) {
  const asked = (slot: string, cost: number, limits: readonly Limit[]): LimitRequest => ({
    ...{ subject, limits, cost, slot },
    at: Date.now(),
  })
  return {
    take: async (slot: string, cost: number, ...limits: readonly Limit[]) => {
      const verdict = await store.consume(asked(slot, cost, limits))
      assert.ok(Number.isSafeInteger(verdict.at), 'the instant is in whole milliseconds')
      return verdict
    },
    end: async (slot: string, verdict: LimitVerdict, ...limits: readonly Limit[]) => {
      await store.release?.(asked(slot, 0, limits), verdict)
    },
  }
}

/** What is held while a request is under way, and what is given back. */
export const CONCURRENCY_CASES: readonly StoreCase[] = [
  {
    id: 'slots-hold',
    name: 'so many requests at once are let in, each once, and others when one of them is over',
    run: releasing(async (store) => {
      const { take, end } = holding(store)
      const limit = concurrency(2)
      const first = await take('a', 1, limit)
      assert.deepEqual([first.allowed, only(first)], [true, { remaining: 1, resetAt: first.at }])
      assert.deepEqual(gist(await take('b', 7, limit)), [true, 0])
      assert.deepEqual(gist(await take('a', 1, limit)), [true, 0])
      const refused = await take('c', 1, limit)
      assert.deepEqual(gist(refused), [false, 0])
      const { retryAt = 0 } = only(refused)
      assert.ok(retryAt > refused.at && retryAt <= refused.at + 1_000, 'it may be over soon')
      await end('nobody', first, limit)
      assert.deepEqual(gist(await take('c', 1, limit)), [false, 0])
      await end('a', first, limit)
      await end('a', first, limit)
      assert.deepEqual(gist(await take('c', 1, limit)), [true, 0])
      assert.deepEqual(gist(await take('d', 1, limit)), [false, 0])
    }),
  },
  {
    id: 'slots-end',
    name: 'what is not given back is over after its lease, and not before',
    run: releasing(async (store) => {
      const { take } = holding(store)
      const limit = concurrency(1, { windowMs: SHORT_MS })
      const first = await take('a', 1, limit)
      const next = await until(first.at + SHORT_MS, async () => {
        const verdict = await take('b', 1, limit)
        assert.equal(verdict.allowed, verdict.at >= first.at + SHORT_MS)
        return verdict
      })
      assert.deepEqual(gist(next), [true, 0])
    }),
  },
  {
    id: 'slots-all-or-none',
    name: 'a slot is taken together with all other limits, or not at all; by a cost of 0, none is',
    run: releasing(async (store) => {
      const { take } = holding(store)
      const limits = [quota(3), concurrency(2), burst(9), credit(9)]
      assert.deepEqual(gist(await take('a', 0, ...limits)), [true, 3, 2, 9, 9])
      assert.deepEqual(gist(await take('a', 3, ...limits)), [true, 0, 1, 6, 6])
      assert.deepEqual(gist(await take('b', 1, ...limits)), [false, 0, 1, 6, 6])
      const others = [concurrency(2), burst(9)]
      assert.deepEqual(gist(await take('c', 1, ...others)), [true, 0, 5])
      assert.deepEqual(gist(await take('d', 1, ...others)), [false, 0, 5])
      assert.deepEqual(gist(await take('d', 0, ...others)), [true, 0, 5])
      assert.deepEqual(gist(await take('a', 1, ...others)), [true, 0, 4])
    }),
  },
  {
    id: 'slots-at-once',
    name: 'however many ask at once, and wherever, no more than the limit are under way',
    run: releasing(async (store, other) => {
      const subject = newSubject()
      const handles = [holding(store, subject), holding(other, subject)]
      const limits = [concurrency(17), quota(99)]
      const verdicts = await Promise.all(
        Array.from({ length: 25 }, () =>
          handles.map(({ take }) => take(randomBase62(8), 1, ...limits)),
        ).flat(),
      )
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 17)
    }),
  },
  {
    id: 'slots-apart',
    name: 'slots of other subjects and of limits of other names are others',
    run: releasing(async (store) => {
      const [one, other] = [holding(store), holding(store)]
      const [limit, named] = [concurrency(1), concurrency(1, { name: 'other' })]
      const first = await one.take('a', 1, limit)
      assert.deepEqual(gist(await one.take('b', 1, named)), [true, 0])
      assert.deepEqual(gist(await other.take('a', 1, limit)), [true, 0])
      await other.end('a', first, limit)
      assert.deepEqual(gist(await one.take('c', 1, limit)), [false, 0])
    }),
  },
]
