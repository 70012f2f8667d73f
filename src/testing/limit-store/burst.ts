import { strict as assert } from 'node:assert'
import { asking, burst, gist, only, quota, type StoreCase } from './case.js'

/** Buckets that are refilled evenly. */
export const BURST_CASES: readonly StoreCase[] = [
  {
    id: 'burst-counts',
    name: 'a burst admits its limit at once, and says when there is room for one more',
    async run(store) {
      const ask = asking(store)
      const limit = burst(3)
      const first = await ask(1, limit)
      assert.deepEqual(only(first), { remaining: 2, resetAt: first.at + 1_200_000 })
      assert.deepEqual(gist(await ask(1, limit)), [true, 1])
      assert.deepEqual(gist(await ask(1, limit)), [true, 0])
      const refused = await ask(1, limit)
      // Nothing was lost since the first: the bucket misses three, less what has come back.
      assert.deepEqual(only(refused), {
        remaining: 0,
        resetAt: first.at + 3_600_000,
        retryAt: first.at + 1_200_000,
      })
      assert.equal(refused.allowed, false)
    },
  },
  {
    id: 'burst-refills',
    name: 'a burst is refilled evenly: never more than `limit + limit * t / windowMs` in any stretch, and no less',
    async run(store) {
      const ask = asking(store)
      const limit = burst(70, { windowMs: 2_030 })
      const admitted: number[] = []
      const end = performance.now() + 600
      let last: number | undefined
      while (performance.now() < end) {
        const verdict = await ask(1, limit)
        const { retryAt } = only(verdict)
        if (verdict.allowed) admitted.push(verdict.at)
        assert.equal(verdict.allowed, retryAt === undefined)
        if (retryAt !== undefined) {
          last = verdict.at
          assert.ok(
            retryAt > verdict.at && retryAt <= verdict.at + 29,
            'each 29 ms there is one more',
          )
          await new Promise((resolve) => setTimeout(resolve, 3))
        }
      }
      for (const [index, from] of admitted.entries()) {
        for (const [more, to] of admitted.slice(index).entries()) {
          const room = limit.limit + (limit.limit * (to - from)) / limit.windowMs
          assert.ok(more + 1 <= room, `${String(more + 1)} in ${String(to - from)} ms`)
        }
      }
      // Whoever was never refused asked too slowly to tell.
      const [first = 0] = admitted
      const least = (limit.limit * ((last ?? first) - first)) / limit.windowMs
      assert.ok(admitted.length >= least, 'what came back can be used')
    },
  },
  {
    id: 'burst-plan',
    name: 'a burst that changes counts at once, and what was taken stays taken',
    async run(store) {
      const ask = asking(store)
      await ask(4, burst(10))
      assert.deepEqual(gist(await ask(1, burst(3))), [false, 0])
      assert.deepEqual(gist(await ask(1, burst(20))), [true, 15])
      const slower = burst(20, { windowMs: 86_400_000 })
      assert.deepEqual(gist(await ask(1, slower)), [true, 14])
      const quicker = await ask(15, burst(20, { windowMs: 60_000 }))
      assert.equal(quicker.allowed, false)
      assert.ok(
        (only(quicker).retryAt ?? 0) <= quicker.at + 3_000,
        'it is refilled by the new window',
      )
    },
  },
  {
    id: 'burst-apart',
    name: 'a burst and a quota of one name are two counters',
    async run(store) {
      const ask = asking(store)
      await ask(3, burst(5))
      assert.deepEqual(gist(await ask(1, quota(5))), [true, 4])
      assert.deepEqual(gist(await ask(1, burst(5), quota(5))), [true, 1, 3])
    },
  },
  {
    id: 'burst-large',
    name: 'the largest limits are counted to the last one',
    async run(store) {
      const ask = asking(store)
      const most = 1_000_000_000
      const day = { name: 'day', windowMs: 86_400_000 }
      const longest = { name: 'longest', windowMs: 9_007_199 }
      const limits = [quota(most), burst(most), burst(most, longest), burst(100_000_000, day)]
      const verdict = await ask(99_999_999, ...limits)
      assert.deepEqual(gist(verdict), [true, 900_000_001, 900_000_001, 900_000_001, 1])
      assert.deepEqual(gist(await ask(900_000_001, quota(most))), [true, 0])
      const fresh = asking(store)
      assert.deepEqual(gist(await fresh(most - 1, ...limits.slice(0, 3))), [true, 1, 1, 1])
    },
  },
]
