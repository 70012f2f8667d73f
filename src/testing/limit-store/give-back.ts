import { strict as assert } from 'node:assert'
import type { Limit, LimitVerdict } from '../../core/limit.js'
import type { LimitStore } from '../../limits/limit-store.js'
import {
  asking,
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

const HOUR_MS = 3_600_000

/** Takes from limits of a subject of its own, and gives back. */
function taking(store: LimitStore) {
  const subject = newSubject()
  return {
    take: asking(store, subject),
    giveBack: async (cost: number, verdict: LimitVerdict, ...limits: readonly Limit[]) => {
      await store.release?.({ subject, limits, cost, at: Date.now() }, verdict)
    },
  }
}

/** What was taken and does not count is given back, where `release` is there. */
export const GIVE_BACK_CASES: readonly StoreCase[] = [
  {
    id: 'give-back',
    name: 'what was taken is given back, of all limits but of requests under way',
    run: releasing(async (store) => {
      const { take, giveBack } = taking(store)
      const limits = [quota(10), burst(10), credit(10)]
      const verdict = await take(5, ...limits)
      await giveBack(3, verdict, ...limits)
      assert.deepEqual(gist(await take(0, ...limits)), [true, 8, 8, 8])
      assert.deepEqual(gist(await take(8, ...limits)), [true, 0, 0, 0])
      assert.deepEqual(gist(await take(1, ...limits)), [false, 0, 0, 0])
    }),
  },
  {
    id: 'give-back-slots',
    name: 'a slot is not given back with a cost, but by its name',
    run: releasing(async (store) => {
      const subject = newSubject()
      const limits = [quota(9), concurrency(1)]
      const asked = { subject, limits, cost: 1, at: Date.now() }
      const verdict = await store.consume({ ...asked, slot: 'a' })
      assert.ok(Number.isSafeInteger(verdict.at), 'the instant is in whole milliseconds')
      await store.release?.(asked, verdict)
      const held = await store.consume({ ...asked, slot: 'b' })
      assert.deepEqual(gist(held), [false, 9, 0])
    }),
  },
  {
    id: 'give-back-window',
    name: 'nothing is given back to another window, and no more than was taken',
    run: releasing(async (store) => {
      const { take, giveBack } = taking(store)
      const limit = quota(10)
      const verdict = await take(2, limit)
      const states = verdict.states.map((one) => ({ ...one, resetAt: one.resetAt - 1 }))
      await giveBack(1, { ...verdict, states }, limit)
      await giveBack(9, verdict, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 8])
    }),
  },
  {
    id: 'give-back-turned',
    name: 'a quota whose window has turned meanwhile is as if nothing had been given back',
    run: releasing(async (store) => {
      const { take, giveBack } = taking(store)
      const limit = quota(9, { windowMs: SHORT_MS })
      const verdict = await take(4, limit)
      const turned = await until(only(verdict).resetAt, () => take(4, limit))
      assert.equal(only(turned).remaining, 5)
      await giveBack(4, verdict, limit)
      const after = await take(0, limit)
      // On a slow machine, it may have turned once more.
      const isSame = after.at < only(turned).resetAt
      assert.ok(!isSame || only(after).remaining === only(turned).remaining)
    }),
  },
  {
    id: 'give-back-credits',
    name: 'credits are given back until they are refilled, and never beyond what there was',
    run: releasing(async (store) => {
      const { take, giveBack } = taking(store)
      const limit = credit(10, { refill: 5, windowMs: HOUR_MS })
      const verdict = await take(3, limit)
      assert.deepEqual(gist(verdict), [true, 7])
      await giveBack(3, { ...verdict, at: verdict.at - HOUR_MS - 1 }, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 7])
      await giveBack(3, verdict, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 10])
      await giveBack(1, verdict, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 10])
      for (const [name, calendar] of [
        ['of a day', 'day'],
        ['of a month', 'month'],
      ] as const) {
        const monthly = credit(10, { name, calendar, windowMs: 31 * 24 * HOUR_MS })
        const taken = await take(3, monthly)
        await giveBack(2, { ...taken, at: taken.at - 32 * 24 * HOUR_MS }, monthly)
        assert.deepEqual(gist(await take(0, monthly)), [true, 7])
        await giveBack(2, taken, monthly)
        assert.deepEqual(gist(await take(0, monthly)), [true, 9])
      }
    }),
  },
  {
    id: 'give-back-burst',
    name: 'of a burst, only what has not come back by itself is given back',
    run: releasing(async (store) => {
      const { take, giveBack } = taking(store)
      const limit = burst(10)
      const verdict = await take(8, limit)
      // As if it had been taken half a window before: of the 4 that were taken, all have come back by then.
      await giveBack(4, { ...verdict, at: verdict.at - HOUR_MS / 2 }, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 2])
      await giveBack(4, { ...verdict, at: verdict.at - HOUR_MS / 10 }, limit)
      assert.deepEqual(gist(await take(0, limit)), [true, 5])
      await giveBack(5, verdict, limit)
      // Of a part that is given back later, as much less as has come back by itself.
      assert.equal((await take(9, limit)).allowed, true)
    }),
  },
  {
    id: 'give-back-at-once',
    name: 'however much is given back and taken at once, all of it is counted',
    run: releasing(async (store, other) => {
      const subject = newSubject()
      const limits = [quota(40), credit(40)]
      const asks = [asking(store, subject), asking(other, subject)]
      const verdicts = await Promise.all(
        Array.from({ length: 20 }, () => asks.map((ask) => ask(1, ...limits))).flat(),
      )
      const asked = { subject, limits, cost: 1, at: Date.now() }
      const stores = [store, other]
      await Promise.all(
        verdicts.slice(0, 15).map((verdict, at) => stores[at % 2]?.release?.(asked, verdict)),
      )
      assert.deepEqual(gist((await asks[0]?.(0, ...limits)) ?? assert.fail()), [true, 15, 15])
    }),
  },
]
