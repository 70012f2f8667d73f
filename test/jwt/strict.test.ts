import { sign } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createLocalJWKSet, jwtVerify } from 'jose'
import {
  AUDIENCE,
  CLAIMS,
  createPair,
  ISSUER,
  issuerWith,
  NOW,
  openGate,
  signText,
  signToken,
} from './issuer.js'

const pair = createPair('RS256', 'key-1')
const scopeOf = (index: number) => `s${String(index)}`
const many = (count: number, of: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => of(i))
const { verdict, gate } = openGate([issuerWith(pair)], { scopes: many(600, scopeOf) as never })

async function byJoseAlone(token: string): Promise<'allowed' | 'refused'> {
  const options = {
    ...{ issuer: ISSUER, audience: AUDIENCE, algorithms: ['RS256'], typ: 'at+jwt' },
    currentDate: new Date(NOW * 1_000),
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  }
  return jwtVerify(token, createLocalJWKSet({ keys: [pair.jwk] }), options).then(
    () => 'allowed',
    () => 'refused',
  )
}

/** Writes the last character of a part with bits that mean nothing, or other characters that are skipped. */
function rewritten(token: string, place: 0 | 1 | 2, write: (part: string) => string): string {
  return token
    .split('.')
    .map((part, index) => (index === place ? write(part) : part))
    .join('.')
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Another text of the same bytes. */
function loosened(part: string): string {
  const last = ALPHABET.indexOf(part.at(-1) ?? '')
  return part.slice(0, -1) + String(ALPHABET[last ^ 1])
}

const json = JSON.stringify(CLAIMS)
const withClaims = (more: string) => `${json.slice(0, -1)},${more}}`
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const long = (length: number) => 'x'.repeat(length)

describe('what jose alone takes, and a gate refuses:', () => {
  test.each<[string, string, () => Promise<string>]>([
    ['padding', 'token_malformed', async () => `${await signToken({}, pair)}==`],
    [
      'a space in the signature',
      'token_malformed',
      async () => rewritten(await signToken({}, pair), 2, (part) => ` ${part}`),
    ],
    [
      'bits of the signature that mean nothing',
      'token_malformed',
      async () => rewritten(await signToken({}, pair), 2, loosened),
    ],
    ['cty', 'token_malformed', () => signToken({}, pair, { cty: 'JWT' })],
    ['zip', 'token_malformed', () => signToken({}, pair, { zip: 'DEF' })],
    ['a claim twice', 'token_malformed', () => signText(withClaims('"sub":"admin"'), pair)],
    [
      'a claim twice, in other letters',
      'token_malformed',
      () => signText(withClaims('"s\\u0075b":"admin"'), pair),
    ],
    [
      'a name twice, further down',
      'token_malformed',
      () => signText(withClaims('"act":[{"a":1,"a":2}]'), pair),
    ],
    [
      'claims of 17 levels',
      'token_malformed',
      () => signText(withClaims(`"x":${nested(16)}`), pair),
    ],
    ['a byte order mark', 'token_malformed', () => signText(`\u{FEFF}${json}`, pair)],
    ['a kid of 257 bytes', 'token_malformed', () => signToken({}, { ...pair, kid: long(257) })],
    ['exp: 1e999', 'token_invalid', () => signText(json.replace(/"exp":\d+/, '"exp":1e999'), pair)],
    [
      'exp in a thousand years',
      'token_invalid',
      () => signToken({ exp: NOW + 31_557_600_000 }, pair),
    ],
    [
      'a lifetime of more than a day',
      'token_invalid',
      () => signToken({ exp: CLAIMS.iat + 86_401 }, pair),
    ],
    ['iat in the future', 'token_invalid', () => signToken({ iat: NOW + 31 }, pair)],
    ['cnf', 'token_invalid', () => signToken({ cnf: { jkt: 'x' } }, pair)],
    ['cnf that is null', 'token_invalid', () => signToken({ cnf: null }, pair)],
    ['sub that is a number', 'token_invalid', () => signToken({ sub: 1 }, pair)],
    ['sub that is empty', 'token_invalid', () => signToken({ sub: '' }, pair)],
    ['sub with a line break', 'token_invalid', () => signToken({ sub: 'a\nb' }, pair)],
    ['sub of 1,025 bytes', 'token_invalid', () => signToken({ sub: long(1_025) }, pair)],
    ['sub that is null', 'token_invalid', () => signToken({ sub: null }, pair)],
    [
      'sub of half a character',
      'token_invalid',
      () => signText(json.replace('user-1', '\\ud800'), pair),
    ],
    ['client_id that is a list', 'token_invalid', () => signToken({ client_id: ['a'] }, pair)],
    ['jti of 1,025 bytes', 'token_invalid', () => signToken({ jti: long(1_025) }, pair)],
    [
      '65 audiences',
      'token_invalid',
      () => signToken({ aud: [AUDIENCE, ...many(64, String)] }, pair),
    ],
    ['an audience that is no text', 'token_invalid', () => signToken({ aud: [AUDIENCE, 1] }, pair)],
    [
      '513 scopes of the gate',
      'token_invalid',
      () => signToken({ scope: many(513, scopeOf).join(' ') }, pair),
    ],
  ])('%s', async (_, reason, make) => {
    const token = await make()
    // Were it not for our own checks, it would be let in.
    if (_ !== 'a kid of 257 bytes') expect(await byJoseAlone(token)).toBe('allowed')
    expect(await verdict(token)).toBe(reason)
  })
})

describe('up to the limit, a gate takes', () => {
  test.each<[string, () => Promise<string>]>([
    ['claims of 16 levels', () => signText(withClaims(`"x":${nested(15)}`), pair)],
    ['a lifetime of a day', () => signToken({ exp: CLAIMS.iat + 86_400 }, pair)],
    ['iat 30 seconds ahead', () => signToken({ iat: NOW + 30 }, pair)],
    ['nbf 30 seconds ahead', () => signToken({ nbf: NOW + 30 }, pair)],
    ['exp 29 seconds ago', () => signToken({ exp: NOW - 29 }, pair)],
    ['exp that is no whole number', () => signToken({ exp: NOW + 0.5 }, pair)],
    ['sub of 1,024 bytes', () => signToken({ sub: long(1_024) }, pair)],
    ['64 audiences', () => signToken({ aud: [AUDIENCE, ...many(63, String)] }, pair)],
    ['512 scopes of the gate', () => signToken({ scope: many(512, scopeOf).join(' ') }, pair)],
    ['any number of others', () => signToken({ scope: many(1_000, String).join(' ') }, pair)],
    ['another scope of any length', () => signToken({ scope: long(1_000) }, pair)],
    ['no scope', () => signToken({ scope: undefined }, pair)],
    ['the same in other white space', () => signText(JSON.stringify(CLAIMS, null, 2), pair)],
    ['typ in capitals', () => signToken({}, pair, { typ: 'AT+JWT' })],
  ])('%s', async (_, make) => {
    expect(await verdict(await make())).toBe('allowed')
  })
})

describe('a gate refuses', () => {
  test.each<[string, string, () => Promise<string>]>([
    ['exp 30 seconds ago', 'token_expired', () => signToken({ exp: NOW - 30 }, pair)],
    ['nbf 31 seconds ahead', 'token_invalid', () => signToken({ nbf: NOW + 31 }, pair)],
    ['another audience', 'token_invalid', () => signToken({ aud: 'https://other.example' }, pair)],
    ['another issuer', 'token_invalid', () => signToken({ iss: 'https://other.example' }, pair)],
    ['no issuer', 'token_invalid', () => signToken({ iss: undefined }, pair)],
    ['typ JWT', 'token_invalid', () => signToken({}, pair, { typ: 'JWT' })],
    ['no typ', 'token_invalid', () => signToken({}, pair, { typ: undefined })],
    ['a header of 2,049 bytes', 'token_malformed', () => signToken({}, pair, { x: long(2_000) })],
    ['typ that is no text', 'token_malformed', () => signToken({}, pair, { typ: 1 })],
    ['claims that are no JSON', 'token_malformed', () => signText('foo', pair)],
    ['claims that are a list', 'token_malformed', () => signText('[]', pair)],
    [
      'claims that are no UTF-8',
      'token_malformed',
      () => signText(Buffer.from([0x7b, 0xff, 0x7d]), pair),
    ],
    [
      'two parts',
      'token_malformed',
      async () => (await signToken({}, pair)).replace(/\.[^.]*$/, ''),
    ],
    ['four parts', 'token_malformed', async () => `${await signToken({}, pair)}.x`],
    ['five parts', 'token_malformed', async () => `${await signToken({}, pair)}.x.y`],
    [
      'no signature',
      'token_malformed',
      async () => rewritten(await signToken({}, pair), 2, () => ''),
    ],
    [
      'a token of 16,385 bytes',
      'token_malformed',
      async () => `${await signToken({}, pair)}${long(16_385)}`,
    ],
    ['a key of nobody', 'token_invalid', () => signToken({}, createPair('RS256', 'key-1'))],
    ['a key of another name', 'token_invalid', () => signToken({}, { ...pair, kid: 'key-2' })],
    ...['sub', 'client_id', 'iat', 'jti', 'exp', 'aud'].map(
      (name) =>
        [`no ${name}`, 'token_invalid', () => signToken({ [name]: undefined }, pair)] as [
          string,
          string,
          () => Promise<string>,
        ],
    ),
  ])('%s', async (_, reason, make) => {
    expect(await verdict(await make())).toBe(reason)
  })

  test('a token of more than 16,384 bytes', async () => {
    const start = (await signToken({ x: '' }, pair)).length
    // Three characters of claims are four of the token.
    const fits = Math.floor((16_384 - start) / 4) * 3
    const [most, more] = [
      await signToken({ x: long(fits) }, pair),
      await signToken({ x: long(fits + 3) }, pair),
    ]
    expect([most.length, more.length]).toEqual(
      [16_384, 16_388].map((length) => length - ((16_384 - start) % 4)),
    )
    expect([await verdict(most), await verdict(more)]).toEqual(['allowed', 'token_malformed'])
    expect(await byJoseAlone(more)).toBe('allowed')
  })

  test('a million dots, at once', async () => {
    const before = performance.now()
    expect(await verdict(`eyJhbGciOiJub25lIn0${'.'.repeat(1_000_000)}`)).toBe('token_malformed')
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

test('all refused tokens look the same from outside', async () => {
  const bodies = new Set<unknown>()
  for (const token of [
    await signToken({ exp: NOW - 60 }, pair),
    await signToken({ aud: 'x' }, pair),
    'eyJ.e.e',
    'acme_unknown',
  ]) {
    const decision = await gate.verify(token)
    if (decision.allowed) throw new Error('allowed')
    const { requestId, ...body } = JSON.parse(decision.body) as Record<string, unknown>
    expect(requestId).toBe(decision.requestId)
    const { 'www-authenticate': challenge, 'content-length': length } = decision.headers
    bodies.add(JSON.stringify([decision.status, body, challenge, length]))
  }
  expect(bodies.size).toBe(1)
})

describe('RFC 9068 section 2.2: a token without', () => {
  test.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    '%s is refused',
    async (name) => {
      expect(await verdict(await signToken({ [name]: undefined }, pair))).toBe('token_invalid')
      expect(await verdict(await signToken({}, pair))).toBe('allowed')
    },
  )
})

describe('RFC 8725 section 3.1', () => {
  test('an algorithm of one issuer is none of another, though both have the key', async () => {
    const rsa = createPair('RS256', 'key-1')
    const { alg: _alg, ...jwk } = rsa.jwk
    const jwks = { keys: [jwk] }
    const two = `${ISSUER}/two`
    const { verdict } = openGate([
      issuerWith(rsa, { jwks }),
      issuerWith(rsa, { jwks, issuer: two, algorithms: ['PS256'] }),
    ])
    const signed = (iss: string, alg: string) => signToken({ iss }, { ...rsa, alg })
    expect(await verdict(await signed(ISSUER, 'RS256'))).toBe('allowed')
    expect(await verdict(await signed(two, 'PS256'))).toBe('allowed')
    expect(await verdict(await signed(ISSUER, 'PS256'))).toBe('token_invalid')
    expect(await verdict(await signed(two, 'RS256'))).toBe('token_invalid')
  })

  test('a key that fits two algorithms is for the first of them alone', async () => {
    const rsa = createPair('RS256', 'key-1')
    const { alg: _alg, ...jwk } = rsa.jwk
    const jwks = { keys: [jwk] }
    const { verdict } = openGate([issuerWith(rsa, { jwks, algorithms: ['RS256', 'PS256'] })])
    expect(await verdict(await signToken({}, rsa))).toBe('allowed')
    expect(await verdict(await signToken({}, { ...rsa, alg: 'PS256' }))).toBe('token_invalid')
  })
})

test('RFC 9864 section 2.2: EdDSA and its fully specified name Ed25519 are two algorithms', async () => {
  const edwards = createPair('EdDSA', 'key-1')
  const { alg: _alg, ...jwk } = edwards.jwk
  const jwks = { keys: [jwk] }
  for (const alg of ['EdDSA', 'Ed25519'] as const) {
    const { verdict } = openGate([issuerWith(edwards, { jwks, algorithms: [alg] })])
    const other = alg === 'EdDSA' ? 'Ed25519' : 'EdDSA'
    expect(await verdict(await signToken({}, { ...edwards, alg }))).toBe('allowed')
    expect(await verdict(await signToken({}, { ...edwards, alg: other }))).toBe('token_invalid')
  }
})

test.each(['KEY-1', 'key-1 ', 'key-01'])(
  'RFC 7515 section 4.1.4: kid is compared to the letter: %j is another one',
  async (kid) => {
    expect(await verdict(await signToken({}, pair, { kid }))).toBe('token_invalid')
  },
)

test('RFC 7515 section 4.1.1: alg is compared to the letter', async () => {
  const [, claims = ''] = (await signToken({}, pair)).split('.')
  const signed = (alg: string) => {
    const header = JSON.stringify({ typ: 'at+jwt', alg, kid: pair.kid })
    const text = `${Buffer.from(header).toString('base64url')}.${claims}`
    return `${text}.${sign('sha256', Buffer.from(text), pair.privateKey).toString('base64url')}`
  }
  for (const alg of ['rs256', 'RS256 ', 'Rs256']) {
    expect(await verdict(signed(alg))).toBe('token_invalid')
  }
  // The control: the signature is good.
  expect(await verdict(signed('RS256'))).toBe('allowed')
})

/** A token that nobody has signed. */
const crafted = (header: unknown, claims: unknown = CLAIMS, signature = 'AA') =>
  [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .concat(signature)
    .join('.')
const HEADER = { typ: 'at+jwt', alg: 'RS256', kid: 'key-1' }

describe('the cause of a denial says what is wrong with how a token is written:', () => {
  const OBJECT = 'a JSON object in base64url, without a name twice, at most 16 levels deep'
  const NAME = 'a text of 256 bytes at most'
  const without = ['crit', 'b64', 'zip', 'enc', 'cty'].map(
    (name) =>
      [
        crafted({ ...HEADER, [name]: [] }),
        'format',
        `a header without '${name}'`,
        `a header with '${name}'`,
      ] as const,
  )

  test.each([
    ...without,
    [`${crafted(HEADER)}.e30`, 'format', 'three parts', '4 parts'],
    [`${crafted(HEADER)}.e30.e30`, 'format', 'three parts', '5 parts: an encrypted token'],
    [`${crafted(HEADER)}=`, 'format', 'a signature in base64url', 'something else'],
    [crafted(['a']).replace('W', 'eyJ'), 'format', OBJECT, 'a header that is something else'],
    [crafted(HEADER, []), 'format', OBJECT, 'claims that are something else'],
    [crafted({ ...HEADER, alg: 1 }), 'alg', 'a text', "no text in 'alg'"],
    [crafted({ ...HEADER, kid: 'k'.repeat(257) }), 'kid', NAME, 'something else'],
    [crafted({ ...HEADER, typ: 7 }), 'typ', NAME, 'something else'],
  ])('%s', async (token, check, expected, got) => {
    const decision = await gate.verify(token)
    expect(decision).toMatchObject({
      reason: 'token_malformed',
      cause: { check, expected, got: `${got} (signature not verified)` },
    })
  })

  test('one that is too long', async () => {
    expect(await gate.verify(crafted(HEADER, CLAIMS, long(16_385)))).toMatchObject({
      cause: { check: 'size', expected: '16384 bytes at most' },
    })
  })
})

test.each([
  ['e30.e30.AA', 'token_malformed'],
  [crafted(HEADER).split('.', 1).join(), 'unknown_key'],
  [`.${crafted(HEADER)}`, 'unknown_key'],
])('a token has a dot after its header, and that may be empty: %s', async (text, reason) => {
  expect(await verdict(text)).toBe(reason)
})

test('a kid and a type of 256 bytes are read', async () => {
  const most = 'k'.repeat(256)
  for (const [name, check] of [
    ['kid', 'kid'],
    ['typ', 'typ'],
  ] as const) {
    const decision = await gate.verify(crafted({ ...HEADER, [name]: most }))
    expect(decision).toMatchObject({ reason: 'token_invalid', cause: { check } })
  }
})

test('a header of 2,048 bytes is read, and none that is longer; a token of 16,384, and none that is longer', async () => {
  const bytesOf = (header: object) => JSON.stringify(header).length
  const fill = 2_048 - bytesOf({ ...HEADER, x: '' })
  expect(await verdict(crafted({ ...HEADER, x: long(fill) }))).toBe('token_invalid')
  expect(await verdict(crafted({ ...HEADER, x: long(fill + 1) }))).toBe('token_malformed')
  // What nobody has signed is read all the same. The last character of a signature of 4 n + 1 would mean nothing.
  const restOf = (claims: object) => 16_384 - crafted(HEADER, claims, '').length
  const claims = [0, 1, 2]
    .map((more) => ({ ...CLAIMS, x: long(11_000 + more) }))
    .find((one) => restOf(one) % 4 !== 1) as object
  const exact = crafted(HEADER, claims, 'A'.repeat(restOf(claims)))
  expect([exact.length, await verdict(exact)]).toEqual([16_384, 'token_invalid'])
  expect(await verdict(`${exact}AAAA`)).toBe('token_malformed')
})

test('each part of a token is written in the one way that its bytes have', async () => {
  const signed = (header: string, claims: string) => {
    const text = `${header}.${claims}`
    return `${text}.${sign('sha256', Buffer.from(text), pair.privateKey).toString('base64url')}`
  }
  // Of one byte more than whole groups, the last character has bits that mean nothing.
  const padded = (value: object) => {
    const text = JSON.stringify(value)
    return Buffer.from(text + ' '.repeat((4 - (text.length % 3)) % 3)).toString('base64url')
  }
  const [header, claims] = [padded(HEADER), padded(CLAIMS)]
  expect(await verdict(signed(header, claims))).toBe('allowed')
  expect(await verdict(signed(loosened(header), claims))).toBe('token_malformed')
  expect(await verdict(signed(header, loosened(claims)))).toBe('token_malformed')
})
