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
const ecPem = String(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'pem',
    type: 'spki',
  }),
)
const GOOD = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'] }
const secret = 'x'.repeat(32)
const HMAC = { ...GOOD, algorithms: ['HS256'], secret }

const WRONG_CLAIMS: readonly (readonly [more: object, message: string])[] = [
  [
    { audience: false },
    "'issuers.0.clients' must be given with 'audience: false': the clients whose tokens are accepted, such as ['web-app']",
  ],
  [
    { audience: true },
    "'issuers.0.audience' must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, for tokens without 'aud', with 'clients'",
  ],
  [
    { claims: JSON.parse('{ "__proto__": "x", "sub": "user-1" }') as object },
    "'issuers.0.claims' must not have '__proto__'",
  ],
  [{ audience: false, clients: [] }, "'issuers.0.clients' must have at least 1 entries"],
  [
    { audience: false, clients: 'web-app' },
    "'issuers.0.clients' must list the clients whose tokens are accepted, such as ['web-app'], or be 'named' or false",
  ],
  [
    { audience: false, clients: 'named' },
    "'issuers.0.clients' must be given with 'audience: false': the clients whose tokens are accepted, such as ['web-app']",
  ],
  [{ clients: false }, "'issuers.0.clients' may be false with 'audience: false' only"],
  [
    { audience: false, clients: false },
    "'issuers.0.clients' may be false only where the keys are given, by 'jwksUri' for example",
  ],
  [
    { issuer: false, audience: false, profile: 'any' },
    "'issuers.0.issuer' may be false only with a 'secret' of the app's own; give the issuer",
  ],
  [
    { issuer: false, algorithms: ['HS256'], secret, profile: 'any' },
    "'issuers.0.audience' must be false with 'issuer: false'",
  ],
  [
    { issuer: false, audience: false, algorithms: ['HS256'], secret },
    "'issuers.0.profile' must be 'any' with 'issuer: false'",
  ],
  [
    {
      issuer: false,
      audience: false,
      algorithms: ['HS256'],
      secret,
      profile: 'any',
      aliases: ['a'],
    },
    "'issuers.0.aliases' needs an 'issuer'",
  ],
  [
    { issuer: 'https://login.example.com/{tenant}' },
    "'issuers.0.tenants' must be given where 'issuer' has {tenant}",
  ],
  [{ tenants: ['a'] }, "'issuers.0.issuer' must have {tenant} once, with 'tenants'"],
  [
    { tenants: 'a' },
    "'issuers.0.tenants' must be a list of tenants, or a function that says whether one counts",
  ],
  [
    { issuer: 'https://login.example.com/{tenant}', tenants: ['a'], aliases: ['b'] },
    "'issuers.0.aliases' are for an issuer without 'tenants'",
  ],
  [{ isRevoked: true }, "'issuers.0.isRevoked' must be a function"],
  [{ fetch: 'x' }, "'issuers.0.fetch' must be a function such as fetch"],
  [
    { headers: 'x' },
    "'issuers.0.headers' must be an object of headers, such as { authorization: 'Bearer ...' }, or a function that returns one",
  ],
  [
    { algorithms: ['HS256'], secret: [] },
    "'issuers.0.secret' must be a string or bytes, or a list of up to 8",
  ],
  [
    { algorithms: ['HS256'], secret: [secret, 'short'] },
    "'issuers.0.secret' must have at least 32 bytes for HS256; to replace a shorter one, see docs/migrating.md",
  ],
  [
    { algorithms: ['HS256'], secret: Array.from({ length: 9 }, () => secret) },
    "'issuers.0.secret' must be a string or bytes, or a list of up to 8",
  ],
  [
    { claims: {} },
    "'issuers.0.claims' must name at least one claim, such as { token_use: 'access' }",
  ],
  [
    { claims: { token_use: undefined } },
    "'issuers.0.claims.token_use' must be the value that the claim has to have, such as 'access', or a list of such values",
  ],
  [{ claims: { token_use: [] } }, "'issuers.0.claims.token_use' must have at least 1 entries"],
  [{ scopes: [] }, "'issuers.0.scopes' must have at least 1 entries"],
  [
    { scopes: true },
    "'issuers.0.scopes' must name the claims that have scopes, such as 'permissions' or ['scope', 'roles']",
  ],
  [
    { scopes: 'two words' },
    "'issuers.0.scopes' must be the name of a claim: 1 to 256 visible ASCII characters",
  ],
  [{ bounds: { token: 65_537 } }, "'issuers.0.bounds.token' must be at most 65536"],
  [{ bounds: { audiences: 0 } }, "'issuers.0.bounds.audiences' must be at least 1"],
  [
    { bounds: { sub: 1 } },
    "'issuers.0.bounds.sub' is not known; known are token, audiences, scopes, id",
  ],
]

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
      "'issuers.0.issuer' must not be an http URL; write its https URL, such as 'https://login.example.com', or set allowHttp: true for development",
    ],
    [
      { ...GOOD, issuer: 'https://login.example.com#a' },
      "'issuers.0.issuer' must not have a '#'; write the issuer without its fragment, such as 'https://login.example.com'",
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
      "'issuers.0.audience' must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, for tokens without 'aud', with 'clients'",
    ],
    [{ ...GOOD, audience: [] }, "'issuers.0.audience' must have at least 1 entries"],
    [
      { ...GOOD, audience: Array.from({ length: 17 }, (_, index) => String(index)) },
      "'issuers.0.audience' must say what this API is called in 'aud', such as 'https://api.example.com', 16 names at most; or false, for tokens without 'aud', with 'clients'",
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
      "'issuers.0.secret' must have at least 32 bytes for HS256; to replace a shorter one, see docs/migrating.md",
    ],
    [
      { ...HMAC, algorithms: ['HS512'], secret: 'x'.repeat(63) },
      "'issuers.0.secret' must have at least 64 bytes for HS512; to replace a shorter one, see docs/migrating.md",
    ],
    [
      { ...HMAC, secret: '' },
      "'issuers.0.secret' must have at least 32 bytes for HS256; it is empty: is an environment variable not set?",
    ],
    [{ ...HMAC, secret: 7 }, "'issuers.0.secret' must be a string or bytes, or a list of up to 8"],
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
      "'issuers.0.publicKey' must be PEM that begins with -----BEGIN PUBLIC KEY-----, or a list of up to 8",
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
    [{ ...GOOD, jwks: { keys: [] } }, "'issuers.0.jwks' has no key for RS256"],
    [{ ...GOOD, publicKey: [publicPem, ecPem] }, "'issuers.0.publicKey' has no key for RS256"],
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
      { ...GOOD, clockTolerance: '301s' },
      "'issuers.0.clockTolerance' must be a duration up to '5m', such as '30s'",
    ],
    [
      { ...GOOD, clockTolerance: 30 },
      "'issuers.0.clockTolerance' must be a duration up to '5m', such as '30s'",
    ],
    [
      { ...GOOD, maxLifetime: 3_600 },
      "'issuers.0.maxLifetime' must be a duration up to '36500d', such as '24h'",
    ],
    ...WRONG_CLAIMS.map(
      ([more, message]) => [{ ...GOOD, ...more }, message] satisfies [object, string],
    ),
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
    expect(mistake(GOOD)).toBe(
      "createGate: 'issuers' must be a list of issuers, or a function that finds one",
    )
    expect(mistake([GOOD, GOOD])).toBe(
      "createGate: 'issuers' has one issuer twice; give it all its audiences at once",
    )
    expect(mistake([GOOD], { credentials: { bearer: false } })).toBe(
      "createGate: 'issuers' needs a place for tokens: allow 'credentials.bearer', or name one in 'credentials.from'",
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

  test.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'])(
    'RFC 7518 section 6: a key with the secret member %s is refused',
    (name) => {
      const jwks = { keys: [pair.jwk, { ...pair.jwk, kid: 'other', [name]: 'AAAA' }] }
      expect(mistake([{ ...GOOD, jwks }])).toContain('has a private or symmetric key in it')
    },
  )

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

  test('RFC 7519 section 4.1.4: clocks are five minutes apart at most', () => {
    const given = { ...GOOD, jwks: { keys: [pair.jwk] } }
    expect(mistake([{ ...given, clockTolerance: '5m' }])).toBe('accepted')
    expect(mistake([{ ...given, clockTolerance: '301s' }])).toContain('clockTolerance')
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
  const before = process.env['NODE_ENV']
  for (const { input, hostname } of hosts) {
    const jwksUri = input.replace(/^http:/, 'https:')
    if (!jwksUri.startsWith('https:')) continue
    process.env['NODE_ENV'] = 'production'
    const said = String(mistake([{ ...GOOD, jwksUri }]))
    process.env['NODE_ENV'] = before
    if (hostname === null || hostname === '') expect(said).toMatch(/must be an https URL/)
    else if (/^(127|0|10|192\.168)\.|^\[::(1|127\.0\.0\.1|7f00:1)?\]$/.test(hostname)) {
      seen += 1
      expect(said).toMatch(/is at a private address|without user/)
    }
  }
  expect(seen).toBeGreaterThan(10)
})
