import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'
import { failuresInto } from '../failures.js'

const CI = { name: 'CI', ownerId: 'org_1' } as const

/** A gate on a store of somebody's own, whose methods answer in ways that they must not. */
function openOn(change: (memory: KeyStore) => Partial<Record<keyof KeyStore, unknown>>) {
  const memory = createMemoryKeyStore()
  const store = { ...memory, ...change(memory) } as KeyStore
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
    onError: failuresInto(errors),
  })
  return { gate, memory, errors }
}

const FAILED = { name: 'StoreError' }

describe('a change that a store neither makes nor refuses is not taken for made', () => {
  test.each([[{ rowCount: 0 }], [1], ['false'], [undefined], [null]])('%j', async (answer) => {
    const { gate } = openOn(() => ({
      update: () => answer,
      updateAll: () => answer,
      rotate: () => answer,
    }))
    const { id, secret } = await gate.keys.create(CI)
    await expect(gate.keys.revoke(id)).rejects.toMatchObject(FAILED)
    await expect(gate.keys.update(id, { disabled: true })).rejects.toMatchObject(FAILED)
    await expect(gate.keys.rotate(id)).rejects.toMatchObject(FAILED)
    await expect(gate.keys.revokeAll({ ownerId: 'org_1' })).rejects.toMatchObject(FAILED)
    expect((await gate.verify(secret)).allowed).toBe(true)
    await gate.close()
  })

  test('control: one that it makes', async () => {
    const { gate } = openOn(() => ({}))
    const { id, secret } = await gate.keys.create(CI)
    await gate.keys.revoke(id)
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  })
})

describe('a key that was not asked for', () => {
  test('is nobody: a store that compares digests loosely lets nobody in', async () => {
    const { gate, errors } = openOn((memory) => ({
      findByDigest: async () => (await memory.list({})).items[0],
    }))
    await gate.keys.create(CI)
    expect(await gate.verify('acme-legacy-secret')).toMatchObject({
      reason: 'store_unavailable',
    })
    expect(errors).toMatchObject([FAILED])
    await gate.close()
  })

  test('is not changed: a store that compares ids loosely ends no other key', async () => {
    const { gate } = openOn((memory) => ({
      findById: async (id: string) => {
        const { items } = await memory.list({})
        return items.find((record) => record.id.toLowerCase() === id.toLowerCase())
      },
      update: async (id: string, ...rest: [object, number]) => {
        const { items } = await memory.list({})
        const found = items.find((record) => record.id.toLowerCase() === id.toLowerCase())
        return memory.update(found?.id ?? '', ...rest)
      },
      updateAll: undefined,
    }))
    const { id, secret } = await gate.keys.create(CI)
    await expect(gate.keys.revoke(id.toLowerCase())).rejects.toMatchObject(FAILED)
    expect((await gate.verify(secret)).allowed).toBe(true)
    await gate.keys.revoke(id)
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  })

  test('is neither listed nor revoked: a store that compares owners loosely', async () => {
    const { gate } = openOn((memory) => ({
      list: (query: Parameters<KeyStore['list']>[0]) => {
        const { ownerId: _, ...rest } = query
        return memory.list(rest)
      },
    }))
    const own = await gate.keys.create(CI)
    const others = await gate.keys.create({ ...CI, ownerId: 'ORG_1' })
    const { items } = await gate.keys.list({ ownerId: 'org_1' })
    expect(items.map(({ id }) => id)).toEqual([own.id])
    expect(await gate.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 1 })
    expect(await gate.verify(own.secret)).toMatchObject({ reason: 'key_revoked' })
    expect((await gate.verify(others.secret)).allowed).toBe(true)
    await gate.close()
  })
})

describe('what is no page', () => {
  test.each([[null], [[]], [{}], [{ items: {} }], [{ items: [], cursor: 5 }]])(
    '%j fails, and is told as the failure of a store',
    async (page) => {
      const { gate } = openOn(() => ({ list: () => page }))
      await expect(gate.keys.list()).rejects.toMatchObject(FAILED)
      await expect(gate.keys.revokeAll({ ownerId: 'org_1' })).rejects.toMatchObject(FAILED)
      await gate.close()
    },
  )

  test('a last page whose cursor is null is the last one', async () => {
    const { gate } = openOn((memory) => ({
      list: async (query: Parameters<KeyStore['list']>[0]) => ({
        ...(await memory.list(query)),
        cursor: null,
      }),
    }))
    const { secret } = await gate.keys.create(CI)
    expect(await gate.keys.list()).not.toHaveProperty('cursor')
    expect(await gate.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 1 })
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  })

  test('pages without end: revokeAll fails, and does not go on for ever', async () => {
    const { gate } = openOn((memory) => ({
      list: async (query: Parameters<KeyStore['list']>[0]) => ({
        ...(await memory.list(query)),
        cursor: '',
      }),
    }))
    await gate.keys.create(CI)
    await expect(gate.keys.revokeAll({ ownerId: 'org_1' })).rejects.toMatchObject(FAILED)
    await gate.close()
  })

  test('an entry that is nothing is passed over', async () => {
    const { gate } = openOn((memory) => ({
      list: async (query: Parameters<KeyStore['list']>[0]) => {
        const { items } = await memory.list(query)
        return { items: [null, 'key', ...items, {}] }
      },
    }))
    const { id } = await gate.keys.create(CI)
    expect((await gate.keys.list()).items.map((key) => key.id)).toEqual([id])
    await gate.close()
  })
})

test.each([[new Date(NaN)], ['yesterday'], [null]])(
  'a key whose last use cannot be read (%j) can be managed and revoked, as it works',
  async (lastUsedAt) => {
    const spoil = (record: KeyRecord | undefined) => record && { ...record, lastUsedAt }
    const { gate } = openOn((memory) => ({
      findById: async (id: string) => spoil(await memory.findById(id)),
      list: async (query: Parameters<KeyStore['list']>[0]) => {
        const { items } = await memory.list(query)
        return { items: items.map(spoil) }
      },
    }))
    const { id, secret } = await gate.keys.create(CI)
    expect(await gate.keys.get(id)).not.toHaveProperty('lastUsedAt')
    expect(await gate.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 1 })
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  },
)

test('days that are none are not told as uses', async () => {
  const day = { environment: 'live', day: '2030-01-31', count: 2, lastUsedAt: new Date() }
  const { gate } = openOn(() => ({
    usageOf: (keyId: string) => [
      { ...day, keyId },
      { ...day, keyId, count: '2' },
      { ...day, keyId, count: -1 },
      { ...day, keyId, day: 'never' },
      { ...day, keyId, lastUsedAt: 0 },
      { ...day, keyId: 'key_other' },
      null,
    ],
  }))
  const { id } = await gate.keys.create(CI)
  expect(await gate.keys.usage(id)).toEqual([{ ...day, keyId: id }])
  await gate.close()
})

test.each([[undefined], [[]], [[true, 1]], [{ length: 2 }]])(
  'an import whose store answers %j stops, and calls no line present',
  async (answer) => {
    const { gate } = openOn(() => ({ insertAll: () => answer }))
    const line = (secret: string) => `${JSON.stringify({ ...CI, secret })}\n`
    const outcomes: unknown[] = []
    const run = async () => {
      for await (const one of gate.keys.importLines([line('legacy-1'), line('legacy-2')])) {
        outcomes.push(one)
      }
    }
    await expect(run()).rejects.toMatchObject({ name: 'ImportStoppedError' })
    expect(outcomes).toEqual([])
    await gate.close()
  },
)
