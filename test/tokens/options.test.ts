import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError } from 'sallyport'
import { readVectors } from '../vectors/read.js'
import { AUDIENCE, createPair, ISSUER, issuerWith, openGate, signToken } from './issuer.js'

const pair = createPair('RS256', 'key-1')
const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' })
const publicPem = String(
  generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({
    format: 'pem',
    type: 'spki',
  }),
)
const GOOD = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] }
const secret = 'x'.repeat(32)
const HMAC = { ...GOOD, algorithms: ['HS256'], secret }

function createShortKey(modulusLength: number, publicExponent = 65_537): object {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent })
  return publicKey.export({ format: 'jwk' })
}

function mistake(issuers: unknown, options: object = {}): unknown {
  try {
    const good = { environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: [] }
    createGate({ ...good, ...options, issuers } as never)
  } catch (error) {
    if (error instanceof MisuseError) return error.message
    throw error
  }
  return 'accepted'
}

describe('createGate says what is wrong with an issuer:', () => {
  test.each<[object, string]>([
    [
      { ...GOOD, issuer: undefined },
      "'issuers.0.issuer' must be given; write its https URL, such as 'https://login.example.com'",
    ],
    [
      { ...GOOD, issuer: 'http://login.example.com' },
      "'issuers.0.issuer' must not be an http URL; write its https URL, such as 'https://login.example.com'",
    ],
    [
      { ...GOOD, issuer: 'login' },
      "'issuers.0.issuer' must be an https URL, or give its keys in 'jwks', 'publicKey' or 'jwksUri'",
    ],
    [
      { ...GOOD, issuer: 'https://login.example.com?a=b' },
      "'issuers.0.issuer' must be an https URL without user, query and fragment",
    ],
    [
      { ...GOOD, issuer: 'https://a@login.example.com' },
      "'issuers.0.issuer' must be an https URL without user, query and fragment",
    ],
    [
      { ...GOOD, issuer: 'https://10.0.0.1' },
      "'issuers.0.issuer' is at a private address; set 'allowPrivateAddresses' if that is meant",
    ],
    [
      { ...GOOD, issuer: 'https://login.example.com/ a' },
      "'issuers.0.issuer' must be 1 to 256 visible ASCII characters; write its https URL, such as 'https://login.example.com'",
    ],
    [
      { ...GOOD, audience: undefined },
      "'issuers.0.audience' must say what this API is called in 'aud', such as 'https://api.example.com'; 16 names at most",
    ],
    [{ ...GOOD, audience: [] }, "'issuers.0.audience' must have at least 1 entries"],
    [
      { ...GOOD, audience: Array.from({ length: 17 }, (_, index) => String(index)) },
      "'issuers.0.audience' must say what this API is called in 'aud', such as 'https://api.example.com'; 16 names at most",
    ],
    [
      { ...GOOD, algorithms: undefined },
      "'issuers.0.algorithms' must list how its tokens may be signed, such as ['RS256']",
    ],
    [
      { ...GOOD, algorithms: [] },
      "'issuers.0.algorithms' must list how its tokens may be signed, such as ['RS256']",
    ],
    [
      { ...GOOD, algorithms: ['none'] },
      "'issuers.0.algorithms.0' must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, HS256, HS384, HS512",
    ],
    [
      { ...GOOD, algorithms: ['RS256', 'HS256'], secret },
      "'issuers.0.algorithms' has algorithms for a secret beside some for public keys; keep one kind",
    ],
    [{ ...GOOD, algorithms: ['HS256'] }, "'issuers.0.algorithms' has HS256, which needs 'secret'"],
    [
      { ...GOOD, algorithms: ['HS256'], publicKey: publicPem },
      "'issuers.0.algorithms' has HS256, which needs 'secret'",
    ],
    [
      { ...GOOD, secret },
      "'issuers.0.secret' is for HS256, HS384 and HS512 only; give public keys",
    ],
    [
      { ...HMAC, secret: 'x'.repeat(31) },
      "'issuers.0.secret' must have at least 32 bytes for HS256",
    ],
    [
      { ...HMAC, algorithms: ['HS512'], secret: 'x'.repeat(63) },
      "'issuers.0.secret' must have at least 64 bytes for HS512",
    ],
    [{ ...HMAC, secret: '' }, "'issuers.0.secret' must have at least 32 bytes for HS256"],
    [{ ...HMAC, secret: 7 }, "'issuers.0.secret' must be a string or bytes"],
    [
      { ...HMAC, algorithms: ['HS256', 'HS384'] },
      "'issuers.0.algorithms' must be one: that of 'secret'",
    ],
    [
      { ...GOOD, publicKey: publicPem, algorithms: ['RS256', 'PS256'] },
      "'issuers.0.algorithms' must be one: that of 'publicKey'",
    ],
    [
      { ...GOOD, publicKey: pem },
      "'issuers.0.publicKey' must be PEM that begins with -----BEGIN PUBLIC KEY-----",
    ],
    [
      { ...GOOD, publicKey: '-----BEGIN PUBLIC KEY-----\nAAAA' },
      "'issuers.0.publicKey' cannot be read",
    ],
    [
      { ...GOOD, publicKey: publicPem, algorithms: ['ES256'] },
      "'issuers.0.publicKey' has no key for ES256",
    ],
    [
      { ...GOOD, jwks: { keys: [pair.jwk] }, publicKey: publicPem },
      "'issuers.0.publicKey' is given beside 'jwks'; keep the one that has the keys",
    ],
    [{ ...GOOD, jwks: [pair.jwk] }, "'issuers.0.jwks' must be a JWK Set, such as { keys: [...] }"],
    [
      { ...GOOD, jwks: { keys: [{ ...pair.jwk, d: 'x' }] } },
      "'issuers.0.jwks' has a private or symmetric key in it; publish public keys only",
    ],
    [{ ...GOOD, jwks: { keys: [createShortKey(1_024)] } }, "'issuers.0.jwks' has no key for RS256"],
    [
      { ...GOOD, jwks: { keys: [createShortKey(2_048, 3)] } },
      "'issuers.0.jwks' has no key for RS256",
    ],
    [
      { ...GOOD, jwks: { keys: [{ ...pair.jwk, e: 'AQ' }] } },
      "'issuers.0.jwks' has no key for RS256",
    ],
    [
      { ...GOOD, jwks: { keys: [{ ...pair.jwk, e: 'AQAC' }] } },
      "'issuers.0.jwks' has no key for RS256",
    ],
    [
      { ...GOOD, jwksUri: 'http://login.example.com/keys' },
      "'issuers.0.jwksUri' must be an https URL",
    ],
    [
      { ...GOOD, jwksUri: 'https://[::ffff:169.254.169.254]/' },
      "'issuers.0.jwksUri' is at a private address; set 'allowPrivateAddresses' if that is meant",
    ],
    [{ ...GOOD, profile: 'jwt' }, "'issuers.0.profile' must be 'rfc9068' or 'any'"],
    [
      { ...GOOD, clockTolerance: '121s' },
      "'issuers.0.clockTolerance' must be a duration up to '2m', such as '30s'",
    ],
    [
      { ...GOOD, clockTolerance: 30 },
      "'issuers.0.clockTolerance' must be a duration up to '2m', such as '30s'",
    ],
    [{ ...GOOD, maxLifetime: 3_600 }, "'issuers.0.maxLifetime' must be a duration such as '24h'"],
    [{ ...GOOD, identify: 'sub' }, "'issuers.0.identify' must be a function"],
    [
      { ...GOOD, environment: 'prod' },
      "'issuers' has one for 'prod'; its environment must be one of 'live', 'test'",
    ],
    [{ ...GOOD, audiences: [] }, "'issuers.0.audiences' is not known; did you mean 'audience'?"],
  ])('%j', (issuer, message) => {
    expect(mistake([issuer])).toBe(`createGate: ${message}`)
  })

  test('a list that is none, one issuer twice, no place for tokens', () => {
    expect(mistake(GOOD)).toBe("createGate: 'issuers' must be a list of issuers")
    expect(mistake([GOOD, GOOD])).toBe(
      "createGate: 'issuers' has one issuer twice; give it all its audiences at once",
    )
    expect(mistake([GOOD], { credentials: { bearer: false } })).toBe(
      "createGate: 'issuers' needs 'credentials.bearer': tokens are taken from there only",
    )
  })

  test('never with a secret in the message', () => {
    expect(mistake([{ ...HMAC, secret: 'hush', algorithms: ['HS256'] }])).not.toContain('hush')
  })
})

describe('what the standards ask of an issuer is asked at start-up:', () => {
  test.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('RFC 7518 section 3.2: a secret for %s has %i bytes at least', (alg, least) => {
    const given = { ...GOOD, algorithms: [alg] }
    expect(mistake([{ ...given, secret: 's'.repeat(least) }])).toBe('accepted')
    expect(mistake([{ ...given, secret: 's'.repeat(least - 1) }])).toContain(
      `${String(least)} bytes`,
    )
  })

  test('RFC 7518 section 3.3: an RSA key has 2,048 bits at least', () => {
    expect(mistake([{ ...GOOD, jwks: { keys: [createShortKey(2_048)] } }])).toBe('accepted')
    expect(mistake([{ ...GOOD, jwks: { keys: [createShortKey(2_040)] } }])).toContain('no key')
  })

  test.each<[string, object]>([
    ['without algorithms', { algorithms: undefined }],
    ['with an empty list of them', { algorithms: [] }],
    ['with none', { algorithms: ['RS256', 'none'] }],
    ['with one in other letters', { algorithms: ['rs256'] }],
    ['with those of secrets beside those of public keys', { algorithms: ['RS256', 'HS256'] }],
  ])('RFC 8725 section 3.1: an issuer %s is refused', (_, change) => {
    const given = { ...GOOD, jwks: { keys: [pair.jwk] } }
    expect(mistake([given])).toBe('accepted')
    expect(mistake([{ ...given, ...change }])).toContain("'issuers.0.algorithms")
  })

  test('RFC 7519 section 4.1.4: clocks are two minutes apart at most', () => {
    const given = { ...GOOD, jwks: { keys: [pair.jwk] } }
    expect(mistake([{ ...given, clockTolerance: '2m' }])).toBe('accepted')
    expect(mistake([{ ...given, clockTolerance: '121s' }])).toContain('clockTolerance')
  })
})

describe('keys may be given as', () => {
  test('a secret, as text or bytes', async () => {
    const key = Buffer.from('x'.repeat(32))
    const hmac = { alg: 'HS256', kid: 'any', privateKey: key }
    for (const given of [String(key), new Uint8Array(key)]) {
      const { verdict } = openGate([{ ...GOOD, algorithms: ['HS256'], secret: given }])
      expect(await verdict(await signToken({}, hmac))).toBe('allowed')
      const other = { ...hmac, privateKey: Buffer.from('y'.repeat(32)) }
      expect(await verdict(await signToken({}, other))).toBe('token_invalid')
    }
  })

  test('PEM, and the text of it is no secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const text = String(publicKey.export({ format: 'pem', type: 'spki' }))
    const { verdict } = openGate([{ ...GOOD, algorithms: ['ES256'], publicKey: text }])
    const signer = { alg: 'ES256', kid: 'whatever', privateKey }
    expect(await verdict(await signToken({}, signer, { kid: undefined }))).toBe('allowed')
    const confused = { alg: 'HS256', kid: 'x', privateKey: Buffer.from(text) }
    expect(await verdict(await signToken({}, confused))).toBe('token_invalid')
  })

  test('a JWK Set, of an issuer that is no URL', async () => {
    const { verdict } = openGate([issuerWith(pair, { issuer: 'login' })])
    expect(await verdict(await signToken({ iss: 'login' }, pair))).toBe('allowed')
  })
})

const { tests: hosts } = readVectors('url-hosts/wpt-ip-hosts.json') as {
  readonly tests: readonly {
    readonly input: string
    readonly base?: string
    readonly hostname: string | null
  }[]
}

test('an address is recognised however a URL writes it', () => {
  let seen = 0
  for (const { input, hostname } of hosts) {
    const jwksUri = input.replace(/^http:/, 'https:')
    if (!jwksUri.startsWith('https:')) continue
    const said = String(mistake([{ ...GOOD, jwksUri }]))
    if (hostname === null || hostname === '') expect(said).toMatch(/must be an https URL/)
    else if (/^(127|0|10|192\.168)\.|^\[::(1|127\.0\.0\.1|7f00:1)?\]$/.test(hostname)) {
      seen += 1
      expect(said).toMatch(/is at a private address|without user/)
    }
  }
  expect(seen).toBeGreaterThan(10)
})
