import { strict as assert } from 'node:assert'
import type { MaybePromise } from '../lib/maybe.js'
import type { TokenRevocations } from '../oauth/revocations.js'
import { assertFails, later, newId, past, similarIds, soon } from './ids.js'
import { casesOn, type CaseOn, type TestCase } from './suite.js'

const AT_ONCE = 100

const CASES: readonly CaseOn<TokenRevocations>[] = [
  {
    id: 'revoked',
    name: 'a token is revoked with the answer, for each handle; others are not',
    async run(store, other) {
      const [id, stranger] = [newId(), newId()]
      assert.equal(await store.has(id), false)
      assert.equal(await other.has(id), false)
      await store.add(id, later())
      assert.equal(await store.has(id), true)
      assert.equal(await other.has(id), true)
      assert.equal(await other.has(stranger), false)
    },
  },
  {
    id: 'revoked-at-once',
    name: 'a hundred tokens that are revoked at the same time all are, one of them by both handles',
    async run(store, other) {
      const ids = Array.from({ length: AT_ONCE }, newId)
      const twice = ids[0] ?? ''
      await Promise.all([...ids.map((id) => store.add(id, later())), other.add(twice, later())])
      for (const id of ids) assert.equal(await other.has(id), true)
    },
  },
  {
    id: 'apart',
    name: 'ids are told apart to the last character, however long they are',
    async run(store) {
      const ids = similarIds()
      for (const id of ids) {
        assert.equal(await store.has(id), false)
        await store.add(id, later())
        assert.equal(await store.has(id), true)
      }
    },
  },
  {
    id: 'kept',
    name: 'a token that is revoked again is kept until the later end of the two',
    async run(store, other) {
      const [first, second, end] = [newId(), newId(), soon()]
      await store.add(first, later())
      await other.add(first, end)
      await store.add(second, end)
      await other.add(second, later())
      await past(end)
      assert.equal(await store.has(first), true)
      assert.equal(await store.has(second), true)
    },
  },
  {
    id: 'ends',
    name: 'an id is not kept for longer than was asked for',
    async run(store) {
      const [id, end] = [newId(), soon()]
      await store.add(id, end)
      assert.equal(await store.has(id), true)
      await past(end)
      assert.equal(await store.has(id), false)
    },
  },
]

/** What holds for a store that is away, or takes no more. */
const FAILURE_CASES: readonly CaseOn<TokenRevocations>[] = [
  {
    id: 'fails',
    name: 'a token that cannot be revoked is an error: nobody may think that it was',
    run: (store) => assertFails(() => store.add(newId(), later())),
  },
]

/**
 * What every TokenRevocations must do. `open` gives a store, or two handles on one, as two instances of an API have them; some cases wait for the
 * clock. `broken` gives a store that is away, or full, for the case of a call that fails: without it, there is none. Whoever opens a store closes it.
 * @example for (const { name, run } of tokenRevocationsCases(open)) test(name, run)
 */
export function tokenRevocationsCases(
  open: () => MaybePromise<TokenRevocations | readonly [TokenRevocations, TokenRevocations]>,
  broken?: () => MaybePromise<TokenRevocations>,
): readonly TestCase[] {
  return [...casesOn(open, CASES), ...(broken === undefined ? [] : casesOn(broken, FAILURE_CASES))]
}
