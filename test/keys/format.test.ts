import { crc32 as zlibCrc32 } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { checksum, crc32, hintOf, isMistyped, mintSecret } from '../../src/keys/format.js'
import { readVectors } from '../vectors/read.js'

interface Vectors {
  readonly alphabet: string
  readonly tests: readonly { readonly token: string; readonly valid: boolean }[]
}

const { alphabet, tests } = readVectors('key-checksum/github-token.json') as Vectors

const START = 'acme_live_sk_'.length

/** Every secret that differs in one character after the prefix and still has the shape of one. */
function mistypings(secret: string): string[] {
  const places = Array.from(secret, (_, index) => index)
  const changed = places
    .filter((index) => index >= START || (index >= 'acme_'.length && index < 'acme_live'.length))
    .flatMap((index) =>
      Array.from(alphabet)
        .filter((character) => character !== secret[index])
        .map((character) => secret.slice(0, index) + character + secret.slice(index + 1)),
    )
  return [...changed, secret.replace('_sk_', '_pk_')]
}

describe('the checksum', () => {
  test.each(tests)('of $token: $valid', ({ token, valid }) => {
    const body = token.slice('ghp_'.length, 34)
    expect(checksum(body) === token.slice(34)).toBe(valid)
  })

  test('is always six digits', () => {
    expect(checksum('')).toBe('000000')
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(checksum(text)).toMatch(/^[0-9A-Za-z]{6}$/)
      }),
    )
  })

  test('is CRC32 as zlib has it, of as many characters as asked', () => {
    const texts = fc.string({ unit: 'binary-ascii', maxLength: 300 })
    fc.assert(
      fc.property(texts, fc.nat(300), (text, length) => {
        const end = Math.min(length, text.length)
        expect(crc32(text, text.length)).toBe(zlibCrc32(text))
        expect(crc32(text, end)).toBe(zlibCrc32(text.slice(0, end)))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a mistyped secret', () => {
  test('is refused, whatever character is wrong, and the store is not asked', async () => {
    let reads = 0
    const memory = createMemoryKeyStore()
    const findByDigest: KeyStore['findByDigest'] = (digest) => {
      reads += 1
      return memory.findByDigest(digest)
    }
    const store = { ...memory, findByDigest }
    const gate = createGate({ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] })
    let tried = 0
    for (const name of ['1', '2', '3', '4', '5']) {
      const { secret } = await gate.keys.create({ name, ownerId: 'org_1' })
      const wrong = mistypings(secret)
      tried += new Set(wrong).size
      for (const text of wrong) expect(await gate.verify(text)).toMatchObject({ allowed: false })
      expect(reads).toBe(0)
    }
    expect(tried).toBeGreaterThan(10_000)
    expect(reads).toBe(0)
  })

  test('is known by its checksum; the right one is not mistyped', () => {
    const secret = mintSecret('acme', 'live', 'sk')
    expect(isMistyped(secret, 'acme')).toBe(false)
    expect(mistypings(secret).filter((wrong) => !isMistyped(wrong, 'acme'))).toEqual([])
  })

  test.each([
    ['nothing', () => ''],
    ['the prefix', () => 'acme'],
    ['a word', () => 'correct-horse-battery-staple'],
    ['a token of GitHub', () => tests[1]?.token ?? ''],
    ['another prefix', (wrong: string) => wrong.replace('acme', 'acmf')],
    ['a longer prefix', (wrong: string) => wrong.replace('acme', 'acmes')],
    ['no prefix', (wrong: string) => wrong.slice('acme_'.length)],
    ['another kind', (wrong: string) => wrong.replace('_sk_', '_xk_')],
    ['no kind', (wrong: string) => wrong.replace('_sk_', '_')],
    ['a character less', (wrong: string) => wrong.slice(0, -1)],
    ['a character more', (wrong: string) => `${wrong}0`],
  ])('is not what %s is', (_, other) => {
    const [wrong = ''] = mistypings(mintSecret('acme', 'live', 'sk'))
    expect(isMistyped(wrong, 'acme')).toBe(true)
    expect(isMistyped(other(wrong), 'acme')).toBe(false)
  })
})

describe('a hint', () => {
  test('of a key of this gate is its beginning and its last four characters', () => {
    const secret = mintSecret('acme', 'live', 'sk')
    expect(hintOf(secret, 'acme')).toBe(`acme_live_sk_...${secret.slice(-4)}`)
  })

  test.each([
    ['with underscores', 'corp_prod_sk_0123456789abcdef', '...cdef'],
    ['with underscores in its secret part', 'Zq8_x7Kp_sk_0123456789abcdef', '...cdef'],
    ['with a longer prefix', 'acmes_live_sk_0123456789abcdef', '...cdef'],
    ['without any', '0123456789abcdef', '...cdef'],
    ['of 15 characters', '0123456789abcde', '...'],
    ['of 8 characters', '01234567', '...'],
    [
      'with our prefix, whose secret part has 16',
      'acme_live_sk_0123456789abcdef',
      'acme_live_sk_...cdef',
    ],
    ['with our prefix, whose secret part has 15', 'acme_live_sk_0123456789abcde', '...'],
    ['with our prefix and no more', 'acme_live_sk_', '...'],
    ['with our prefix, and another shape', 'acme_Zq8x7Kp_sk_0123456789abcdef', '...cdef'],
  ])('of a secret from elsewhere, %s, gives nothing away', (_name, secret, hint) => {
    expect(hintOf(secret, 'acme')).toBe(hint)
  })
})
