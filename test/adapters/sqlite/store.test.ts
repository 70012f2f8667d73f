import { describe, expect, test } from '@jest/globals'
import { DuplicateKeyError } from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { keyStoreCases } from 'sallyport/testing'
import { record, shell } from './setup.js'
import { temporaryStores } from './stores.js'

const { file, open } = temporaryStores()

describe.each([
  ['in memory', () => open()],
  ['in a file', () => open(file())],
])('the SQLite store %s', (_, openStore) => {
  for (const { name, run } of keyStoreCases(openStore)) test(name, run)
})

test('brings tables of the first version to what this one needs, with what is in them', async () => {
  const path = file()
  const before = await openSqliteKeyStore(path)
  const key = record()
  await before.insert(key)
  before.close()
  for (const column of ['plan', 'plan_limit', 'tenant_ids', 'resources']) {
    shell(path, `ALTER TABLE sallyport_keys DROP COLUMN ${column}`)
  }
  shell(path, 'UPDATE sallyport_migrations SET version = 1')
  const store = await open(path)
  expect(await store.findById(key.id)).toEqual(key)
  const plan = { plan: 'pro', limit: 5_000 }
  const patch = { ...plan, tenantIds: ['clinic_1'], resources: ['records/*'] }
  expect(await store.update(key.id, patch, 1)).toBe(true)
  expect(await store.findById(key.id)).toEqual({ ...key, ...patch, version: 2 })
})

describe('a digest', () => {
  test('is renewed, and the one before it leads nowhere', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    expect(await store.update(key.id, { digest: 'renewed' }, 1)).toBe(true)
    expect(await store.findByDigest('renewed')).toMatchObject({ id: key.id, version: 2 })
    expect(await store.findByDigest(key.digest)).toBeUndefined()
  })

  test('that is taken is not renewed to', async () => {
    const store = await open()
    const [one, other] = [record(), record()]
    await store.insert(one)
    await store.insert(other)
    expect(() => store.update(one.id, { digest: other.digest }, 1)).toThrow(DuplicateKeyError)
    expect(await store.findById(one.id)).toEqual(one)
  })
})

test('several updates are made together or not at all', async () => {
  const store = await open()
  const [one, other] = [record(), record()]
  await store.insert(one)
  await store.insert(other)
  const all = (version: number) =>
    store.updateAll?.([
      { id: one.id, patch: { name: 'new' }, expectedVersion: 1 },
      { id: other.id, patch: { name: 'new' }, expectedVersion: version },
    ])
  expect(await all(7)).toBe(false)
  expect(await store.findById(one.id)).toEqual(one)
  expect(await all(1)).toBe(true)
  for (const { id } of [one, other]) {
    expect(await store.findById(id)).toMatchObject({ name: 'new', version: 2 })
  }
})

describe('uses', () => {
  const at = (hour: number) => new Date(Date.UTC(2030, 0, 1, hour))
  const use = { environment: 'live', day: '2030-01-01', count: 2, lastUsedAt: at(9) } as const

  test('are added up, the later one is the last, and no record changes', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    const keyId = key.id
    await store.recordUsage([
      { ...use, keyId },
      { ...use, keyId, environment: 'test' },
    ])
    await store.recordUsage([{ ...use, keyId, count: 1, lastUsedAt: at(8) }])
    await store.recordUsage([{ ...use, keyId, day: '2030-01-02', lastUsedAt: at(30) }])
    expect(await store.usageOf?.(keyId, '2030-01-01')).toEqual([
      { ...use, keyId, day: '2030-01-02', lastUsedAt: at(30) },
      { ...use, keyId, count: 3 },
      { ...use, keyId, environment: 'test' },
    ])
    expect(await store.usageOf?.(keyId, '2030-01-02')).toHaveLength(1)
    expect(await store.findById(keyId)).toEqual({ ...key, lastUsedAt: at(30) })
    expect((await store.list({})).items).toEqual([{ ...key, lastUsedAt: at(30) }])
    expect(await store.findByDigest(key.digest)).toEqual(key)
  })

  test('of a key that is not there are dropped, and those beside them kept', async () => {
    const store = await open()
    const key = record()
    await store.insert(key)
    const keyId = key.id
    await store.recordUsage([
      { ...use, keyId: 'key_none' },
      { ...use, keyId },
    ])
    expect(await store.usageOf?.('key_none', '2030-01-01')).toEqual([])
    expect(await store.usageOf?.(keyId, '2030-01-01')).toHaveLength(1)
  })
})
