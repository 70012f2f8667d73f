import { strict as assert } from 'node:assert'
import type { AccessRequest, AccessState, AccessStore } from '../access/access-store.js'
import { randomBase62 } from '../lib/base62.js'
import type { MaybePromise } from '../lib/maybe.js'
import { assertKept, assertRevisions } from './owned-store.js'
import { casesOn, type CaseOn, type TestCase } from './suite.js'

const AT_ONCE = 6
const PERSON = { id: 'user_1', name: 'Ann', ownerId: 'org', address: '203.0.113.7' }

/** A request as no store has it yet, of an owner of its own. */
export function request(fields: Partial<AccessRequest> = {}): AccessRequest {
  const id = `acc_${randomBase62(22)}`
  const requestedAt = new Date('2030-01-01T00:00:00.123Z')
  return {
    id,
    version: 1,
    ownerId: `org_${id}`,
    state: 'requested',
    useCase: 'Reads lab results, "quoted" \u00e4\u{1f511}',
    environments: ['sandbox', 'live'],
    scopes: ['read:patients'],
    terms: [{ id: 'api-terms', version: '2026-01', digest: 'd'.repeat(43) }],
    requestedAt,
    dueAt: new Date('2030-01-03T00:00:00.123Z'),
    steps: [{ state: 'requested', by: PERSON, at: requestedAt }],
    ...fields,
  }
}

/** The next version, in another state. */
export function after(
  before: AccessRequest,
  state: AccessState,
  fields: Partial<AccessRequest> = {},
) {
  const at = new Date('2030-01-02T00:00:00.456Z')
  const step = { state, by: { id: 'approver_1' }, at, reason: 'Agreed.' }
  const { version, steps } = before
  return { ...before, version: version + 1, state, steps: [...steps, step], ...fields }
}

const CASES: readonly CaseOn<AccessStore>[] = [
  {
    id: 'stored',
    name: 'a request is found as it was stored, by each handle, with every field and with few',
    async run(store, other) {
      const few = request()
      const { plan, until, conditions } = {
        plan: 'pro',
        until: new Date(1e13),
        conditions: 'None.',
      }
      await assertKept(store, other, [
        few,
        request({ plan, until, conditions, scopes: [], terms: [] }),
      ])
    },
  },
  {
    id: 'unique',
    name: 'an id is stored once',
    async run(store, other) {
      const first = request()
      await store.insert(first)
      await assert.rejects(async () => other.insert({ ...first, useCase: 'Another' }))
      assert.deepEqual({ ...(await store.find(first.id)) }, first)
    },
  },
  {
    id: 'requested-once',
    name: 'of six who request access to one environment at once, one does; no request goes beside one that waits or holds',
    async run(store, other) {
      const { ownerId } = request()
      const sandbox = request({ ownerId, environments: ['sandbox'] })
      assert.equal(await store.insert(sandbox), true)
      assert.equal(await store.insert(request({ environments: ['live'] })), true)
      const asked = Array.from({ length: AT_ONCE }, (_, index) =>
        request({ ownerId, environments: [`own${String(index)}`, 'live'] }),
      )
      const done = await Promise.all(
        asked.map(async (one, index) => (index % 2 === 0 ? other : store).insert(one)),
      )
      assert.equal(done.filter((one) => one).length, 1)
      const first = asked[done.indexOf(true)] ?? request()
      assert.deepEqual(new Set(await other.ofOwner(ownerId)), new Set([first, sandbox]))
      const until = new Date('2031-01-01T00:00:00Z')
      const approved = after(first, 'approved', { until })
      assert.equal(await store.replace(approved), true)
      const late = (ms: number) =>
        request({ ownerId, environments: ['live'], requestedAt: new Date(until.getTime() + ms) })
      assert.equal(await store.insert(late(-1)), false)
      assert.equal(await store.replace(after(approved, 'suspended')), true)
      assert.equal(await store.insert(late(0)), false)
      assert.equal(await store.replace(after(after(approved, 'suspended'), 'approved')), true)
      assert.equal(await store.insert(late(0)), true)
    },
  },
  {
    id: 'replaced-once',
    name: 'of six who replace a version at once, one does, and the others are told',
    async run(store, other) {
      const first = request()
      await store.insert(first)
      const attempts = Array.from({ length: AT_ONCE }, (_, index) =>
        after(first, index % 2 === 0 ? 'approved' : 'denied', { conditions: String(index) }),
      )
      const done = await Promise.all(
        attempts.map(async (next, index) => (index % 3 === 0 ? other : store).replace(next)),
      )
      assert.equal(done.filter((one) => one).length, 1)
      assert.deepEqual({ ...(await other.find(first.id)) }, attempts[done.indexOf(true)])
    },
  },
  {
    id: 'replaced-in-order',
    name: 'only the next version of a request that is there replaces it',
    async run(store) {
      const first = request()
      assert.equal(await store.replace(after(first, 'approved')), false)
      await store.insert(first)
      assert.equal(await store.replace(first), false)
      assert.equal(await store.replace({ ...after(first, 'denied'), version: 3 }), false)
      const second = after(first, 'approved', { until: new Date(1e13), environments: ['live'] })
      assert.equal(await store.replace(second), true)
      assert.deepEqual([...(await store.ofOwner(first.ownerId))], [second])
    },
  },
  {
    id: 'live-first',
    name: 'of many requests of an owner, those that something may become of are not left out',
    async run(store) {
      const { ownerId } = request()
      const at = (index: number) => new Date(Date.UTC(2030, 0, 1) + index)
      const states = ['approved', 'suspended', 'requested'] as const
      const live = states.map((state, index) =>
        request({ ownerId, state, requestedAt: at(index), environments: [state] }),
      )
      for (const each of live) await store.insert(each)
      for (let index = 10; index < 120; index++) {
        await store.insert(request({ ownerId, state: 'denied', requestedAt: at(index) }))
      }
      const found = await store.ofOwner(ownerId)
      assert.ok(found.length <= 100)
      assert.deepEqual(
        new Set(found.slice(0, 3).map(({ id }) => id)),
        new Set(live.map(({ id }) => id)),
      )
      assert.equal(found[3]?.requestedAt.getTime(), at(119).getTime())
    },
  },
  {
    id: 'listed',
    name: 'pages have each request once, in both orders, by owner and by state',
    async run(store) {
      const { ownerId } = request()
      const requests = Array.from({ length: 7 }, (_, index) =>
        request({
          ownerId,
          state: index % 2 === 0 ? 'requested' : 'denied',
          environments: [String(index)],
          // Some at the same time.
          requestedAt: new Date(Date.UTC(2030, 0, 1) + Math.floor(index / 3)),
        }),
      )
      for (const each of requests) await store.insert(each)
      const newest = await pages(store, { ownerId })
      assert.deepEqual(new Set(newest), new Set(requests.map(({ id }) => id)))
      assert.equal(newest.length, requests.length)
      assert.deepEqual(await pages(store, { ownerId, order: 'oldest' }), [...newest].reverse())
      const denied = requests.filter(({ state }) => state === 'denied').map(({ id }) => id)
      assert.deepEqual(new Set(await pages(store, { ownerId, state: 'denied' })), new Set(denied))
      assert.deepEqual(await store.list({ ownerId, cursor: 'no cursor' }), { items: [] })
    },
  },
  {
    id: 'changes',
    name: 'the revision moves with each change, for each handle, and with nothing else; who has changed is named',
    async run(store, other) {
      const first = request()
      await assertRevisions(store, other, [first, request()], (time) =>
        store.replace(after(first, time === 'first' ? 'approved' : 'denied')),
      )
    },
  },
]

async function pages(store: AccessStore, filter: Parameters<AccessStore['list']>[0]) {
  const ids: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await store.list({ ...filter, limit: 2, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.items.length <= 2 && ids.length < 100)
    ids.push(...page.items.map(({ id }) => id))
    if (page.cursor === undefined) return ids
    cursor = page.cursor
  }
}

/**
 * What every AccessStore must do. `open` gives a store, or two handles on one, as two instances of an API have them; what other tests have stored may be in it.
 * Whoever opens a store closes it.
 * @example for (const { name, run } of accessStoreCases(open)) test(name, run)
 */
export function accessStoreCases(
  open: () => MaybePromise<AccessStore | readonly [AccessStore, AccessStore]>,
): readonly TestCase[] {
  return casesOn(open, CASES)
}
