import { strict as assert } from 'node:assert'
import type { ReviewStore, SignedReview } from '../console/review-store.js'
import { randomBase62 } from '../lib/base62.js'
import type { MaybePromise } from '../lib/maybe.js'
import { casesOn, type CaseOn, type TestCase } from './suite.js'

const TO = '2030-06-16'

/** A review as no store has it yet, of an owner of its own. */
function review(fields: Partial<SignedReview> = {}, to = TO): SignedReview {
  const id = `rev_${randomBase62(22)}`
  return {
    ...{ id, ownerId: `org_${id}`, by: { id: 'user_1', name: '\u00c4nn' } },
    ...{ at: new Date('2030-06-17T12:00:00.123Z'), digest: 'd'.repeat(43) },
    week: {
      ...{ from: '2030-06-10', to, allowed: { '2030-06-11': 3 }, denied: {} },
      ...{ phi: [['Patient', 2]], morePhi: 0, callers: [['key_1', 3]], moreCallers: 1 },
      ...{ addresses: 1, changes: 0, records: 4, unproven: 4, isComplete: true },
    },
    ...fields,
  }
}

async function idsIn(store: ReviewStore, filter: Parameters<ReviewStore['list']>[0]) {
  const { items, cursor } = await store.list(filter)
  return { ids: [...items].map(({ id }) => id), cursor }
}

const CASES: readonly CaseOn<ReviewStore>[] = [
  {
    id: 'stored',
    name: 'a review is found as it was signed, by each handle, with every field and with few',
    async run(store, other) {
      const by = { id: 'user_2', name: 'Bob "B"', address: '2001:db8::1' }
      const counted = { environments: ['live', 'test'], tenantIds: ["it's", '\u{1f512}'] }
      const more = { by, environment: 'live', counted, note: 'Fine.\n\u{1f511} "quoted"' }
      for (const each of [review(), review(more)]) {
        await store.insert(each)
        assert.deepEqual({ ...(await other.find(each.id)) }, each)
        assert.deepEqual([...(await other.list({ ownerId: each.ownerId })).items], [each])
      }
      assert.equal(await store.find('rev_none'), undefined)
      assert.deepEqual((await idsIn(store, { ownerId: 'org_none' })).ids, [])
    },
  },
  {
    id: 'unique',
    name: 'an id is stored once, and what is stored stays as it was signed',
    async run(store, other) {
      const first = review()
      await store.insert(first)
      await assert.rejects(async () => {
        await other.insert({ ...first, note: 'Another' })
      })
      await assert.rejects(async () => {
        await store.insert({ ...first, ownerId: 'org_other' })
      })
      assert.deepEqual({ ...(await store.find(first.id)) }, first)
    },
  },
  {
    id: 'kept',
    name: 'what the caller changes after the insert is not changed in the store',
    async run(store) {
      const first = review()
      const allowed: Record<string, number> = { '2030-06-11': 3 }
      await store.insert({ ...first, week: { ...first.week, allowed } })
      allowed['2030-06-11'] = 0
      assert.deepEqual((await store.find(first.id))?.week.allowed, { '2030-06-11': 3 })
    },
  },
  {
    id: 'listed',
    name: 'pages have each review of an owner once, those signed last first, also of one time',
    async run(store, other) {
      const { ownerId } = review()
      const times = [1, 3, 2, 3, 0].map((hour) => new Date(Date.UTC(2030, 5, 17, hour)))
      const all = times.map((at) => review({ ownerId, at }))
      for (const each of [...all, review()]) await store.insert(each)
      const whole = await idsIn(store, { ownerId })
      const atOf = (id: string) => all.find((one) => one.id === id)?.at.getTime() ?? 0
      assert.deepEqual(new Set(whole.ids), new Set(all.map(({ id }) => id)))
      assert.deepEqual(
        whole.ids.map(atOf),
        times.map((at) => at.getTime()).sort((a, b) => b - a),
      )
      assert.equal(whole.cursor, undefined)
      const pages: string[] = []
      let cursor: string | undefined
      do {
        const page = await idsIn(other, { ownerId, limit: 2, ...(cursor && { cursor }) })
        assert.ok(page.ids.length <= 2)
        pages.push(...page.ids)
        cursor = page.cursor
      } while (cursor !== undefined && pages.length < 10)
      assert.deepEqual(pages, whole.ids)
      assert.deepEqual((await idsIn(store, { ownerId, cursor: 'no cursor' })).ids, [])
    },
  },
  {
    id: 'by-week',
    name: 'a list of one week has its reviews alone, and those of no other owner',
    async run(store) {
      const first = review()
      const { ownerId } = first
      const earlier = review({ ownerId }, '2030-06-09')
      for (const each of [first, earlier, review()]) await store.insert(each)
      assert.deepEqual((await idsIn(store, { ownerId, to: TO })).ids, [first.id])
      assert.deepEqual((await idsIn(store, { ownerId, to: '2030-06-09' })).ids, [earlier.id])
      assert.deepEqual((await idsIn(store, { ownerId, to: '2030-06-02' })).ids, [])
    },
  },
]

/**
 * What every ReviewStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in it.
 * Whoever opens a store closes it.
 * @example for (const { name, run } of reviewStoreCases(open)) test(name, run)
 */
export function reviewStoreCases(
  open: () => MaybePromise<ReviewStore | readonly [ReviewStore, ReviewStore]>,
): readonly TestCase[] {
  return casesOn(open, CASES)
}
