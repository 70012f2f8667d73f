import { strict as assert } from 'node:assert'
import { mintId } from '../../keys/format.js'
import type { KeyQuery } from '../../keys/key-store.js'
import { KEY_STATES } from '../../keys/record.js'
import { idsOf, insertAll, january, listAll, record, type StoreCase } from './case.js'

/** Which keys a list has, and in which order. */
export const LIST_CASES: readonly StoreCase[] = [
  {
    id: 'list',
    name: 'a list has the keys of an owner and an environment, newest first, each once over its pages',
    async run(store) {
      const fields = [2, 5, 1, 4, 3].map((day) => ({ createdAt: january(day) }))
      const [a, b, c, d, e] = await insertAll(store, [...fields, { environment: 'test' }])
      await store.insert(record())
      const listed = await listAll(store, { ownerId: a.ownerId, environment: 'live', limit: 2 })
      assert.deepEqual(
        idsOf(listed),
        [b, d, e, a, c].map((key) => key?.id),
      )
    },
  },
  {
    id: 'list-oldest',
    name: 'a list can have the oldest first',
    async run(store) {
      const fields = [2, 3, 1].map((day) => ({ createdAt: january(day) }))
      const [a, b, c] = await insertAll(store, fields)
      const listed = await listAll(store, { ownerId: a.ownerId, order: 'oldest', limit: 2 })
      assert.deepEqual(
        idsOf(listed),
        [c, a, b].map((key) => key?.id),
      )
    },
  },
  {
    id: 'list-exactly',
    name: 'an owner or an environment that is merely alike is another',
    async run(store) {
      const [key] = await insertAll(store, [{ environment: 'live' }])
      const owners = [key.ownerId.toUpperCase(), `${key.ownerId.slice(0, -1)}%`, '%', '']
      for (const ownerId of owners) assert.equal((await store.list({ ownerId })).items.length, 0)
      for (const environment of ['LIVE', 'liv_', 'li%', 'live ', '']) {
        const page = await store.list({ ownerId: key.ownerId, environment })
        assert.equal(page.items.length, 0)
      }
    },
  },
  {
    id: 'list-state',
    name: 'a list has the keys that are in a state at an instant: a key ends at the very instant of its end',
    async run(store) {
      const at = new Date('2030-06-01T00:00:00.500Z')
      const [now, soon, past] = [at, new Date(+at + 1), new Date(+at - 1)]
      const states = {
        active: [{}, { expiresAt: soon }],
        disabled: [{ disabledAt: past }, { disabledAt: past, expiresAt: soon }],
        expired: [{ expiresAt: now }, { expiresAt: past, disabledAt: past }],
        revoked: [{ revokedAt: past }, { revokedAt: past, expiresAt: past, disabledAt: past }],
      }
      const keys = await insertAll(store, Object.values(states).flat())
      const { ownerId } = keys[0]
      for (const [index, state] of KEY_STATES.entries()) {
        const listed = await listAll(store, { ownerId, standing: { state, at }, limit: 1 })
        const expected = keys.slice(2 * index, 2 * index + 2)
        assert.deepEqual([...idsOf(listed)].sort(), [...idsOf(expected)].sort(), state)
      }
      assert.equal((await listAll(store, { ownerId })).length, keys.length)
    },
  },
  {
    id: 'list-unrotated',
    name: 'a list can leave out keys that have a successor, and those made after an instant',
    async run(store) {
      const keys = await insertAll(store, [
        { createdAt: january(2) },
        { createdAt: january(1), rotatedTo: 'key_after', rotatedAt: january(1) },
        { createdAt: january(1), rotatedFrom: 'key_before' },
        { createdAt: new Date(+january(2) + 1) },
      ])
      const listed = await listAll(store, {
        ownerId: keys[0].ownerId,
        unrotatedSince: january(2),
        order: 'oldest',
        limit: 1,
      })
      assert.deepEqual(idsOf(listed), [keys[2]?.id, keys[0].id])
    },
  },
  {
    id: 'list-maker',
    name: 'a list has what somebody made, over all owners and of one: all that is said of the maker must be so',
    async run(store) {
      const subject = `ann ${mintId()}'"\u{1f512}`
      const issuer = 'https://issuer.example'
      const keyId = mintId()
      const [first, token, , , other] = await insertAll(store, [
        { createdBy: { app: true, subject }, createdAt: january(5) },
        { createdBy: { issuer, subject, keyId }, createdAt: january(4) },
        { createdBy: { app: true, subject: `${subject}a` }, createdAt: january(3) },
        { createdAt: january(2) },
        { createdBy: { operator: true, subject }, createdAt: january(1) },
      ])
      const elsewhere = record({ createdBy: { operator: true, subject }, createdAt: january(6) })
      await store.insert(elsewhere)
      const { ownerId } = first
      const made = async (query: KeyQuery) => idsOf(await listAll(store, { ...query, limit: 1 }))
      const own = [first.id, token?.id, other?.id]
      assert.deepEqual(await made({ ownerId, createdBy: { subject } }), own)
      assert.deepEqual(await made({ createdBy: { subject } }), [elsewhere.id, ...own])
      assert.deepEqual(await made({ createdBy: { subject, issuer } }), [token?.id])
      assert.deepEqual(await made({ createdBy: { subject, app: true } }), [first.id])
      assert.deepEqual(await made({ createdBy: { keyId } }), [token?.id])
      assert.deepEqual(await made({ createdBy: { keyId, subject: 'ann' } }), [])
    },
  },
  {
    id: 'list-search',
    name: 'a list has the keys with a text in their name or hint, whatever the letter case of A to Z',
    async run(store) {
      const [name, hint, other] = await insertAll(store, [
        { name: 'Billing_100% Server', createdAt: january(3) },
        { name: 'x', hint: 'acme_live_sk_...biLL', createdAt: january(2) },
        { name: '\u00c4rzte', createdAt: january(1) },
      ])
      const { ownerId } = name
      const found = async (search: string) => idsOf(await listAll(store, { ownerId, search }))
      assert.deepEqual(await found('BILL'), [name.id, hint?.id])
      assert.deepEqual(await found('g_100%'), [name.id])
      assert.deepEqual(await found('g%'), [])
      assert.deepEqual(await found('\u00c4rz'), [other?.id])
      assert.deepEqual(await found('\u00e4rz'), [])
    },
  },
  {
    id: 'list-unused',
    name: 'a list has the keys made before an instant and not used since',
    async run(store) {
      const [old, used, fresh] = await insertAll(store, [
        { createdAt: january(1) },
        { createdAt: january(1) },
        { createdAt: january(10) },
      ])
      const { ownerId } = old
      const use = { environment: 'live', day: '2030-01-09', count: 1 }
      await store.recordUsage([
        { ...use, keyId: old.id, lastUsedAt: january(9) },
        { ...use, keyId: used?.id ?? '', lastUsedAt: january(10), day: '2030-01-10' },
      ])
      const unusedSince = january(10)
      assert.deepEqual(idsOf(await listAll(store, { ownerId, unusedSince })), [old.id])
      const later = { ownerId, unusedSince: new Date(+january(10) + 1) }
      assert.equal((await listAll(store, later)).length, 3)
      assert.ok(fresh)
    },
  },
  {
    id: 'list-ending',
    name: 'a list has the keys that end in a time, or those that never end, and none that is revoked',
    async run(store) {
      const ends = [january(8), january(9), january(10), undefined]
      const [first, ...rest] = await insertAll(
        store,
        ends.map((expiresAt) => (expiresAt ? { expiresAt } : {})),
      )
      const { ownerId } = first
      const over = record({ ownerId, expiresAt: january(9), revokedAt: january(2) })
      await store.insert(over)
      await store.insert(record({ ownerId: first.id, expiresAt: january(9) }))
      const ending = { after: january(8), until: january(10) }
      const [, second, third, endless] = [first, ...rest]
      const within = { ownerId, ending, order: 'oldest' } as const
      assert.deepEqual(
        new Set(idsOf(await listAll(store, within))),
        new Set([second?.id, third?.id]),
      )
      const everybody = idsOf(await listAll(store, { ending }))
      assert.ok(everybody.includes(second?.id ?? '') && !everybody.includes(over.id))
      assert.deepEqual(idsOf(await listAll(store, { ownerId, ending: 'never' })), [endless?.id])
    },
  },
]
