import { strict as assert } from 'node:assert'
import type { MaybePromise } from '../lib/maybe.js'
import type { ReplayStore } from '../oauth/replay-store.js'
import { assertFails, later, newId, past, similarIds, soon } from './ids.js'
import { casesOn, type CaseOn, type TestCase } from './suite.js'

const AT_ONCE = 100

const CASES: readonly CaseOn<ReplayStore>[] = [
  {
    id: 'once',
    name: 'an id is taken once, whichever handle asks',
    async run(store, other) {
      const id = newId()
      assert.equal(await store.addIfAbsent(id, later()), true)
      assert.equal(await store.addIfAbsent(id, later()), false)
      assert.equal(await other.addIfAbsent(id, later()), false)
      assert.equal(await other.addIfAbsent(newId(), later()), true)
    },
  },
  {
    id: 'once-at-once',
    name: 'of a hundred who ask for an id at the same time, one is told that it is the first',
    async run(store, other) {
      const id = newId()
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, index) =>
          (index % 2 === 0 ? store : other).addIfAbsent(id, later()),
        ),
      )
      assert.deepEqual(answers.map(Number).sort(), [...Array<number>(AT_ONCE - 1).fill(0), 1])
    },
  },
  {
    id: 'apart',
    name: 'ids are told apart to the last character, however long they are',
    async run(store) {
      for (const id of similarIds()) assert.equal(await store.addIfAbsent(id, later()), true)
    },
  },
  {
    id: 'kept',
    name: 'an id is kept until its end, also when it is asked for again for less',
    async run(store, other) {
      const [id, end] = [newId(), soon()]
      assert.equal(await store.addIfAbsent(id, later()), true)
      assert.equal(await other.addIfAbsent(id, end), false)
      await past(end)
      assert.equal(await store.addIfAbsent(id, later()), false)
    },
  },
  {
    id: 'ends',
    name: 'an id is free again after its end',
    async run(store) {
      const [id, end] = [newId(), soon()]
      assert.equal(await store.addIfAbsent(id, end), true)
      await past(end)
      assert.equal(await store.addIfAbsent(id, later()), true)
    },
  },
]

/** What holds for a store that is away, or full. */
const FAILURE_CASES: readonly CaseOn<ReplayStore>[] = [
  {
    id: 'fails',
    name: 'what cannot be kept is an error, and no answer',
    run: (store) => assertFails(() => store.addIfAbsent(newId(), later())),
  },
]

/**
 * What every ReplayStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the clock.
 * `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 * @example for (const { name, run } of replayStoreCases(open)) test(name, run)
 */
export function replayStoreCases(
  open: () => MaybePromise<ReplayStore | readonly [ReplayStore, ReplayStore]>,
  broken?: () => MaybePromise<ReplayStore>,
): readonly TestCase[] {
  return [...casesOn(open, CASES), ...(broken === undefined ? [] : casesOn(broken, FAILURE_CASES))]
}
