import { strict as assert } from 'node:assert'
import { asking, credit, gist, only, quota, SHORT_MS, until, type StoreCase } from './case.js'

/** Counts that do not end with a window. */
export const CREDIT_CASES: readonly StoreCase[] = [
  {
    id: 'credit-counts',
    name: 'credits that are never refilled are let in once, and nobody is told to come back',
    async run(store) {
      const ask = asking(store)
      const limit = credit(3)
      assert.deepEqual(only(await ask(2, limit)), { remaining: 1, resetAt: Infinity })
      const never = { remaining: 1, resetAt: Infinity, retryAt: Infinity }
      const refused = await ask(2, limit)
      assert.deepEqual([refused.allowed, only(refused)], [false, never])
      assert.deepEqual(gist(await ask(1, limit)), [true, 0])
      assert.deepEqual(gist(await ask(1, limit)), [false, 0])
    },
  },
  {
    id: 'credit-stays',
    name: 'credits that were used stay used when the windows beside them end',
    async run(store) {
      const ask = asking(store)
      const [own, short] = [credit(5), quota(5, { name: 'short', windowMs: SHORT_MS })]
      const { resetAt } = only(await ask(2, short, own))
      await until(resetAt + 20, () => ask(0, short))
      assert.deepEqual(gist(await ask(1, own, short)), [true, 2, 4])
    },
  },
  {
    id: 'credit-refills',
    name: 'credits are refilled when their window ends, and not before; to what the refill is, and no more is lost',
    async run(store) {
      const [ask, other] = [asking(store), asking(store)]
      const limit = credit(5, { windowMs: SHORT_MS, refill: 2 })
      const first = await ask(5, limit)
      const left = await other(1, limit)
      const resetAt = first.at + SHORT_MS
      assert.deepEqual(only(first), { remaining: 0, resetAt })
      assert.deepEqual(only(left), { remaining: 4, resetAt: left.at })
      const next = await until(resetAt, async () => {
        const verdict = await ask(1, limit)
        assert.equal(verdict.allowed, verdict.at >= resetAt)
        return verdict
      })
      assert.deepEqual(only(next), { remaining: 1, resetAt: next.at + SHORT_MS })
      await until(left.at + SHORT_MS, () => other(0, limit))
      assert.deepEqual(gist(await other(0, limit)), [true, 4])
      assert.equal(only(await ask(3, limit)).retryAt, Infinity)
    },
  },
  {
    id: 'credit-more',
    name: 'credits can be refilled to more than they were at first',
    async run(store) {
      const ask = asking(store)
      const limit = credit(1, { windowMs: SHORT_MS, refill: 9 })
      const first = await ask(1, limit)
      assert.deepEqual(gist(first), [true, 0])
      await until(only(first).resetAt, () => ask(0, limit))
      assert.deepEqual(gist(await ask(4, limit)), [true, 5])
    },
  },
  {
    id: 'credit-plan',
    name: 'an amount that changes counts at once, and what was used stays used',
    async run(store) {
      const ask = asking(store)
      await ask(4, credit(10))
      assert.deepEqual(gist(await ask(1, credit(3))), [false, 0])
      assert.deepEqual(gist(await ask(1, credit(20, { windowMs: 3_600_000 }))), [true, 15])
      assert.deepEqual(gist(await ask(1, credit(20))), [true, 14])
      assert.deepEqual(gist(await ask(1, quota(5), credit(20))), [true, 4, 13])
    },
  },
]
