import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import type { KeyChanged, KeyChangeSubscription } from 'sallyport'
import { openSqliteKeyStore, type OpenSqliteKeyStore } from 'sallyport/sqlite'
import { record, shell, temporaryFolder } from './setup.js'

const folder = temporaryFolder()
let path: string
let store: OpenSqliteKeyStore
/** Another connection to the file, as another process has it. */
let other: OpenSqliteKeyStore

beforeEach(async () => {
  path = folder.file()
  store = await openSqliteKeyStore(path)
  other = await openSqliteKeyStore(path)
})
afterEach(() => {
  store.close()
  other.close()
})
afterAll(folder.remove)

/** Somebody who listens, with all that was heard, and what takes note of the next thing. */
async function listen(to: OpenSqliteKeyStore = store) {
  const heard: KeyChanged[] = []
  const lost: unknown[] = []
  let woken = () => undefined as unknown
  const subscription: KeyChangeSubscription | undefined = await to.changes?.listen({
    changed(change) {
      heard.push(change)
      woken()
    },
    lost(cause) {
      lost.push(cause)
      woken()
    },
  })
  const next = async () =>
    new Promise((resolve) => {
      woken = () => {
        resolve(undefined)
      }
    })
  const catchUp = async () => subscription?.catchUp?.()
  return { heard, lost, next, catchUp, close: async () => subscription?.close() }
}

const key = record()

/** Every kind of change, and what is to be heard of it. */
async function changeEverything(by: OpenSqliteKeyStore): Promise<KeyChanged[]> {
  const [one, two, next] = [record(), record(), record()]
  await by.insert(one)
  await by.insert(two)
  await by.update(one.id, { name: 'x' }, 1)
  await by.rotate(one.id, 2, new Date(), next)
  const patch = { revokedAt: new Date() }
  await by.updateAll?.([
    { id: one.id, patch, expectedVersion: 3 },
    { id: two.id, patch, expectedVersion: 1 },
  ])
  return [
    { id: one.id, version: 1 },
    { id: two.id, version: 1 },
    { id: one.id, version: 2 },
    { id: one.id, version: 3 },
    { id: next.id, version: 1 },
    { id: one.id, version: 4 },
    { id: two.id, version: 2 },
  ]
}

test('each change of another connection is heard once the listener has caught up', async () => {
  const { heard, catchUp, close } = await listen()
  const expected = await changeEverything(other)
  expect(heard).toEqual([])
  await catchUp()
  expect(heard).toEqual(expected)
  await catchUp()
  expect(heard).toEqual(expected)
  await close()
})

test('and without a word, within a second', async () => {
  const { heard, next, close } = await listen()
  const begun = performance.now()
  await other.insert(key)
  await next()
  expect(performance.now() - begun).toBeLessThan(1_000)
  expect(heard).toEqual([{ id: key.id, version: 1 }])
  await close()
})

test('changes of its own are heard before the call that made them returns', async () => {
  const { heard, close } = await listen()
  expect(await changeEverything(store)).toEqual(heard)
  await close()
})

test('what was before, and what was not committed, is not heard', async () => {
  await store.insert(key)
  const { heard, catchUp, close } = await listen()
  const patch = { name: 'x' }
  await other.updateAll?.([
    { id: key.id, patch, expectedVersion: 1 },
    { id: 'key_none', patch, expectedVersion: 1 },
  ])
  await other.rotate(key.id, 7, new Date(), record())
  expect(() => other.insert(key)).toThrow()
  await catchUp()
  expect(heard).toEqual([])
  await close()
})

test('uses are no changes', async () => {
  await store.insert(key)
  const { heard, catchUp, close } = await listen()
  const use = { environment: 'live', day: '2030-01-01', count: 1, lastUsedAt: new Date() }
  for (const each of [store, other]) await each.recordUsage([{ ...use, keyId: key.id }])
  await catchUp()
  expect(heard).toEqual([])
  await close()
})

test('a key that somebody deletes at a database shell is heard of', async () => {
  await store.insert(key)
  const { heard, catchUp, close } = await listen()
  shell(path, 'DELETE FROM sallyport_keys')
  await catchUp()
  expect(heard).toEqual([{ id: key.id, version: 2 }])
  await close()
})

test('10,000 changes are kept; who missed the one before them is told so, and hears no more', async () => {
  const [first, second] = [await listen(), await listen(other)]
  const noteMany = (count: number) =>
    shell(
      path,
      `INSERT INTO sallyport_key_changes (key_id, version)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       SELECT 'key', i FROM n`,
      count,
    )
  noteMany(10_000)
  await first.catchUp()
  expect(first.heard).toHaveLength(10_000)
  noteMany(1)
  await expect(second.catchUp()).rejects.toThrow('cannot be read')
  expect(second.lost).toHaveLength(1)
  await expect(second.catchUp()).rejects.toThrow('cannot be read')
  await first.catchUp()
  expect([first.heard.length, second.heard.length, second.lost.length]).toEqual([10_001, 0, 1])
  await first.close()
})

test.each([
  ['is put back', 'DELETE FROM sallyport_key_changes'],
  ['cannot be read', 'DROP TABLE sallyport_key_changes'],
])('a database that %s is noticed', async (_, sql) => {
  await store.insert(key)
  const { heard, lost, next } = await listen()
  shell(path, sql)
  await next()
  expect([heard, lost]).toEqual([[], [expect.objectContaining({ name: 'StoreError' })]])
})

test('who has closed hears no more', async () => {
  const { heard, lost, catchUp, close } = await listen()
  await close()
  await store.insert(key)
  await expect(catchUp()).rejects.toThrow('closed')
  expect([heard, lost]).toEqual([[], []])
})
