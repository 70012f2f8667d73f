import { strict as assert } from 'node:assert'
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
]
