import { expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyRecord, type KeyStore } from 'sallyport'
import { CI, createSilentStore, openInstance } from './instances.js'

test.each(['rotatedTo', 'rotatedFrom'] as const)(
  'a row whose %s names a stranger does not end it',
  async (member) => {
    const memory = createMemoryKeyStore()
    let spoilt: Partial<KeyRecord> = {}
    const store: KeyStore = {
      ...memory,
      findById: async (id) => {
        const record = await memory.findById(id)
        return record?.name === 'Spoilt' ? { ...record, ...spoilt } : record
      },
    }
    const { gate, verdict } = openInstance(store)
    const stranger = await gate.keys.create(CI)
    const { id, secret } = await gate.keys.create({ ...CI, name: 'Spoilt' })
    spoilt = { [member]: stranger.id }
    await gate.keys.revoke(id)
    expect(await verdict(secret)).toBe('key_revoked')
    expect(await verdict(stranger.secret)).toBe('allowed')
  },
)

/** A key in the grace of its rotation, and a store that answers for a key what `instead` makes of it. */
async function openGrace(memory: KeyStore = createMemoryKeyStore()) {
  const spoilt = new Map<string, (record: KeyRecord) => KeyRecord | undefined>()
  const asked: unknown[] = []
  const store: KeyStore = {
    ...memory,
    findById: async (id) => {
      asked.push(id)
      const record = await memory.findById(id)
      const instead = spoilt.get(id)
      return instead === undefined || record === undefined ? record : instead(record)
    },
  }
  const { gate, verdict } = openInstance(store)
  const old = await gate.keys.create(CI)
  const next = await gate.keys.rotate(old.id)
  return { gate, verdict, memory, spoilt, asked, old, next }
}

test('a key is revoked although the other one of its rotation is not there any more', async () => {
  const { gate, verdict, spoilt, old, next } = await openGrace()
  spoilt.set(old.id, () => undefined)
  expect(await gate.keys.revoke(next.id)).toMatchObject({ state: 'revoked' })
  expect(await verdict(next.secret)).toBe('key_revoked')
})

test('a rotated key without an end is ended with its successor', async () => {
  const { gate, memory, spoilt, old, next } = await openGrace()
  spoilt.set(old.id, ({ expiresAt: _, ...record }) => record)
  await gate.keys.revoke(next.id)
  expect(await memory.findById(old.id)).toMatchObject({ revokedAt: expect.any(Date) })
})

test('only the other keys of a rotation are looked for', async () => {
  const { gate, asked, old, next } = await openGrace()
  await gate.keys.revoke(old.id)
  expect(new Set(asked)).toEqual(new Set([old.id, next.id]))
})

test('one of a rotation that somebody else has revoked is not let in here any more', async () => {
  const { gate, verdict, memory, old, next } = await openGrace(createSilentStore())
  expect(await verdict(next.secret)).toBe('allowed')
  expect(await memory.update(next.id, { revokedAt: new Date() }, 1)).toBe(true)
  // The control: here it is still remembered.
  expect(await verdict(next.secret)).toBe('allowed')
  await gate.keys.revoke(old.id)
  expect(await verdict(next.secret)).toBe('key_revoked')
})
