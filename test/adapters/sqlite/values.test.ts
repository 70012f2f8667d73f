import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createGate } from 'sallyport'
import { record, shell } from './setup.js'
import { temporaryStores } from './stores.js'

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
  ])('%s', async (setting) => {
    const path = file()
    const store = await open(path)
    const errors: unknown[] = []
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme', store },
      scopes: ['read:orders'],
      onError: (error) => errors.push(error),
    })
    const spoilt = await gate.keys.create({ name: 'Spoilt', ownerId: 'org_1' })
    const sound = await gate.keys.create({ name: 'Sound', ownerId: 'org_2' })
    shell(path, `UPDATE sallyport_keys SET ${setting} WHERE id = ?`, spoilt.id)
    expect(await gate.verify(spoilt.secret)).toMatchObject({ reason: 'store_unavailable' })
    expect(await gate.verify(sound.secret)).toMatchObject({ allowed: true })
    expect(errors).toMatchObject([{ name: 'StoreError' }])
    await gate.close()
  })
})
