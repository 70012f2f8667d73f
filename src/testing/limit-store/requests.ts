import { strict as assert } from 'node:assert'
import {
  allowedOf,
  asking,
  assertRefused,
  burst,
  credit,
  gist,
  newSubject,
  only,
  quota,
  type StoreCase,
} from './case.js'

/** What holds for limits of either kind. */
export const REQUEST_CASES: readonly StoreCase[] = [
  {
    id: 'all-or-none',
    name: 'a cost is taken from all limits of a request, or from none',
    async run(store) {
      const ask = asking(store)
      const [small, large, bucket] = [quota(1), quota(9, { name: 'more' }), burst(9)]
      const limits = [large, small, bucket, credit(9)]
      assert.deepEqual(gist(await ask(1, ...limits)), [true, 8, 0, 8, 8])
      const refused = await ask(1, ...limits)
      assert.deepEqual(gist(refused), [false, 8, 0, 8, 8])
      const waits = refused.states.map(({ retryAt }) => retryAt !== undefined)
      assert.deepEqual(waits, [false, true, false, false])
      assert.deepEqual(gist(await ask(2, bucket, large)), [true, 6, 6])
      assert.deepEqual(gist(await ask(2, credit(9))), [true, 6])
    },
  },
  {
    id: 'at-once',
    name: 'however many ask at once, and wherever, no more than the limit are let in',
    async run(store, other) {
      const subject = newSubject()
      const asks = [asking(store, subject), asking(other, subject)]
      const limits = [quota(23), burst(31), quota(29, { name: 'more' })]
      const all = Array.from({ length: 50 }, () => asks.map((ask) => () => ask(1, ...limits)))
      assert.equal(await allowedOf(all.flat()), 23)
      const bursts = Array.from({ length: 20 }, () => asks.map((ask) => () => ask(1, burst(31))))
      assert.equal(await allowedOf(bursts.flat()), 8)
      const credits = Array.from({ length: 20 }, () => asks.map((ask) => () => ask(1, credit(17))))
      assert.equal(await allowedOf(credits.flat()), 17)
    },
  },
  {
    id: 'handles',
    name: 'what one handle takes, the other finds taken',
    async run(store, other) {
      const subject = newSubject()
      await asking(store, subject)(2, quota(5), burst(5))
      const verdict = await asking(other, subject)(1, quota(5), burst(5))
      assert.deepEqual(gist(verdict), [true, 2, 2])
    },
  },
  {
    id: 'cost-0',
    name: 'a cost of 0 asks how things stand: it takes nothing, begins no window, and is let in',
    async run(store) {
      const ask = asking(store)
      const untouched = await ask(0, quota(2), burst(2))
      const { at } = untouched
      const full = { remaining: 2, resetAt: at }
      assert.deepEqual({ ...untouched }, { allowed: true, at, states: [full, full] })
      const first = await ask(2, quota(2))
      const asked = await ask(0, quota(2))
      assert.deepEqual(gist(asked), [true, 0])
      assert.deepEqual(only(asked), { remaining: 0, resetAt: first.at + 3_600_000 })
    },
  },
  {
    id: 'cost-above',
    name: 'a cost above the limit is never let in, and takes nothing',
    async run(store) {
      const ask = asking(store)
      for (const limit of [quota(3), burst(3)]) {
        const verdict = await ask(4, limit)
        assert.deepEqual(gist(verdict), [false, 3])
        assert.equal(only(verdict).retryAt, Infinity)
        assert.deepEqual(gist(await ask(3, limit)), [true, 0])
      }
    },
  },
  {
    id: 'cost-whole',
    name: 'a cost that is not a whole number from 0 on throws, and takes nothing',
    async run(store) {
      const subject = newSubject()
      for (const cost of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
        const limits = [quota(3), burst(3)]
        await assertRefused(() => store.consume({ subject, limits, cost, at: Date.now() }))
      }
      assert.deepEqual(gist(await asking(store, subject)(1, quota(3), burst(3))), [true, 2, 2])
    },
  },
  {
    id: 'apart',
    name: 'subjects and names of limits are told apart, whatever is in them',
    async run(store) {
      const own = newSubject()
      const odd = [
        '',
        ' ',
        ':',
        '{',
        '}',
        '{a}',
        '*',
        '\0',
        '\n',
        '\u00e9',
        'e\u0301',
        '\ud83d\ude00',
        '/',
        '"',
      ]
      const long = 'x'.repeat(100)
      const names = [...odd, ...odd.map((one) => `a${one}b`), long, `${long}x`, 'a', 'A']
      for (const name of names) {
        assert.deepEqual(gist(await asking(store, `${own}${name}`)(1, quota(5))), [true, 4], name)
      }
      // Among the names of limits, one is of a subject that ends in what it begins with.
      const ask = asking(store, `${own}a`)
      for (const name of names.filter((one) => one !== '')) {
        assert.deepEqual(gist(await ask(1, quota(5, { name }))), [true, 4], name)
      }
      assert.deepEqual(gist(await ask(1, quota(5))), [true, 3])
    },
  },
]
