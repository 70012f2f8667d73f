import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { failuresInto } from '../failures.js'

test.each([
  [16, true],
  [17, false],
  [100_000, false],
])(
  'metadata of %i levels in a store: its key works: %j, and the others can be managed',
  async (levels, works) => {
    const memory = createMemoryKeyStore()
    const spoilt = new Set<string>()
    const spoil = <T extends { id: string } | undefined>(record: T): T =>
      record !== undefined && spoilt.has(record.id)
        ? { ...record, metadata: nested(levels) }
        : record
    const store: KeyStore = {
      ...memory,
      findByDigest: async (digest) => spoil(await memory.findByDigest(digest)),
      findById: async (id) => spoil(await memory.findById(id)),
      async list(query) {
        const page = await memory.list(query)
        return { ...page, items: page.items.map(spoil) }
      },
    }
    const errors: unknown[] = []
    const onError = failuresInto(errors)
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme', store },
      scopes: [],
      onError,
    })
    const deep = await gate.keys.create({ name: 'Deep', ownerId: 'org_1' })
    const sound = await gate.keys.create({ name: 'Sound', ownerId: 'org_1' })
    spoilt.add(deep.id)
    expect((await gate.verify(deep.secret)).allowed).toBe(works)
    expect(errors).toMatchObject(works ? [] : [{ name: 'StoreError' }])
    expect((await gate.keys.list({ ownerId: 'org_1' })).items).toHaveLength(works ? 2 : 1)
    await gate.keys.revokeAll({ ownerId: 'org_1' })
    expect(await gate.verify(sound.secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  },
)

function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = {}
  for (let level = 1; level < levels; level++) value = { in: value }
  return value
}
