import { createPublicKey } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { IssuerOptions } from 'sallyport'
import { createPair, ISSUER, issuerWith, openGate, signToken, type Pair } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const next = createPair('ES256', 'key-2')
const rsa = createPair('RS256', 'rsa-1')
/** Keys are looked for again after so long, beside the requests. */
const FRESH_MS = 600_000
const SUBJECT = `issuer '${ISSUER}'`

/** Milliseconds that have passed beside the real ones. */
let passed = 0
beforeEach(() => {
  passed = 0
  const now = performance.now.bind(performance)
  jest.spyOn(performance, 'now').mockImplementation(() => now() + passed)
})
afterEach(() => {
  jest.restoreAllMocks()
})

/** A gate whose issuer publishes this, or what takes its place. */
function open(first: object, options: Partial<IssuerOptions> = {}) {
  const { jwks: _, ...rest } = issuerWith(pair)
  let [published, fetched] = [first, 0]
  const fetch = () => {
    fetched += 1
    return Promise.resolve(new Response(JSON.stringify(published)))
  }
  const opened = openGate([{ ...rest, jwksUri: `${ISSUER}/keys`, fetch, ...options }])
  /** What the gate has after it has looked again. */
  const publish = async (document: object) => {
    published = document
    passed += FRESH_MS
    const before = fetched
    await opened.verdict(await signToken({ jti: String(passed) }, next))
    while (fetched === before) await new Promise(setImmediate)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  }
  const change = (document: object) => {
    published = document
  }
  return { ...opened, publish, change }
}

const keysOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...pair.jwk, kid: `key-${String(index + 1)}` }))

describe('a set of keys is refused as a whole', () => {
  test.each<[string, object, string]>([
    ['without a list', {}, "has no list 'keys' of keys"],
    ['with a text in its place', { keys: 'key-1' }, "has no list 'keys' of keys"],
    ['with a list of none', { keys: [1, null] }, "has no list 'keys' of keys"],
    ['with 65 keys', { keys: keysOf(65) }, 'has more than 64 keys'],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].map(
      (name): [string, object, string] => [
        `with a key that has '${name}'`,
        { keys: [pair.jwk, { ...next.jwk, [name]: 'AAAA' }] },
        'has a private or symmetric key in it; publish public keys only',
      ],
    ),
  ])('%s', async (_, document, why) => {
    const { verdict, errors } = open(document)
    expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
    expect(errors).toMatchObject([
      {
        code: 'issuer_unavailable',
        message: `The keys of ${SUBJECT} cannot be had: the answer ${why}.`,
        cause: { cause: { name: 'KeySetError', message: why } },
      },
    ])
  })
})

test.each<[string, object, string]>([
  ['64 keys', { keys: keysOf(64) }, 'allowed'],
  ['one key twice', { keys: [pair.jwk, pair.jwk] }, 'allowed'],
  [
    'a key that does not say what it is for',
    { keys: [{ ...pair.jwk, use: undefined }] },
    'allowed',
  ],
  ['a key to verify with', { keys: [{ ...pair.jwk, key_ops: ['sign', 'verify'] }] }, 'allowed'],
  ['a key beside what is none', { keys: [pair.jwk, { kty: 'odd' }] }, 'allowed'],
  ['a key without a name', { keys: [{ ...pair.jwk, kid: undefined }] }, 'token_invalid'],
  ['no keys', { keys: [] }, 'token_invalid'],
])('a set with %s is one', async (_, document, verdict) => {
  const opened = open(document)
  expect(await opened.verdict(await signToken({}, pair))).toBe(verdict)
  expect(opened.errors).toEqual([])
})

describe('a key is left out', () => {
  test.each<[string, object]>([
    ['for encryption', { use: 'enc' }],
    ['for another operation', { key_ops: ['sign'] }],
    ['for operations that are no list', { key_ops: 'verify' }],
    ['for another algorithm', { alg: 'ES384' }],
    ['of another curve', { crv: 'P-384' }],
    ['of another kind', { kty: 'RSA' }],
  ])('%s', async (_, change) => {
    const { verdict, errors } = open({ keys: [{ ...pair.jwk, ...change }, next.jwk] })
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({}, next))).toBe('allowed')
    expect(errors).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['off its curve', { ...pair.jwk, y: pair.jwk.x }, 'is no sound key for ES256'],
    ['without its point', { ...pair.jwk, x: undefined }, 'is no sound key for ES256'],
    ['with a name that is none', { ...pair.jwk, kid: 1 }, "has a 'kid' that is no string"],
    ['that is no object', 'key-1', 'is no JSON object'],
  ])('%s, and the operator is told once for each set', async (_, entry, why) => {
    const { verdict, errors, publish } = open({ keys: [next.jwk, entry] })
    expect(await verdict(await signToken({}, next))).toBe('allowed')
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    const told = (index: number) => ({
      code: 'key_unusable',
      message: `A key of ${SUBJECT} cannot be used: keys[${String(index)}] ${why}.`,
    })
    expect(errors).toMatchObject([told(1)])
    await publish({ keys: [next.jwk, entry] })
    expect(errors).toMatchObject([told(1)])
    await publish({ keys: [entry, entry, next.jwk] })
    expect(errors).toMatchObject([told(1), told(0), told(1)])
    await publish({ keys: [next.jwk] })
    await publish({ keys: [next.jwk, entry] })
    expect(errors).toHaveLength(4)
  })
})

test('a token without a name of a key is checked with all that are for its algorithm', async () => {
  const { verdict } = open({ keys: [pair.jwk, rsa.jwk] }, { algorithms: ['ES256', 'RS256'] })
  for (const one of [pair, rsa]) {
    expect(await verdict(await signToken({}, one, { kid: undefined }))).toBe('allowed')
  }
  // A key of that name is for another algorithm.
  expect(await verdict(await signToken({}, pair, { kid: 'rsa-1' }))).toBe('token_invalid')
})

test('the operator is told which keys there are', async () => {
  const bare = { ...next.jwk, kid: undefined }
  const { gate } = open({ keys: [pair.jwk, { ...pair.jwk, kid: 'key-3' }, bare] })
  const token = await signToken({}, pair, { kid: 'unknown' })
  expect(await gate.verify(token)).toMatchObject({
    cause: { check: 'kid', expected: "'key-1' or 'key-3'" },
  })
})

test('each of several keys in PEM must be of use', async () => {
  const pemOf = ({ privateKey }: Pair) =>
    String(createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }))
  const { jwks: _, ...rest } = issuerWith(pair)
  const opened = openGate([{ ...rest, publicKey: [pemOf(pair), pemOf(next)] }])
  for (const one of [pair, next])
    expect(await opened.verdict(await signToken({}, one))).toBe('allowed')
  expect(() => openGate([{ ...rest, publicKey: [pemOf(pair), pemOf(rsa)] }])).toThrow(
    "'issuers.0.publicKey' has no key for ES256",
  )
})

test('a key that is not among them is looked for', async () => {
  const { verdict, change } = open({ keys: [pair.jwk] })
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  change({ keys: [pair.jwk, next.jwk] })
  passed += 31_000
  expect(await verdict(await signToken({}, next))).toBe('allowed')
})

test('an issuer with TLS leads to keys with TLS alone', async () => {
  const { jwks: _, ...rest } = issuerWith(pair)
  const verdictAt = async (url: string) => {
    const asked: string[] = []
    const fetch = (from: string) => {
      asked.push(from)
      const body = from === url ? { keys: [pair.jwk] } : { issuer: ISSUER, jwks_uri: url }
      return Promise.resolve(new Response(JSON.stringify(body)))
    }
    const { verdict } = openGate([{ ...rest, fetch, allowHttp: true }])
    return [await verdict(await signToken({}, pair)), asked.includes(url)]
  }
  expect(await verdictAt('https://keys.example.com/keys')).toEqual(['allowed', true])
  expect(await verdictAt('http://127.0.0.1/keys')).toEqual(['issuer_unavailable', false])
})

test('observers are told of an issuer that is away, and that it is back', async () => {
  const told: unknown[] = []
  const listen = (message: unknown) => told.push(message)
  const channel = 'sallyport:outages'
  subscribe(channel, listen)
  const { verdict, change } = open({})
  expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
  change({ keys: [pair.jwk] })
  passed += 31_000
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  unsubscribe(channel, listen)
  expect(told).toMatchObject([
    { part: 'issuer', issuer: ISSUER, state: 'failing' },
    { part: 'issuer', issuer: ISSUER, state: 'recovered' },
  ])
})
