import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'
import { failuresInto } from '../failures.js'

const CI = { name: 'CI', ownerId: 'org_1' } as const

/** A store of somebody's own that has something else in a member of one key than it says. */
async function openSpoilt(member: keyof KeyRecord, value: unknown) {
  const memory = createMemoryKeyStore()
  const ids = new Set<string>()
  const spoil = (record: KeyRecord | undefined): KeyRecord | undefined =>
    record && ids.has(record.id) ? { ...record, [member]: value } : record
  const store: KeyStore = {
    ...memory,
    findByDigest: async (digest) => spoil(await memory.findByDigest(digest)),
    findById: async (id) => spoil(await memory.findById(id)),
    async list(query) {
      const page = await memory.list(query)
      return { ...page, items: page.items.map((record) => spoil(record) ?? record) }
    },
  }
  const errors: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
    onError: failuresInto(errors),
  })
  const spoilt = await gate.keys.create(CI)
  const sound = await gate.keys.create({ ...CI, name: 'Sound' })
  ids.add(spoilt.id)
  return { gate, errors, spoilt, sound }
}

const SPOILT: readonly (readonly [keyof KeyRecord, unknown])[] = [
  ['id', 5],
  ['version', '1'],
  ['name', null],
  ['ownerId', null],
  ['ownerId', ''],
  ['ownerId', { $ne: 1 }],
  ['environment', ['live']],
  ['kind', 'xk'],
  ['scopes', 'read'],
  ['scopes', [5]],
  ['allowedIps', null],
  ['tenantIds', null],
  ['tenantIds', 'clinic_1'],
  ['resources', {}],
  ['plan', 5],
  ['limit', '5'],
  ['metadata', null],
  ['createdAt', '2030-01-01'],
  ['expiresAt', new Date(NaN)],
  ['expiresAt', 4_102_444_800_000],
  ['revokedAt', false],
  ['disabledAt', 0],
  ['createdBy', 'key_1'],
]

describe('what a store answers that is no record', () => {
  test.each(SPOILT)(
    "%s %j: lets nobody in, is told, and is in nobody else's way",
    async (...spoil) => {
      const { gate, errors, spoilt, sound } = await openSpoilt(...spoil)
      expect(await gate.verify(spoilt.secret)).toMatchObject({ reason: 'store_unavailable' })
      expect(errors).toMatchObject([{ name: 'StoreError' }])
      expect(String(errors[0])).toContain(`'${spoil[0]}'`)
      await expect(gate.keys.get(spoilt.id)).rejects.toMatchObject({ name: 'StoreError' })
      const { items } = await gate.keys.list({ ownerId: 'org_1' })
      expect(items.map(({ id }) => id)).toEqual([sound.id])
      expect((await gate.verify(sound.secret)).allowed).toBe(true)
      await gate.close()
    },
  )

  test('control: one that is', async () => {
    const { gate, spoilt } = await openSpoilt('name', 'Other')
    expect((await gate.verify(spoilt.secret)).allowed).toBe(true)
    await gate.close()
  })
})
