import { strict as assert } from 'node:assert'
import { asking, gist, only, quota, SHORT_MS, until, type StoreCase } from './case.js'

const DAY_MS = 86_400_000

/** Windows that begin with their first request. */
export const QUOTA_CASES: readonly StoreCase[] = [
  {
    id: 'quota-counts',
    name: 'a quota admits exactly its limit, and says how much is left',
    async run(store, other) {
      const ask = asking(store)
      const limit = quota(3)
      const first = await ask(1, limit)
      assert.deepEqual(gist(first), [true, 2])
      assert.deepEqual(gist(await ask(1, limit)), [true, 1])
      assert.deepEqual(gist(await ask(1, limit)), [true, 0])
      assert.deepEqual(gist(await ask(1, limit)), [false, 0])
      assert.deepEqual(gist(await asking(other)(1, limit)), [true, 2])
    },
  },
  {
    id: 'quota-moment',
    name: 'the window of a quota begins with its first request, and ends at one moment whatever is asked meanwhile',
    async run(store) {
      const ask = asking(store)
      const limit = quota(2)
      const first = await ask(1, limit)
      const resetAt = first.at + limit.windowMs
      assert.deepEqual(only(first), { remaining: 1, resetAt })
      await until(first.at + 5, () => ask(0, limit))
      assert.deepEqual(only(await ask(1, limit)), { remaining: 0, resetAt })
      assert.deepEqual(only(await ask(1, limit)), { remaining: 0, resetAt, retryAt: resetAt })
    },
  },
  {
    id: 'quota-turns',
    name: 'all of a quota is there again when its window ends, and not before',
    async run(store) {
      const ask = asking(store)
      const limit = quota(2, { windowMs: SHORT_MS })
      const { resetAt } = only(await ask(2, limit))
      const next = await until(resetAt, async () => {
        const verdict = await ask(1, limit)
        assert.equal(verdict.allowed, verdict.at >= resetAt)
        return verdict
      })
      assert.deepEqual(only(next), { remaining: 1, resetAt: next.at + limit.windowMs })
    },
  },
  {
    id: 'quota-calendar',
    name: 'a quota of the calendar ends with the day or month of UTC, whenever its first request comes',
    async run(store) {
      const ask = asking(store)
      const day = quota(3, { name: 'day', calendar: 'day', windowMs: DAY_MS })
      const month = quota(5, { name: 'month', calendar: 'month', windowMs: 31 * DAY_MS })
      const { at, states } = await ask(2, day, month)
      const date = new Date(at)
      const [year, of] = [date.getUTCFullYear(), date.getUTCMonth()]
      assert.deepEqual(states, [
        { remaining: 1, resetAt: Date.UTC(year, of, date.getUTCDate() + 1) },
        { remaining: 3, resetAt: Date.UTC(year, of + 1) },
      ])
    },
  },
  {
    id: 'quota-others',
    name: 'a short window beside a long one ends alone',
    async run(store) {
      const ask = asking(store)
      const [long, short] = [quota(5), quota(5, { name: 'short', windowMs: SHORT_MS })]
      await ask(3, long)
      const { resetAt } = only(await ask(4, short))
      await until(resetAt + 20, () => ask(0, short))
      assert.deepEqual(gist(await ask(1, long, short)), [true, 1, 4])
    },
  },
  {
    id: 'quota-plan',
    name: 'a quota that changes counts at once, and what was taken stays taken',
    async run(store) {
      const ask = asking(store)
      await ask(4, quota(10))
      const smaller = await ask(1, quota(3))
      assert.deepEqual(gist(smaller), [false, 0])
      assert.deepEqual(gist(await ask(1, quota(20))), [true, 15])
      const shorter = await ask(0, quota(20, { windowMs: 60_000 }))
      assert.ok(only(shorter).resetAt <= shorter.at + 60_000, 'nobody waits longer than a window')
      assert.equal(only(shorter).remaining, 15)
    },
  },
]
