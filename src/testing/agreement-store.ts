import { strict as assert } from 'node:assert'
import type { Acceptance, AgreementStore } from '../access/agreement-store.js'
import { randomBase62 } from '../lib/base62.js'
import type { MaybePromise } from '../lib/maybe.js'
import { assertKept, assertRevisions } from './owned-store.js'
import { casesOn, type CaseOn, type TestCase } from './suite.js'

const AT_ONCE = 6
const END = { by: { id: 'operator_1' }, at: new Date('2030-02-01T00:00:00.789Z') }

/** An acceptance as no store has it yet, of an owner of its own. */
function acceptance(fields: Partial<Acceptance> = {}): Acceptance {
  const id = `agr_${randomBase62(22)}`
  return {
    id,
    ownerId: `org_${id}`,
    terms: { id: 'baa', version: '3', digest: 'd'.repeat(43) },
    by: { id: 'user_1', name: '\u00c4nn', ownerId: `org_${id}`, address: '2001:db8::1' },
    at: new Date('2030-01-01T00:00:00.123Z'),
    ...fields,
  }
}

const CASES: readonly CaseOn<AgreementStore>[] = [
  {
    id: 'stored',
    name: 'an acceptance is found as it was stored, by each handle, with every field and with few',
    async run(store, other) {
      const until = new Date('2031-01-01T00:00:00.000Z')
      await assertKept(store, other, [
        acceptance(),
        acceptance({ until, recordedBy: { id: 'operator_1' } }),
      ])
    },
  },
  {
    id: 'unique',
    name: 'an id is stored once',
    async run(store, other) {
      const first = acceptance()
      await store.insert(first)
      await assert.rejects(async () => other.insert({ ...first, by: { id: 'another' } }))
      assert.deepEqual({ ...(await store.find(first.id)) }, first)
    },
  },
  {
    id: 'ended-once',
    name: 'of six who end an acceptance at once, one does; then it is not among those of its owner',
    async run(store, other) {
      const [first, rest] = [acceptance(), acceptance()]
      await store.insert(first)
      await store.insert({ ...rest, ownerId: first.ownerId })
      const done = await Promise.all(
        Array.from({ length: AT_ONCE }, async (_, index) =>
          (index % 2 === 0 ? store : other).end(first.id, { ...END, reason: String(index) }),
        ),
      )
      assert.equal(done.filter((one) => one).length, 1)
      const end = { ...END, reason: String(done.indexOf(true)) }
      assert.deepEqual({ ...(await other.find(first.id)) }, { ...first, end })
      const left = [...(await other.ofOwner(first.ownerId))]
      assert.deepEqual(
        left.map(({ id }) => id),
        [rest.id],
      )
      assert.equal(await store.end('agr_none', END), false)
    },
  },
  {
    id: 'listed',
    name: 'pages have each acceptance once, newest first, by owner and by terms',
    async run(store) {
      const { ownerId } = acceptance()
      const all = Array.from({ length: 5 }, (_, index) => {
        const terms = { id: index % 2 === 0 ? 'baa' : 'api-terms', version: '1', digest: 'd' }
        return acceptance({ ownerId, terms, at: new Date(Date.UTC(2030, 0, 1) + index) })
      })
      for (const each of all) await store.insert(each)
      await store.end(all[4]?.id ?? '', END)
      const ids = all.map(({ id }) => id).reverse()
      const first = await store.list({ ownerId, limit: 3 })
      const { cursor = '' } = first
      const second = await store.list({ ownerId, limit: 3, cursor })
      assert.deepEqual(
        [...first.items, ...second.items].map(({ id }) => id),
        ids,
      )
      assert.equal(second.cursor, undefined)
      const baa = await store.list({ ownerId, terms: 'baa' })
      assert.equal(baa.items.length, 3)
      assert.equal((await store.ofOwner(ownerId)).length, 4)
      assert.deepEqual(await store.list({ ownerId, cursor: 'no cursor' }), { items: [] })
    },
  },
  {
    id: 'changes',
    name: 'the revision moves with each change, for each handle, and with nothing else; who has changed is named',
    async run(store, other) {
      const first = acceptance()
      await assertRevisions(store, other, [first, acceptance()], () => store.end(first.id, END))
    },
  },
]

/**
 * What every AgreementStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in
 * it. Whoever opens a store closes it.
 * @example for (const { name, run } of agreementStoreCases(open)) test(name, run)
 */
export function agreementStoreCases(
  open: () => MaybePromise<AgreementStore | readonly [AgreementStore, AgreementStore]>,
): readonly TestCase[] {
  return casesOn(open, CASES)
}
