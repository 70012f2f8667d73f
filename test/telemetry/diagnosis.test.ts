import { afterEach, describe, expect, jest, test } from '@jest/globals'
import {
  createGate,
  DENIAL_CHECKS,
  DiagnosisError,
  type Decision,
  type DenialCause,
  type GateOptions,
  type IssuerOptions,
} from 'sallyport'
import { createPair, issuerWith, NOW, signToken } from '../jwt/issuer.js'

const PAIR = createPair('ES256', 'k1')
const OTHER = createPair('ES256', 'k1')
const AUTH0 = 'https://acme.eu.auth0.com/'
const AT = { iss: AUTH0 }

function open(issuer: Partial<IssuerOptions> = {}, options: Partial<GateOptions> = {}) {
  const told: DiagnosisError[] = []
  const clock = { now: NOW * 1_000 }
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    issuers: [issuerWith(PAIR, { issuer: AUTH0, ...issuer })],
    clock: () => clock.now,
    onError: (error) => {
      if (error instanceof DiagnosisError) told.push(error)
    },
    ...options,
  })
  return { gate, told, clock }
}

function causeOf(decision: Decision): DenialCause {
  if (decision.allowed || decision.cause === undefined) throw new Error('There is no cause.')
  expect(DENIAL_CHECKS).toContain(decision.cause.check)
  return decision.cause
}

afterEach(() => {
  process.env['NODE_ENV'] = 'test'
})

type Row = readonly [
  name: string,
  claims: object,
  header: object,
  cause: Partial<DenialCause>,
  fix: RegExp,
  issuer?: Partial<IssuerOptions>,
]

const TOKENS: readonly Row[] = [
  [
    'the type of an ordinary JWT',
    AT,
    { typ: 'JWT' },
    {
      check: 'typ',
      expected: "'at+jwt' or 'application/at+jwt'",
      got: "'JWT' (signature not verified)",
    },
    /^The default profile wants 'at\+jwt': set profile: 'any'\.$/,
  ],
  [
    'an audience with a slash too many',
    { ...AT, aud: 'https://api.example.com/' },
    {},
    { check: 'aud', expected: "'https://api.example.com'", got: "'https://api.example.com/'" },
    /^It differs from 'https:\/\/api\.example\.com' by a trailing slash only\.$/,
  ],
  [
    'an audience in capitals, over http',
    { ...AT, aud: 'http://API.example.com' },
    {},
    { check: 'aud', got: "'http://API.example.com'" },
    /by http for https and in letter case only/,
  ],
  ['another audience', { ...AT, aud: 'other' }, {}, { check: 'aud' }, /'audience'/],
  [
    'a key that it is bound to',
    { ...AT, cnf: { jkt: 'x' } },
    {},
    { check: 'cnf', expected: 'nothing', got: 'a key that the token is bound to' },
    /bearer tokens/,
  ],
  [
    'no audience',
    { ...AT, aud: undefined },
    {},
    { check: 'aud', got: 'nothing' },
    /audience: false/,
  ],
  [
    'an issuer without its slash',
    { iss: AUTH0.slice(0, -1) },
    {},
    {
      check: 'iss',
      expected: `'${AUTH0}'`,
      got: `'${AUTH0.slice(0, -1)}' (signature not verified)`,
    },
    /by a trailing slash only/,
  ],
  ['another issuer', { iss: 'https://other.example' }, {}, { check: 'iss' }, /'issuers'/],
  ['another key', AT, { kid: 'k2' }, { check: 'kid', expected: "'k1'" }, /such key/],
  ['no id', { ...AT, jti: undefined }, {}, { check: 'jti', got: 'nothing' }, /profile: 'any'/],
  [
    'a life of 30 days',
    { ...AT, exp: NOW + 30 * 86_400 },
    {},
    { check: 'lifetime', expected: '86400 seconds at most', got: '2592010 seconds' },
    /'maxLifetime'/,
  ],
  [
    'a clock that is ahead',
    { ...AT, iat: NOW + 60 },
    {},
    { check: 'iat', got: new Date((NOW + 60) * 1_000).toISOString() },
    /'clockTolerance'/,
  ],
  ['a time to come', { ...AT, nbf: NOW + 60 }, {}, { check: 'nbf' }, /'clockTolerance'/],
  [
    'a subject too long',
    { ...AT, sub: 's'.repeat(2_000) },
    {},
    { check: 'sub', got: '2000 bytes' },
    /'bounds\.id'/,
  ],
  [
    'a client that does not count',
    { ...AT, client_id: 'mobile' },
    {},
    { check: 'client_id', expected: "'web'", got: "'mobile'" },
    /'clients'/,
    { clients: ['web'] },
  ],
  [
    'a claim without its value',
    { ...AT, token_use: 'id' },
    {},
    { check: 'claims', expected: "token_use: 'access'", got: "token_use: 'id'" },
    /'token_use'/,
    { claims: { token_use: 'access' } },
  ],
  [
    'a claim that is missing, by its path',
    AT,
    {},
    {
      check: 'claims',
      expected: "realm_access.kind: 'a' or 'b'",
      got: 'realm_access.kind: nothing',
    },
    /'realm_access\.kind'/,
    { claims: { 'realm_access.kind': ['a', 'b'] } },
  ],
  [
    'the claim of several that has another value',
    { ...AT, token_use: 'access', email_verified: false },
    {},
    { check: 'claims', expected: 'email_verified: true', got: 'email_verified: false' },
    /'email_verified'/,
    { claims: { token_use: 'access', email_verified: true } },
  ],
  [
    'an ID token',
    { ...AT, at_hash: 'x' },
    { typ: 'JWT' },
    { check: 'id_token' },
    /idTokens: true/,
    { profile: 'any' },
  ],
  ['a key of its own', { ...AT, cnf: {} }, {}, { check: 'cnf' }, /bearer tokens/],
  [
    'a caller that the app does not know',
    AT,
    {},
    { check: 'identify', got: 'nothing' },
    /'identify'/,
    { identify: () => undefined },
  ],
]

describe('why a token was rejected', () => {
  test.each(TOKENS.map((row) => [row[0], row] as const))('%s', async (_, row) => {
    const [, claims, header, cause, fix, issuer] = row
    const { gate, told } = open(issuer)
    const decision = await gate.verify(await signToken(claims, PAIR, header))
    expect(decision).toMatchObject({
      allowed: false,
      reason: 'token_invalid',
      code: 'invalid_credentials',
    })
    expect(causeOf(decision)).toMatchObject(cause)
    expect(told).toHaveLength(1)
    const [{ message, code, cause: same, stack }] = told as [DiagnosisError]
    expect({ code, cause: same }).toEqual({ code: 'request_rejected', cause: causeOf(decision) })
    const advice = message.slice(
      message.indexOf(causeOf(decision).expected) + causeOf(decision).expected.length + 2,
    )
    expect(advice).toMatch(fix)
    expect(stack).toBe(`DiagnosisError: ${message}`)
  })

  test('another algorithm, and a signature of somebody else', async () => {
    const { gate } = open()
    const rsa = await signToken(AT, createPair('RS256', 'k1'))
    expect(causeOf(await gate.verify(rsa))).toEqual({
      ...{ check: 'alg', expected: "'ES256'", got: "'RS256' (signature not verified)" },
    })
    const forged = await signToken(AT, OTHER)
    expect(causeOf(await gate.verify(forged))).toMatchObject({
      check: 'signature',
      got: expect.stringMatching(/\(signature not verified\)$/),
    })
  })

  test.each([
    ['RS256', /Add 'RS256' to 'algorithms' if the issuer signs with it\.$/],
    ['XS256', /signature not verified\); expected 'ES256'\.$/],
  ])('another algorithm, and what to do about %s', async (alg, fix) => {
    const { gate, told } = open()
    const [head, ...rest] = (await signToken(AT, PAIR)).split('.') as [string, ...string[]]
    const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as object
    const text = Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')
    expect(await gate.verify([text, ...rest].join('.'))).toMatchObject({ reason: 'token_invalid' })
    expect(told[0]?.message).toMatch(fix)
  })

  test('another key, and none that is named', async () => {
    const { gate } = open()
    expect(causeOf(await gate.verify(await signToken(AT, PAIR, { kid: 'k2' })))).toEqual({
      ...{ check: 'kid', expected: "'k1'", got: "'k2' (signature not verified)" },
    })
    const keys = ['k1', 'k2'].map((kid) => createPair('ES256', kid).jwk)
    const nameless = await signToken(AT, PAIR, { kid: undefined })
    const { gate: other } = open({ jwks: { keys } })
    expect(await other.verify(nameless)).toMatchObject({ reason: 'token_invalid' })
    const { kid: _kid, ...unnamed } = createPair('RS256', 'k1').jwk
    const two = ['ES256', 'RS256'] as const
    const { gate: third } = open({ jwks: { keys: [unnamed] }, algorithms: two })
    expect(causeOf(await third.verify(nameless))).toEqual({
      ...{ check: 'kid', expected: 'a key for ES256' },
      got: 'a token without kid, for "ES256" (signature not verified)',
    })
  })

  test('that nobody has signed it is no error of the gate, and names the issuers that there are', async () => {
    const others: unknown[] = []
    const { gate } = open({}, { onError: (error) => others.push(error) })
    await gate.verify(await signToken(AT, OTHER))
    expect(others).toEqual([expect.any(DiagnosisError)])
    expect(causeOf(await gate.verify(await signToken({ iss: 7 }, PAIR)))).toEqual({
      ...{ check: 'iss', expected: `'${AUTH0}'`, got: '7 (signature not verified)' },
    })
  })

  test('one that has ended, also where it is remembered', async () => {
    const { gate, clock } = open()
    const token = await signToken(AT, PAIR)
    expect((await gate.verify(token)).allowed).toBe(true)
    clock.now += 400_000
    const ended = await gate.verify(token)
    expect(ended).toMatchObject({ reason: 'token_expired' })
    expect(causeOf(ended)).toMatchObject({ check: 'exp' })
    expect(causeOf(await gate.verify(await signToken({ ...AT, jti: 'j2' }, PAIR)))).toEqual(
      causeOf(ended),
    )
  })

  test.each([
    ['two parts', (token: string) => token.split('.').slice(0, 2).join('.'), 'format'],
    ['five parts', (token: string) => `${token}.a.b`, 'format'],
    ['a signature with padding', (token: string) => `${token}=`, 'format'],
    ['claims that are no JSON', (token: string) => token.replace(/\.[^.]+/, '.e30x'), 'format'],
    ['17,000 bytes', (token: string) => token.padEnd(17_000, 'A'), 'size'],
  ])('one that is malformed: %s', async (_, change, check) => {
    const { gate } = open()
    const decision = await gate.verify(change(await signToken(AT, PAIR)))
    expect(decision).toMatchObject({ reason: 'token_malformed' })
    expect(causeOf(decision).check).toBe(check)
  })
})

describe('why a key was rejected', () => {
  const { gate } = open()
  const wholeKey = gate.keys.create({ name: 'CI', ownerId: 'org_1' })

  test.each([
    [
      'a character that was changed',
      (key: string) => `${key.slice(0, -8)}${key.at(-8) === 'a' ? 'b' : 'a'}${key.slice(-7)}`,
      'checksum',
    ],
    ['the last characters are missing', (key: string) => key.slice(0, -4), 'length'],
    ['another environment', (key: string) => key.replace('_live_', '_test_'), 'environment'],
    ['another prefix', (key: string) => `x${key}`, 'prefix'],
    ['300 characters', (key: string) => key.padEnd(300, 'a'), 'length'],
  ])('%s', async (_, change, check) => {
    const { secret } = await wholeKey
    const presented = change(secret)
    const decision = await gate.verify(presented)
    expect(decision).toMatchObject({ reason: 'unknown_key', code: 'invalid_credentials' })
    const cause = causeOf(decision)
    expect(cause.check).toBe(check)
    expect(JSON.stringify(decision)).not.toContain(presented.slice(-12))
  })

  test('a key of another store, or another pepper', async () => {
    const { secret } = await wholeKey
    expect(causeOf(await open().gate.verify(secret))).toMatchObject({
      check: 'stored',
      got: "'acme_live_sk_' and 33 characters",
    })
  })

  test('a token, where the gate has no issuers', async () => {
    const { gate: keysOnly } = open({}, { issuers: [] })
    expect(causeOf(await keysOnly.verify(await signToken(AT, PAIR)))).toMatchObject({
      ...{ check: 'kind', expected: 'an API key', got: 'a JWT' },
    })
  })
})

describe('what onError is told', () => {
  test('each check of each issuer once a minute', async () => {
    const { gate, told, clock } = open()
    const typed = await signToken(AT, PAIR, { typ: 'JWT' })
    for (let i = 0; i < 3; i++) await gate.verify(typed)
    expect(told).toHaveLength(1)
    await gate.verify(await signToken({ ...AT, aud: 'x' }, PAIR))
    expect(told.map(({ cause }) => cause.check)).toEqual(['typ', 'aud'])
    clock.now += 61_000
    await gate.verify(typed)
    expect(told.map(({ cause }) => cause.check)).toEqual(['typ', 'aud', 'typ'])
    expect(told[0]?.message).toContain(`token_invalid: typ of issuer '${AUTH0}' is 'JWT'`)
  })

  test('of keys and of the tokens of each issuer, also where a rule holds all of them', async () => {
    const { gate, told } = open()
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1', tenantIds: ['t1'] })
    const token = await signToken(AT, PAIR)
    const ask = (credential: string) =>
      gate.check(
        {
          ...{ method: 'GET', url: '/', peer: { address: '203.0.113.9', encrypted: true } },
          rawHeaders: ['authorization', `Bearer ${credential}`, 'x-tenant', 't2'],
        },
        { tenant: { header: 'x-tenant' } },
      )
    for (const credential of [secret, token, secret, token]) {
      expect(await ask(credential)).toMatchObject({ reason: 'tenant_mismatch' })
    }
    expect(told.map(({ cause }) => cause.check)).toEqual(['tenant', 'tenant'])
  })

  test('without onError, stderr has one line', async () => {
    const logged = jest.spyOn(console, 'error').mockReturnValue()
    const { gate } = open({}, { onError: undefined as never })
    await gate.verify(await signToken(AT, PAIR, { typ: 'JWT' }))
    expect(logged.mock.calls).toEqual([
      ['sallyport:', expect.stringMatching(/^A request was rejected with token_invalid: typ .*$/)],
    ])
    logged.mockRestore()
  })

  test('nothing in production, where the denial has the cause still', async () => {
    process.env['NODE_ENV'] = 'production'
    const { gate, told } = open()
    const decision = await gate.verify(await signToken(AT, PAIR, { typ: 'JWT' }))
    expect(causeOf(decision).check).toBe('typ')
    expect(told).toEqual([])
  })
})

describe('what came is safe to log', () => {
  async function gotOf(aud: unknown): Promise<string> {
    const { gate } = open()
    return causeOf(await gate.verify(await signToken({ ...AT, aud }, PAIR))).got
  }

  test('at most 256 characters, of printable ASCII', async () => {
    const got = await gotOf(['\u001b[31m', '\u202e', '\ud800'].concat('x'.repeat(900)))
    expect(got).toMatch(/^[ -~]{1,256}$/)
    const long = await gotOf('x'.repeat(1_000))
    expect([long.length, long.slice(-4)]).toEqual([256, 'x...'])
    const { gate } = open()
    const iss = await signToken({ iss: 'i'.repeat(1_000) }, PAIR)
    const unproven = causeOf(await gate.verify(iss)).got
    expect(unproven).toHaveLength(256)
    expect(unproven).toMatch(/iii\.\.\. \(signature not verified\)$/)
  })

  test('without a key or a token that was put into a claim', async () => {
    const { gate } = open()
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    const token = await signToken(AT, PAIR)
    for (const hidden of [secret, token, `${'x'.repeat(240)}${secret}`]) {
      expect(await gotOf(hidden)).not.toMatch(/_sk_[0-9A-Za-z]{4}|eyJ/)
    }
  })
})
