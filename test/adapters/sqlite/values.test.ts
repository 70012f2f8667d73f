import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createGate, type KeyStore } from 'sallyport'
import { record, shell } from './setup.js'
import { temporaryStores } from './stores.js'
import { failuresInto } from '../../failures.js'

const { file, open } = temporaryStores()

test('keeps every field, whatever it has', async () => {
  const store = await open()
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  const date = fc.date({ noInvalidDate: true })
  const fields = fc.record(
    {
      name: text,
      ownerId: text,
      hint: text,
      environment: text,
      kind: fc.constantFrom('sk', 'pk'),
      scopes: fc.array(text),
      allowedIps: fc.array(text),
      tenantIds: fc.array(text),
      resources: fc.array(text),
      plan: text,
      limit: fc.nat(),
      metadata: fc.dictionary(text, fc.jsonValue()),
      createdAt: date,
      expiresAt: date,
      revokedAt: date,
      revocationReason: text,
      disabledAt: date,
      rotatedFrom: text,
      rotatedTo: text,
      rotatedAt: date,
      retry: fc.record({ salt: text, request: text }),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fields, async (some) => {
      const key = record(some)
      await store.insert(key)
      // Minus nought is nought in JSON.
      const kept = { ...key, metadata: JSON.parse(JSON.stringify(key.metadata)) as object }
      expect(await store.findByDigest(key.digest)).toEqual(kept)
    }),
    {
      examples: [
        [
          {
            metadata: JSON.parse('{"__proto__": {"a": "\\u0000"}}') as Record<string, fc.JsonValue>,
          },
        ],
      ],
    },
  )
})

test.each(['org_1\0', 'org_\ud800'])(
  'refuses text that would come back different: %j',
  async (text) => {
    const store = await open()
    const key = record({ id: 'org_1' })
    await store.insert(key)
    expect(() => store.insert(record({ ownerId: text }))).toThrow(TypeError)
    expect(() => store.update(key.id, { name: text }, 1)).toThrow(TypeError)
    expect(() => store.list({ ownerId: text })).toThrow(TypeError)
    expect(await store.findById(text)).toBeUndefined()
    expect(await store.findById(key.id)).toEqual(key)
  },
)

test('refuses an end that is no date, which would be no end', async () => {
  const store = await open()
  const key = record()
  await store.insert(key)
  expect(() => store.update(key.id, { expiresAt: new Date(NaN) }, 1)).toThrow(TypeError)
  expect(await store.findById(key.id)).toEqual(key)
})

describe('a row that is spoilt closes its key, and no other', () => {
  test.each([
    ["kind = 'xx'"],
    ["scopes = '[\"read'"],
    ["scopes = '{}'"],
    ["scopes = '[1]'"],
    ["allowed_ips = 'null'"],
    ['allowed_ips = \'"0.0.0.0/0"\''],
    ["metadata = '[]'"],
    ["metadata = ''"],
    ["retry = '{}'"],
    ['created_at = 9000000000000000'],
    ['expires_at = -9000000000000000'],
    ['version = 9007199254740993'],
    ['version = 9007199254740991'],
    ['created_at = 1152921504606846976'],
    ['created_at = -9223372036854775808'],
    ['expires_at = 1152921504606846976'],
    ['plan_limit = 9223372036854775807'],
  ])('%s', async (setting) => {
    const path = file()
    const store = await open(path)
    const errors: unknown[] = []
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme', store },
      scopes: ['read:orders'],
      onError: failuresInto(errors),
    })
    const spoilt = await gate.keys.create({ name: 'Spoilt', ownerId: 'org_1' })
    const sound = await gate.keys.create({ name: 'Sound', ownerId: 'org_1' })
    shell(path, `UPDATE sallyport_keys SET ${setting} WHERE id = ?`, spoilt.id)
    expect(await gate.verify(spoilt.secret)).toMatchObject({ reason: 'store_unavailable' })
    expect(await gate.verify(sound.secret)).toMatchObject({ allowed: true })
    expect(errors).toMatchObject([{ name: 'StoreError' }])
    for (const order of ['newest', 'oldest'] as const) {
      expect(await everyId(store, order)).toEqual([sound.id])
    }
    expect(await gate.keys.revokeAll({ ownerId: 'org_1' })).toMatchObject({ revoked: 1 })
    expect(await gate.verify(sound.secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  })
})

test('a key whose last use is no instant is listed and found without it', async () => {
  const path = file()
  const store = await open(path)
  const [spoilt, sound] = [record(), record()]
  await store.insertAll?.([spoilt, sound])
  const use =
    "INSERT INTO sallyport_key_usage VALUES (?, '2030-01-01', 'live', 1, 1152921504606846976)"
  shell(path, use, spoilt.id)
  const { items } = await store.list({})
  expect(items).toHaveLength(2)
  expect(items).toEqual(expect.arrayContaining([spoilt, sound]))
  expect(store.findById(spoilt.id)).toEqual(spoilt)
})

async function everyId(store: KeyStore, order: 'newest' | 'oldest'): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ order, limit: 1, ...(cursor !== undefined && { cursor }) })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}
