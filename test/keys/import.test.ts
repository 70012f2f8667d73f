import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore } from 'sallyport'

const SECRET = 'legacy:9f8e7d6c5b4a/XYZ='
const CI = { name: 'CI', ownerId: 'org_1' } as const
const NEW = 'a new pepper of thirty-two characters'
const OLD = 'an old pepper of thirty-two characters'

function open(peppers: readonly string[] = [], store = createMemoryKeyStore()) {
  return createGate({ environment: 'live', keys: { prefix: 'acme', peppers, store }, scopes: [] })
}

function digest(encoding: 'hex' | 'base64' | 'base64url'): string {
  return createHash('sha256').update(SECRET).digest(encoding)
}

describe.each([
  ['without a pepper', []],
  ['with a pepper', [NEW]],
])('a key issued elsewhere, %s,', (_, peppers) => {
  test.each([
    ['its secret', { secret: SECRET }],
    ['its digest in hex', { digest: digest('hex') }],
    ['its digest in base64', { digest: digest('base64') }],
    ['its digest in base64url', { digest: digest('base64url') }],
  ])('works once imported by %s, even if it was refused a moment ago', async (_name, source) => {
    const gate = open(peppers)
    expect(await gate.verify(SECRET)).toMatchObject({ reason: 'unknown_key' })
    const { id } = await gate.keys.import({ ...CI, ...source })
    expect(await gate.verify(SECRET)).toMatchObject({ allowed: true, auth: { keyId: id } })
    await gate.keys.revoke(id)
    expect(await gate.verify(SECRET)).toMatchObject({ reason: 'key_revoked' })
  })
})

test('a key is imported once', async () => {
  const gate = open()
  await gate.keys.import({ ...CI, secret: SECRET })
  const again = gate.keys.import({ ...CI, digest: digest('hex') })
  await expect(again).rejects.toMatchObject({ code: 'already_issued' })
})

test.each([
  [{}, "give either 'secret' or 'digest'"],
  [{ secret: SECRET, digest: digest('hex') }, "give either 'secret' or 'digest'"],
  [{ secret: 'short' }, '8 to 256 visible ASCII'],
  [{ secret: 'a b'.repeat(10) }, '8 to 256 visible ASCII'],
  [{ secret: 'x'.repeat(257) }, '8 to 256 visible ASCII'],
  [{ digest: 'abc' }, 'must be a SHA-256 in hex, base64 or base64url'],
  [{ secret: `acme_live_sk_${'0'.repeat(33)}` }, 'a wrong checksum; copy it again'],
])('%j is refused', async (source, message) => {
  const attempt = open().keys.import({ ...CI, ...source } as never)
  await expect(attempt).rejects.toThrow(message)
})

describe('a pepper', () => {
  test('makes digests that nobody can try out without it', async () => {
    const store = createMemoryKeyStore()
    const { secret } = await open([NEW], store).keys.create(CI)
    const plain = createHash('sha256').update(secret).digest('base64url')
    expect(await store.findByDigest(plain)).toBeUndefined()
    expect(await open([], store).verify(secret)).toMatchObject({ reason: 'unknown_key' })
  })

  test('that is no longer current still verifies; one that is gone does not', async () => {
    const store = createMemoryKeyStore()
    const { secret } = await open([OLD], store).keys.create(CI)
    expect(await open([NEW], store).verify(secret)).toMatchObject({ reason: 'unknown_key' })
    expect(await open([NEW, OLD], store).verify(secret)).toMatchObject({ allowed: true })
  })

  test('that is no longer current is replaced at the next use of a key', async () => {
    const store = createMemoryKeyStore()
    const used = await open([OLD], store).keys.create(CI)
    const idle = await open([OLD], store).keys.create(CI)
    const both = open([NEW, OLD], store)
    for (let time = 0; time < 2; time++) {
      expect(await both.verify(used.secret)).toMatchObject({ allowed: true })
    }
    expect(await store.findById(used.id)).toMatchObject({ version: 2 })
    const alone = open([NEW], store)
    expect(await alone.verify(used.secret)).toMatchObject({ allowed: true })
    expect(await alone.verify(idle.secret)).toMatchObject({ reason: 'unknown_key' })
  })
})
