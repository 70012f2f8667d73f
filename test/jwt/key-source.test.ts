import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { createGate, IssuerError, type IssuerOptions } from 'sallyport'
import { createPair, issuerWith, openGate, signToken } from './issuer.js'
import { json, startIssuer, status, type Answer, type IssuerServer } from './issuer-server.js'

const pair = createPair('ES256', 'key-1')
const next = createPair('ES256', 'key-2')
const KEYS = { keys: [pair.jwk] }

let server: IssuerServer
/** Milliseconds that have passed beside the real ones. */
let passed = 0

beforeEach(async () => {
  server = await startIssuer(() => json(KEYS))
  passed = 0
  const now = performance.now.bind(performance)
  jest.spyOn(performance, 'now').mockImplementation(() => now() + passed)
})

afterEach(async () => {
  jest.restoreAllMocks()
  await server.close()
})

function open(options: Partial<IssuerOptions> = {}) {
  const { jwks: _, ...rest } = issuerWith(pair)
  const jwksUri = `${server.url}/keys`
  return openGate([{ ...rest, jwksUri, allowPrivateAddresses: true, ...options }])
}

const strangers = (count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, index) =>
      signToken({}, { ...pair, kid: `unknown-${String(index)}` }),
    ),
  )

/** What goes on beside the requests has been done. */
async function settled(): Promise<void> {
  const before = server.asked.length
  while (server.asked.length === before) await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('the keys of an issuer are fetched', () => {
  test('when its first token comes, once however many wait for them', async () => {
    const { verdict, errors } = open()
    expect(server.asked).toEqual([])
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) => signToken({ jti: String(index) }, pair)),
    )
    expect(new Set(await Promise.all(tokens.map(verdict)))).toEqual(new Set(['allowed']))
    expect(server.asked).toEqual(['/keys'])
    expect(errors).toEqual([])
  })

  test('again for a key that is not among them, once in 5 seconds whatever it is called', async () => {
    const { verdict } = open()
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    const tokens = await strangers(500)
    expect(new Set(await Promise.all(tokens.map(verdict)))).toEqual(new Set(['token_invalid']))
    expect(server.asked).toHaveLength(1)
    passed = 5_000
    server.answer = () => json({ keys: [pair.jwk, next.jwk] })
    const rotated = await signToken({}, next)
    const verdicts = await Promise.all([...tokens, rotated].map(verdict))
    expect(new Set(verdicts.slice(0, -1))).toEqual(new Set(['token_invalid']))
    expect(verdicts.at(-1)).toBe('allowed')
    expect(server.asked).toHaveLength(2)
    for (const token of tokens) await verdict(token)
    expect(server.asked).toHaveLength(2)
  })

  test.each([
    ['of the same address', '203.0.113.7', '203.0.113.7'],
    ['without addresses', undefined, undefined],
    ['of another address', '203.0.113.7', '198.51.100.9'],
  ])(
    'also while names are made up: a new key is found by callers %s, and no token with it is refused',
    async (_, stranger, owner) => {
      const { gate } = open()
      const verdictFrom = async (token: string, address?: string) => {
        const decision = await gate.verify(token, address)
        return decision.allowed ? 'allowed' : decision.reason
      }
      expect(await verdictFrom(await signToken({}, pair), stranger)).toBe('allowed')
      passed = 31_000
      for (const token of await strangers(12)) {
        expect(await verdictFrom(token, stranger)).toBe('token_invalid')
      }
      expect(server.asked).toHaveLength(2)
      server.answer = () => json({ keys: [pair.jwk, next.jwk] })
      passed += 5_000
      expect(await verdictFrom(await signToken({}, next), owner)).toBe('allowed')
      expect(server.asked).toHaveLength(3)
    },
  )

  test('once in 5 seconds for all addresses together', async () => {
    const { gate, verdict } = open()
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    const made = await strangers(40)
    for (const [index, token] of made.entries()) {
      passed = 31_000 + 500 * index
      const decision = await gate.verify(token, `198.51.100.${String(index)}`)
      expect(decision).toMatchObject({ reason: 'token_invalid' })
    }
    // In 20 seconds, and real time goes on as well.
    expect(server.asked.length).toBeGreaterThanOrEqual(1 + 4)
    expect(server.asked.length).toBeLessThanOrEqual(1 + 5)
  })

  test('once in 30 seconds for all of them while that fails', async () => {
    const { gate, verdict } = open()
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    server.answer = () => status(500)
    for (const [index, token] of (await strangers(20)).entries()) {
      passed = 31_000 + 1_000 * index
      const decision = await gate.verify(token, `198.51.100.${String(index)}`)
      expect(decision).toMatchObject({ reason: 'issuer_unavailable' })
    }
    expect(server.asked).toHaveLength(2)
  })

  test('and are an hour old after an hour for which the machine was suspended', async () => {
    let now = Date.now()
    const { jwks: _, ...rest } = issuerWith(pair)
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], clock: () => now },
      issuers: [{ ...rest, jwksUri: `${server.url}/keys`, allowPrivateAddresses: true }],
      onError: () => undefined,
    })
    const fresh = (iat: number) => signToken({ iat, exp: iat + 300 }, pair)
    expect(await gate.verify(await fresh(now / 1_000))).toMatchObject({ allowed: true })
    // The monotonic clock stood still.
    now += 3_600_000
    server.answer = () => status(500)
    expect(await gate.verify(await fresh(now / 1_000))).toMatchObject({
      reason: 'issuer_unavailable',
    })
  })

  test('but not for an algorithm or a type that the issuer is not to use', async () => {
    server.answer = () => status(500)
    const { verdict } = open()
    const hmac = { ...pair, alg: 'HS256', privateKey: Buffer.from('x'.repeat(32)) }
    expect(await verdict(await signToken({}, hmac))).toBe('token_invalid')
    expect(await verdict(await signToken({}, rsa))).toBe('token_invalid')
    expect(await verdict(await signToken({}, pair, { typ: 'JWT' }))).toBe('token_invalid')
    expect(server.asked).toEqual([])
  })

  test('again when they are ten minutes old, beside the requests', async () => {
    const { gate, verdict } = open()
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    passed = 599_000
    expect(await verdict(token)).toBe('allowed')
    expect(server.asked).toHaveLength(1)
    passed = 600_500
    const again = settled()
    const other = await signToken({ jti: 'other' }, pair)
    expect(await gate.verify(other)).toMatchObject({ allowed: true })
    await again
    expect(server.asked).toHaveLength(2)
  })

  test('and what was taken away is refused, also of tokens that were verified before', async () => {
    const { gate, verdict } = open()
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    // Remembered: without a promise.
    expect(gate.verify(token)).toMatchObject({ allowed: true })
    server.answer = () => json({ keys: [next.jwk] })
    passed = 600_500
    const again = settled()
    expect(await verdict(token)).toBe('allowed')
    await again
    expect(await verdict(token)).toBe('token_invalid')
    expect(await verdict(await signToken({}, next))).toBe('allowed')
  })

  test('and what is remembered goes with its key, as soon as that is heard', async () => {
    const { gate, verdict } = open()
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    server.answer = () => json({ keys: [next.jwk] })
    passed = 31_000
    expect(gate.verify(token)).toMatchObject({ allowed: true })
    expect(await verdict(await signToken({}, next))).toBe('allowed')
    expect(await verdict(token)).toBe('token_invalid')
  })

  test('and the same keys again leave verified tokens verified', async () => {
    const { gate, verdict } = open()
    const token = await signToken({}, pair)
    await verdict(token)
    passed = 200_000
    expect(await verdict(await signToken({}, { ...pair, kid: 'unknown' }))).toBe('token_invalid')
    expect(server.asked).toHaveLength(2)
    expect(gate.verify(token)).toMatchObject({ allowed: true })
  })
})

test('jose alone asks an issuer that is away with every token', async () => {
  server.answer = () => status(500)
  const getKey = createRemoteJWKSet(new URL(`${server.url}/keys`), {
    [customFetch]: () => {
      server.asked.push('/keys')
      return Promise.reject(new Error('away'))
    },
  })
  const { verdict } = open()
  for (const token of await strangers(20)) {
    await expect(jwtVerify(token, getKey)).rejects.toThrow('away')
  }
  expect(server.asked.splice(0)).toHaveLength(20)
  for (const token of await strangers(20)) expect(await verdict(token)).toBe('issuer_unavailable')
  expect(server.asked).toHaveLength(1)
})

describe('while the issuer is away', () => {
  test('without any keys it is 503, and asked again after 1 second, 2, 4 and so on up to 30', async () => {
    server.answer = () => status(500)
    const { gate, verdict, errors } = open()
    const token = await signToken({}, pair)
    const asked: number[] = []
    for (let second = 0; second < 100; second++) {
      passed = second * 1_000 + 1
      const before = server.asked.length
      const tokens = second === 0 ? await strangers(50) : []
      const all = [...tokens, token].map(async (one) => gate.verify(one))
      for (const decision of await Promise.all(all)) {
        expect(decision).toMatchObject({ reason: 'issuer_unavailable', status: 503 })
        if (!decision.allowed) expect(Number(decision.headers['retry-after'])).toBeGreaterThan(0)
      }
      if (server.asked.length > before) asked.push(second)
    }
    expect(server.asked).toHaveLength(asked.length)
    // Real time goes on as well.
    expect(asked.length).toBeGreaterThanOrEqual(7)
    expect(asked.length).toBeLessThanOrEqual(8)
    expect(asked.slice(0, 2)).toEqual([0, expect.any(Number)])
    const waits = asked.slice(1).map((second, index) => second - Number(asked[index]))
    expect(waits.slice(4).every((wait) => wait >= 15 && wait <= 31)).toBe(true)
    expect(errors[0]).toBeInstanceOf(IssuerError)
    expect(errors).toHaveLength(asked.length)
    passed += 31_000
    server.answer = () => json(KEYS)
    expect(await verdict(token)).toBe('allowed')
  })

  test('the last good keys count for an hour, and it is asked once in 30 seconds', async () => {
    const { gate, verdict, errors } = open()
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    await server.close()
    for (let minute = 10; minute < 60; minute += 5) {
      passed = minute * 60_000
      expect(await verdict(await signToken({ jti: String(minute) }, pair))).toBe('allowed')
    }
    // Nobody can say that there is no such key.
    const [stranger = ''] = await strangers(1)
    expect(await gate.verify(stranger)).toMatchObject({ reason: 'issuer_unavailable' })
    passed = 3_600_500
    expect(await gate.verify(token)).toMatchObject({ reason: 'issuer_unavailable', status: 503 })
    expect(errors.length).toBeLessThan(15)
    expect(errors[0]).toMatchObject({
      name: 'IssuerError',
      issuer: 'https://login.example.com',
      message: expect.stringMatching(
        /^The keys of issuer 'https:\/\/login\.example\.com' cannot be had: /,
      ),
    })
  })

  test('an answer that does not come is given up after 3 seconds', async () => {
    server.answer = () => (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    }
    const { verdict } = open()
    const before = Date.now()
    expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
    expect(Date.now() - before).toBeGreaterThanOrEqual(2_900)
    expect(Date.now() - before).toBeLessThan(10_000)
  })
})

const rsa = createPair('RS256', 'rsa')
const manyKeys = (count: number) => ({
  keys: Array.from({ length: count }, (_, index) => ({ ...pair.jwk, kid: `key-${String(index)}` })),
})
const padded = (bytes: number) => {
  const text = JSON.stringify({ ...KEYS, x: '' })
  return { ...KEYS, x: 'x'.repeat(bytes - text.length) }
}
const TOO_LONG = 'the answer has more than 524288 bytes'
const JSON_TYPE = { 'content-type': 'application/json' }
const GZIP = { ...JSON_TYPE, 'content-encoding': 'gzip' }
const sent =
  (bytes: Uint8Array, headers: Readonly<Record<string, string>>): Answer =>
  (_, response) => {
    response.writeHead(200, headers).end(bytes)
  }
const privateJwk = pair.privateKey.export({ format: 'jwk' })

describe('a set of keys that nobody should trust is refused as a whole', () => {
  test.each<[string, Answer, string]>([
    ['a redirect', status(302, { location: '/keys' }), 'the request was answered with status 302'],
    ['404', status(404), 'the request was answered with status 404'],
    ['HTML', json(KEYS, { 'content-type': 'text/html' }), 'the answer is not of a type for JSON'],
    [
      'compressed in its own way',
      json(KEYS, { 'content-encoding': 'zopfli' }),
      'the answer is compressed in a way that is not known',
    ],
    ['compressed, and long', sent(gzipSync(JSON.stringify(padded(524_289))), GZIP), TOO_LONG],
    [
      'no JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      'the answer is no JSON object, or an ambiguous one',
    ],
    ['a list', json([KEYS]), 'the answer is no JSON object, or an ambiguous one'],
    ['no keys', json({}), "the answer has no list 'keys' of keys"],
    ['keys that are none', json({ keys: [1] }), "the answer has no list 'keys' of keys"],
    ['65 keys', json(manyKeys(65)), 'the answer has more than 64 keys'],
    ['512 KiB and a byte', json(padded(524_289)), 'the answer has more than 524288 bytes'],
    [
      '200 MiB',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const piece = 'x'.repeat(1_048_576)
        const more = (left: number): void => {
          if (left > 0 && !response.destroyed)
            response.write(piece, () => {
              more(left - 1)
            })
          else response.end()
        }
        more(200)
      },
      'the answer has more than 524288 bytes',
    ],
    [
      'a private key',
      json({ keys: [pair.jwk, { ...privateJwk, kid: 'key-2' }] }),
      'the answer has a private or symmetric key in it; publish public keys only',
    ],
    [
      'a secret',
      json({ keys: [pair.jwk, { kty: 'oct', k: 'AAAA' }] }),
      'the answer has a private or symmetric key in it; publish public keys only',
    ],
  ])('%s', async (_, answer, why) => {
    server.answer = () => answer
    const { verdict, errors } = open()
    expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
    expect(errors).toMatchObject([
      {
        name: 'IssuerError',
        message: `The keys of issuer 'https://login.example.com' cannot be had: ${why}.`,
      },
    ])
    expect(server.asked).toHaveLength(1)
  })

  test.each<[string, Answer]>([
    ['64 keys', json(manyKeys(64))],
    ['512 KiB', json(padded(524_288))],
    [
      'application/jwk-set+json',
      json(KEYS, { 'content-type': 'application/jwk-set+json; charset=utf-8' }),
    ],
    ['text', json(KEYS, { 'content-type': 'text/plain; charset=utf-8' })],
    ['a file of a bucket', json(KEYS, { 'content-type': 'binary/octet-stream' })],
    ['without a type', sent(Buffer.from(JSON.stringify(KEYS)), {})],
    ['behind a byte order mark', sent(Buffer.from(`\uFEFF${JSON.stringify(KEYS)}`), JSON_TYPE)],
    ['by gzip', sent(gzipSync(JSON.stringify(KEYS)), GZIP)],
    [
      'by Brotli',
      sent(brotliCompressSync(JSON.stringify(KEYS)), { ...JSON_TYPE, 'content-encoding': 'br' }),
    ],
    ['the same key twice', json({ keys: [pair.jwk, pair.jwk] })],
  ])('but not %s', async (_, answer) => {
    server.answer = () => answer
    const { verdict, errors } = open()
    expect([await verdict(await signToken({}, pair)), errors]).toEqual(['allowed', []])
  })

  test('and the last good one stays', async () => {
    const { verdict, errors } = open()
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    server.answer = () => json({ keys: [{ kty: 'oct', k: 'AAAA' }] })
    passed = 600_500
    const again = settled()
    expect(await verdict(await signToken({ jti: '2' }, pair))).toBe('allowed')
    await again
    expect(errors).toHaveLength(1)
    expect(await verdict(await signToken({ jti: '3' }, pair))).toBe('allowed')
  })
})

describe('a key is left out', () => {
  test.each<[string, object]>([
    ['for encryption', { use: 'enc' }],
    ['for another operation', { key_ops: ['sign'] }],
    ['for another algorithm', { alg: 'ES384' }],
    ['of another curve', { crv: 'P-384' }],
    ['of another kind', { kty: 'RSA' }],
  ])('%s', async (_, change) => {
    server.answer = () => json({ keys: [{ ...pair.jwk, ...change }, next.jwk] })
    const { verdict, errors } = open()
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({}, next))).toBe('allowed')
    expect(errors).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['off its curve', { ...pair.jwk, y: pair.jwk.x }, 'is no sound key for ES256'],
    ['without its point', { ...pair.jwk, x: undefined }, 'is no sound key for ES256'],
    ['with a name that is none', { ...pair.jwk, kid: 1 }, "has a 'kid' that is no string"],
    ['that is no object', null, 'is no JSON object'],
  ])('%s', async (_, entry, why) => {
    // It takes no other with it, and is told of once.
    server.answer = () => json({ keys: [next.jwk, entry] })
    const { verdict, errors } = open()
    expect(await verdict(await signToken({}, next))).toBe('allowed')
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    passed = 600_500
    const again = settled()
    expect(await verdict(await signToken({ jti: '2' }, next))).toBe('allowed')
    await again
    expect(errors).toMatchObject([
      {
        code: 'key_unusable',
        message: `A key of issuer 'https://login.example.com' cannot be used: keys[1] ${why}.`,
      },
    ])
  })

  test('that shares its name and algorithm', async () => {
    server.answer = () => json({ keys: [pair.jwk, { ...next.jwk, kid: pair.kid }, next.jwk] })
    const { verdict } = open()
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({}, next))).toBe('allowed')
  })

  test('and one that does not name its algorithm is for the first that it fits', async () => {
    const { alg: _, use: __, ...bare } = rsa.jwk
    server.answer = () => json({ keys: [bare] })
    const { verdict } = open({ algorithms: ['ES256', 'RS256', 'PS256', 'RS512'] })
    expect(await verdict(await signToken({}, rsa))).toBe('allowed')
    expect(await verdict(await signToken({}, { ...rsa, alg: 'PS256' }))).toBe('token_invalid')
    expect(await verdict(await signToken({}, { ...rsa, alg: 'RS512' }))).toBe('token_invalid')
  })

  test('a token without kid is checked with the one key for its algorithm, and refused where there are two', async () => {
    server.answer = () => json({ keys: [pair.jwk, rsa.jwk] })
    const { verdict } = open({ algorithms: ['ES256', 'RS256'] })
    expect(await verdict(await signToken({}, pair, { kid: undefined }))).toBe('allowed')
    passed = 31_000
    server.answer = () => json({ keys: [pair.jwk, next.jwk] })
    await verdict(await signToken({}, next))
    expect(await verdict(await signToken({ jti: '2' }, pair, { kid: undefined }))).toBe(
      'token_invalid',
    )
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
  })
})
