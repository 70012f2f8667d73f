import { strict as assert } from 'node:assert'
import type { KeyChanged, KeyChangeFeed, KeyChangeSubscription } from '../../keys/change-feed.js'
import type { KeyStore } from '../../keys/key-store.js'
import { atOnce, record, type StoreCase } from './case.js'

interface Listening {
  readonly heard: KeyChanged[]
  /** What was heard once all that is committed has been told. */
  caughtUp(): Promise<readonly KeyChanged[]>
  /** Fails unless this was told. */
  mustHear(id: string, version: number): Promise<void>
  close(): Promise<void>
}

async function listen(feed: KeyChangeFeed): Promise<Listening> {
  const heard: KeyChanged[] = []
  const lost: unknown[] = []
  const subscription: KeyChangeSubscription = await feed.listen({
    changed: ({ id, version }) => heard.push({ id, version }),
    lost: (cause) => lost.push(cause),
  })
  const caughtUp = async () => {
    await subscription.catchUp?.()
    assert.deepEqual(lost, [], 'the subscription was lost')
    return heard
  }
  return {
    heard,
    caughtUp,
    async mustHear(id, version) {
      const told = (await caughtUp()).some((one) => one.id === id && one.version === version)
      assert.ok(told, `version ${String(version)} was not told`)
    },
    async close() {
      await subscription.close()
    },
  }
}

interface Changing {
  readonly store: KeyStore
  /** Tells of changes where the store leaves that to the gate. */
  readonly tell: (...changes: KeyChanged[]) => Promise<void>
}

/** Two listen to the first handle on a store; the second one is for making changes. */
function withListeners(
  body: (changing: Changing, one: Listening, another: Listening) => Promise<void>,
): StoreCase['run'] {
  return async (store, other) => {
    if (store.changes === undefined) return
    const [one, another] = [await listen(store.changes), await listen(store.changes)]
    const tell = async (...told: KeyChanged[]) => {
      for (const change of told) await other.changes?.publish?.(change)
    }
    try {
      await body({ store: other, tell }, one, another)
    } finally {
      await one.close()
      await another.close()
    }
  }
}

/** How a store that has a feed tells of its changes. */
export const FEED_CASES: readonly StoreCase[] = [
  {
    id: 'feed-catch-up',
    name: 'a listener that has caught up was told of every key made or changed before',
    run: withListeners(async ({ store, tell }, listener) => {
      for (let time = 0; time < 10; time++) {
        const { id } = record()
        await store.insert(record({ id }))
        await tell({ id, version: 1 })
        await listener.mustHear(id, 1)
        await store.update(id, { revokedAt: new Date(0) }, 1)
        await tell({ id, version: 2 })
        await listener.mustHear(id, 2)
      }
    }),
  },
  {
    id: 'feed-rotation',
    name: 'of a rotation, both keys are told',
    run: withListeners(async ({ store, tell }, listener) => {
      const [key, successor] = [record(), record()]
      await store.insert(key)
      await store.rotate(key.id, 1, new Date(0), successor)
      await tell({ id: successor.id, version: 1 }, { id: key.id, version: 2 })
      await listener.mustHear(key.id, 2)
      await listener.mustHear(successor.id, 1)
    }),
  },
  {
    id: 'feed-insert-all',
    name: 'of several keys inserted together, where the store can do that, each is told',
    run: withListeners(async ({ store, tell }, listener) => {
      if (store.insertAll === undefined) return
      const keys = [record(), record()]
      await store.insertAll(keys)
      await tell(...keys.map(({ id }) => ({ id, version: 1 })))
      for (const { id } of keys) await listener.mustHear(id, 1)
    }),
  },
  {
    id: 'feed-update-all',
    name: 'of several updates together, where the store can make them, each is told',
    run: withListeners(async ({ store, tell }, listener) => {
      if (store.updateAll === undefined) return
      const keys = [record(), record(), record()]
      for (const key of keys) await store.insert(key)
      const patch = { revokedAt: new Date(0) }
      await store.updateAll(keys.map(({ id }) => ({ id, patch, expectedVersion: 1 })))
      await tell(...keys.map(({ id }) => ({ id, version: 2 })))
      for (const { id } of keys) await listener.mustHear(id, 2)
    }),
  },
  {
    id: 'feed-refused',
    name: 'a change that was refused is not told',
    run: withListeners(async ({ store, tell }, listener) => {
      const key = record()
      await store.insert(key)
      await tell({ id: key.id, version: 1 })
      await store.update(key.id, { name: 'late' }, 7)
      await store.rotate(key.id, 7, new Date(0), record())
      await atOnce([() => store.insert(record({ id: key.id }))])
      const told = (await listener.caughtUp()).filter(({ id }) => id === key.id)
      assert.deepEqual(new Set(told.map(({ version }) => version)), new Set([1]))
    }),
  },
  {
    id: 'feed-listeners',
    name: 'all listeners are told; one that stops is not told any more, and the others are',
    run: withListeners(async ({ store, tell }, one, another) => {
      const [before, after] = [record(), record()]
      await store.insert(before)
      await tell({ id: before.id, version: 1 })
      await one.mustHear(before.id, 1)
      await another.mustHear(before.id, 1)
      await one.close()
      await store.insert(after)
      await tell({ id: after.id, version: 1 })
      await another.mustHear(after.id, 1)
      assert.ok(one.heard.every(({ id }) => id !== after.id))
    }),
  },
]
