import { describe, expect, test } from '@jest/globals'
import { SignJWT, type JWTPayload } from 'jose'
import { createMemoryKeyStore, type Gate, type TokenIdentity } from 'sallyport'
import { CLAIMS, createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const PEER = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }

describe('the auth of a token', () => {
  test('says who it is', async () => {
    const { gate } = openGate([issuerWith(pair)])
    const decision = await gate.verify(await signToken({ scope: 'read:orders other' }, pair))
    expect(decision.allowed && { ...decision.auth }).toStrictEqual({
      kind: 'token',
      issuer: ISSUER,
      subject: 'user-1',
      clientId: 'app-1',
      tokenId: 'token-1',
      ownerId: `${ISSUER}#user-1`,
      tenantIds: [],
      environment: 'live',
      scopes: ['read:orders'],
      metadata: {},
      claims: { ...CLAIMS, scope: 'read:orders other' },
      expiresAt: new Date((NOW + 300) * 1_000),
    })
  })

  test('has an owner of its own by default: a client without a subject is no user, however that is called', async () => {
    const { gate } = openGate([issuerWith(pair, { profile: 'any' })])
    const claims = [
      { sub: undefined, client_id: 'alice' },
      { sub: undefined, client_id: undefined, azp: 'bob' },
      ...['alice', 'client:alice', 'subject:client:alice', 'subject:alice', '#client:alice'].map(
        (sub) => ({ sub, client_id: 'web' }),
      ),
    ]
    const owners: string[] = []
    for (const one of claims) {
      const decision = await gate.verify(await signToken(one, pair))
      if (decision.allowed) owners.push(decision.auth.ownerId)
    }
    expect(owners).toEqual([
      `${ISSUER}#client:alice`,
      `${ISSUER}#client:bob`,
      `${ISSUER}#alice`,
      `${ISSUER}#subject:client:alice`,
      `${ISSUER}#subject:subject:client:alice`,
      `${ISSUER}#subject:subject:alice`,
      `${ISSUER}##client:alice`,
    ])
  })

  test('is frozen, and shared by its requests', async () => {
    const { gate } = openGate([issuerWith(pair)])
    const token = await signToken({ act: { sub: 'a' } }, pair)
    const decision = await gate.verify(token)
    if (!decision.allowed || decision.auth.kind !== 'token') throw new Error('refused')
    const { auth } = decision
    expect(() => Object.assign(auth, { ownerId: 'org_2' })).toThrow(TypeError)
    expect(() => Object.assign(auth.claims['act'] as object, { sub: 'b' })).toThrow(TypeError)
    auth.expiresAt.setTime(0)
    expect(auth.expiresAt.getTime()).toBe((NOW + 300) * 1_000)
    expect(await gate.verify(token)).toMatchObject({ auth })
  })

  test.each<[string, object, readonly string[]]>([
    ['scope', { scope: 'read:orders write:orders' }, ['read:orders', 'write:orders']],
    ['scp, a list', { scope: undefined, scp: ['read:orders'] }, ['read:orders']],
    ['scp, a text', { scope: undefined, scp: 'write:orders x' }, ['write:orders']],
    ['scope before scp', { scope: '', scp: 'write:orders' }, []],
    ['one in other letters', { scope: 'READ:orders read:orders\twrite:orders *' }, []],
  ])('has the scopes of %s', async (_, claims, scopes) => {
    const { gate } = openGate([issuerWith(pair)])
    expect(await gate.verify(await signToken(claims, pair))).toMatchObject({ auth: { scopes } })
  })

  test('is what identify says', async () => {
    const identify = ({ org }: Readonly<Record<string, unknown>>): TokenIdentity => ({
      ownerId: String(org),
      tenantIds: ['clinic-1'],
      resources: ['orders/o_1'],
      scopes: ['write:orders', 'unknown'],
      plan: 'pro',
      metadata: { seats: 3 },
    })
    const plans = { pro: { quota: { limit: 1, window: '1h' } } } as const
    const { gate } = openGate([issuerWith(pair, { identify, environment: 'test' })], {
      ...{ plans, environment: ['live', 'test'] },
    })
    const token = await signToken({ org: 'org_1' }, pair)
    expect(await gate.verify(token)).toMatchObject({
      auth: {
        ...{ ownerId: 'org_1', tenantIds: ['clinic-1'], scopes: ['write:orders'], plan: 'pro' },
        resources: ['orders/o_1'],
        ...{ metadata: { seats: 3 }, environment: 'test', subject: 'user-1' },
      },
    })
    // Limits are those of its owner.
    expect(gate.verify(token)).toMatchObject({ reason: 'quota_exceeded' })
  })

  test.each<[string, () => unknown, number]>([
    ['nobody', () => undefined, 0],
    ['what is no owner', () => ({ ownerId: '' }), 1],
    ['nobody, later', () => Promise.resolve(undefined), 0],
    ['an owner that is undefined', () => ({ ownerId: undefined }), 1],
    ['a text', () => 'org_1', 1],
    ['what is no owner, later', () => Promise.resolve({ ownerId: '' }), 1],
    ['tenants that are no list', () => ({ ownerId: 'org_1', tenantIds: 'a' }), 1],
    ['resources that are no list', () => ({ ownerId: 'org_1', resources: 'orders/o_1' }), 1],
    ['a resource that is none', () => ({ ownerId: 'org_1', resources: ['orders'] }), 1],
    ['scopes that are no texts', () => ({ ownerId: 'org_1', scopes: [1] }), 1],
    ['nothing at all', () => null, 1],
    ['tenants with one that cannot be', () => ({ tenantIds: ['clinic-1', ''] }), 1],
    ['resources with one that is none', () => ({ resources: ['orders/o_1', 'orders'] }), 1],
    ['tenants that are null', () => ({ tenantIds: null }), 1],
  ])('is none where identify says %s', async (_, identify, told) => {
    const { verdict, errors } = openGate([issuerWith(pair, { identify: identify as never })])
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(errors).toHaveLength(told)
  })
})

/** What some apps throw is no error. */
const failWith = (thrown: unknown) => () => {
  throw thrown
}

test.each<[string, () => unknown, object]>([
  ['nobody', () => undefined, { check: 'identify', got: 'nothing' }],
  [
    'what is no owner',
    () => ({ ownerId: '' }),
    { check: 'identify', got: expect.stringMatching(/^'identify' must return \{ ownerId \}/) },
  ],
  [
    'what cannot be read',
    () => ({ scopes: new Proxy([], { get: failWith('a text') }) }),
    { check: 'identify', got: 'what is no error' },
  ],
])('the operator is told where identify says %s', async (_, identify, cause) => {
  const { gate } = openGate([issuerWith(pair, { identify: identify as never })])
  expect(await gate.verify(await signToken({}, pair))).toMatchObject({ cause })
})

/** Texts that are long, and objects that take more than their text does. */
const TENANTS = Array.from({ length: 1_000 }, (_, index) => String(index).padEnd(1_000, 'x'))
const OBJECTS = Array.from({ length: 1_500 }, () => ({ '': 0 }))

test.each<[string, number, TokenIdentity, object]>([
  ['its claims', 180, {}, { many: OBJECTS }],
  ['its metadata', 40, { metadata: { text: 'x'.repeat(2_000_000) } }, {}],
  ['its lists', 40, { tenantIds: TENANTS }, {}],
])('tokens are remembered by how much there is: %s', async (_, count, identity, claims) => {
  let asked = 0
  const identify = () => {
    asked += 1
    return identity
  }
  const { verdict } = openGate([issuerWith(pair, { identify })])
  const token = (index: number) => signToken({ ...claims, jti: String(index) }, pair)
  const tokens = await Promise.all(Array.from({ length: count }, (_none, index) => token(index)))
  for (const each of tokens) expect(await verdict(each)).toBe('allowed')
  expect(asked).toBe(count)
  expect(await verdict(tokens.at(-1) ?? '')).toBe('allowed')
  expect(asked).toBe(count)
  expect(await verdict(tokens[0] ?? '')).toBe('allowed')
  expect(asked).toBe(count + 1)
})

test('what identify has said is no longer what the app can change', async () => {
  const said = { metadata: { seats: { count: 3 } }, scopes: ['read:orders'], tenantIds: ['a'] }
  const { gate } = openGate([issuerWith(pair, { identify: () => said })])
  const token = await signToken({}, pair)
  const before = await gate.verify(token)
  said.metadata.seats.count = 4
  said.scopes.push('write:orders')
  said.tenantIds.push('b')
  const after = await gate.verify(token)
  for (const decision of [before, after]) {
    if (!decision.allowed) throw new Error('refused')
    const { metadata, scopes, tenantIds } = decision.auth
    expect(metadata).toEqual({ seats: { count: 3 } })
    expect({ scopes, tenantIds }).toEqual({ scopes: ['read:orders'], tenantIds: ['a'] })
    expect(() => Object.assign(metadata['seats'] as object, { count: 5 })).toThrow(TypeError)
    expect(() => Object.assign(scopes, ['write:orders'])).toThrow(TypeError)
  }
})

describe('with profile any', () => {
  const { gate, verdict } = openGate([issuerWith(pair, { profile: 'any' })])
  const bare = { sub: undefined, client_id: undefined, iat: undefined, jti: undefined }

  test.each([
    ['of type JWT', {}, { typ: 'JWT' }, 'allowed'],
    ['of no type', {}, { typ: undefined }, 'allowed'],
    ['of type at+jwt', {}, {}, 'allowed'],
    ['of type application/at+jwt', {}, { typ: 'application/AT+jwt' }, 'allowed'],
    ['of type application/jwt', {}, { typ: 'application/JWT' }, 'allowed'],
    ['that is a proof', {}, { typ: 'dpop+jwt' }, 'token_invalid'],
    ['that is an event', {}, { typ: 'secevent+jwt' }, 'token_invalid'],
    ['without sub, of a client', { ...bare, azp: 'app-1' }, {}, 'allowed'],
    ['of nobody', bare, {}, 'token_invalid'],
    [
      'without iat, for more than a day',
      { ...bare, sub: 'a', exp: NOW + 86_401 },
      {},
      'token_invalid',
    ],
    ['without aud', { aud: undefined }, {}, 'token_invalid'],
    ['without exp', { exp: undefined }, {}, 'token_invalid'],
  ] as const)('a token %s: %s', async (_, claims, header, decided) => {
    expect(await verdict(await signToken(claims, pair, header))).toBe(decided)
  })

  test('a token of nobody is no fault of the app', async () => {
    const { gate: one, errors } = openGate([issuerWith(pair, { profile: 'any' })])
    const denied = await one.verify(await signToken(bare, pair))
    expect(denied).toMatchObject({ cause: { check: 'sub', expected: 'a subject or a client' } })
    expect(errors).toEqual([])
  })

  test('what is not there is not in the auth', async () => {
    const decision = await gate.verify(await signToken({ ...bare, azp: 'app-1' }, pair))
    if (!decision.allowed) throw new Error('refused')
    expect(decision.auth).toMatchObject({ clientId: 'app-1', ownerId: `${ISSUER}#client:app-1` })
    expect(decision.auth).not.toHaveProperty('subject')
    expect(decision.auth).not.toHaveProperty('tokenId')
    const other = await gate.verify(await signToken({ ...bare, sub: 'user-1' }, pair))
    if (!other.allowed) throw new Error('refused')
    expect(other.auth).not.toHaveProperty('clientId')
  })
})

describe('a key or a token', () => {
  test('is never tried as the other', async () => {
    const store = createMemoryKeyStore()
    const digests: string[] = []
    const findByDigest: typeof store.findByDigest = (digest) => {
      digests.push(digest)
      return store.findByDigest(digest)
    }
    const { gate } = openGate([issuerWith(pair)], {
      keys: { prefix: 'acme', store: { ...store, findByDigest } },
    })
    const token = await signToken({}, pair)
    const ask = (...credential: [string, string]) =>
      gate.check({
        ...{ method: 'GET', url: '/', peer: PEER },
        rawHeaders: ['Host', 'api.example', ...credential],
      })
    expect(await ask('Authorization', `Bearer ${token}`)).toMatchObject({ allowed: true })
    expect(await ask('Authorization', `Bearer ${token}x`)).toMatchObject({
      reason: expect.stringMatching(/^token_/),
    })
    expect(digests).toEqual([])
    expect(await ask('X-API-Key', token.slice(0, 200))).toMatchObject({ reason: 'unknown_key' })
    expect(await ask('Authorization', 'Bearer a.b.c')).toMatchObject({ reason: 'unknown_key' })
    expect(digests).toHaveLength(2)
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    expect(await gate.verify(secret)).toMatchObject({ allowed: true, auth: { kind: 'key' } })
  })

  test('a token is an unknown key to a gate without issuers', async () => {
    const { verdict } = openGate([])
    expect(await verdict(await signToken({}, pair))).toBe('unknown_key')
  })

  test('bad tokens bring no penalty, and good ones pass where keys were guessed', async () => {
    const { gate, verdict } = openGate([issuerWith(pair)])
    const bad = await signToken({ aud: 'x' }, pair)
    for (let count = 0; count < 10; count++) {
      expect(await gate.verify(bad, '203.0.113.9')).toMatchObject({ reason: 'token_invalid' })
    }
    for (let count = 0; count < 5; count++) await gate.verify('acme_guess', '203.0.113.9')
    expect(await gate.verify('acme_guess', '203.0.113.9')).toMatchObject({
      reason: 'too_many_failures',
    })
    const token = await signToken({}, pair)
    expect(await gate.verify(token, '203.0.113.9')).toMatchObject({ allowed: true })
    expect(await verdict(token)).toBe('allowed')
  })
})

test('a token whose keys cannot be had is no bad token', async () => {
  const { jwks: _jwks, ...remote } = issuerWith(pair)
  const fetch = () => Promise.reject(new Error('away'))
  const { verdict, errors } = openGate([
    { ...remote, jwksUri: 'https://login.example.com/keys', fetch },
  ])
  expect(await verdict(await signToken({}, pair))).toBe('issuer_unavailable')
  expect(errors).toMatchObject([{ name: 'IssuerError' }])
})

test('a token of nobody is that of the one issuer whose tokens name none, and no other is', async () => {
  const signer = { alg: 'HS256', kid: undefined as never, privateKey: Buffer.alloc(32, 7) as never }
  const unnamed = { issuer: false, audience: false, profile: 'any' } as const
  const { gate, verdict } = openGate([
    { ...unnamed, algorithms: ['HS256'], secret: Buffer.alloc(32, 7) },
    issuerWith(pair),
  ])
  const own = await signToken({ iss: undefined, aud: undefined }, signer, { kid: undefined })
  expect(await verdict(own)).toBe('allowed')
  expect(await verdict(await signToken({ iss: null, aud: undefined }, signer))).toBe('allowed')
  expect(await verdict(await signToken({}, signer))).toBe('token_invalid')
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  const stranger = await gate.verify(await signToken({ iss: 'https://other.example' }, pair))
  expect(stranger).toMatchObject({ cause: { check: 'iss', expected: `'${ISSUER}'` } })
})

describe('tokens that name their user in another claim', () => {
  const key = new TextEncoder().encode('o'.repeat(32))
  const unnamed = {
    ...({ issuer: false, audience: false, profile: 'any', algorithms: ['HS256'] } as const),
    secret: 'o'.repeat(32),
    subjectClaim: 'id',
    identify: () => ({ ownerId: 'org_1' }),
  } as const
  const sign = (claims: JWTPayload) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt(NOW)
      .setExpirationTime(NOW + 300)
      .sign(key)

  async function authOf(gate: Pick<Gate, 'verify'>, claims: JWTPayload) {
    const decision = await gate.verify(await sign(claims))
    return decision.allowed ? decision.auth : decision.cause
  }

  test.each([
    [{ id: 7 }, '7'],
    [{ id: 'ann', sub: 'bob' }, 'ann'],
    [{ id: null }, undefined],
    [{ sub: 'bob' }, undefined],
  ])('%j is of %s', async (claims, subject) => {
    const { gate } = openGate([unnamed])
    const auth = await authOf(gate, claims)
    expect(auth).toMatchObject({ kind: 'token', issuer: '(no issuer)', ownerId: 'org_1' })
    expect(auth).toEqual(
      subject === undefined
        ? expect.not.objectContaining({ subject: expect.anything() })
        : expect.objectContaining({ subject }),
    )
  })

  test('a claim that no user can be is refused', async () => {
    const { gate } = openGate([unnamed])
    for (const id of [{ id: 7 }, ['ann'], true, 'a\nb']) {
      expect(await authOf(gate, { id })).toMatchObject({ check: 'sub' })
    }
  })

  test('dots lead into objects', async () => {
    const { gate } = openGate([{ ...unnamed, subjectClaim: 'user.id' }])
    expect(await authOf(gate, { user: { id: 'ann' } })).toMatchObject({ subject: 'ann' })
  })

  test('the owner is that user, where nothing else is said', async () => {
    const { identify: _, ...bySubject } = unnamed
    const { gate } = openGate([bySubject])
    expect(await authOf(gate, { id: 7 })).toMatchObject({ ownerId: '(no issuer)#7' })
  })

  test('each user has its own keys, and is forgotten alone', async () => {
    let asked = 0
    const identify = () => {
      asked++
      return { ownerId: 'org_1' }
    }
    const { gate } = openGate([{ ...unnamed, identify }])
    const [ann, bob] = await Promise.all([sign({ id: 'ann' }), sign({ id: 'bob' })])
    for (const token of [ann, bob, ann, bob]) await gate.verify(token)
    expect(asked).toBe(2)
    gate.tokens.forget({ issuer: '(no issuer)', subject: 'ann' })
    for (const token of [ann, bob]) await gate.verify(token)
    expect(asked).toBe(3)
  })
})

test('an app that says whose tokens count is asked about a name alone', async () => {
  const asked: unknown[] = []
  const { verdict } = openGate((iss) => {
    asked.push(iss)
    return iss === ISSUER ? issuerWith(pair) : undefined
  })
  for (const iss of [7, true, [ISSUER], { name: ISSUER }]) {
    expect(await verdict(await signToken({ iss }, pair))).toBe('token_invalid')
  }
  expect(asked).toEqual([])
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  expect(asked).toEqual([ISSUER])
})
