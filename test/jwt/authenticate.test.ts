import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type TokenIdentity } from 'sallyport'
import { CLAIMS, createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const PEER = { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' }

describe('the auth of a token', () => {
  test('says who it is', async () => {
    const { gate } = openGate([issuerWith(pair)])
    const decision = await gate.verify(await signToken({ scope: 'read:orders other' }, pair))
    expect(decision.allowed && { ...decision.auth }).toEqual({
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
  ])('is none where identify says %s', async (_, identify, told) => {
    const { verdict, errors } = openGate([issuerWith(pair, { identify: identify as never })])
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(errors).toHaveLength(told)
  })
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

  test('what is not there is not in the auth', async () => {
    const decision = await gate.verify(await signToken({ ...bare, azp: 'app-1' }, pair))
    if (!decision.allowed) throw new Error('refused')
    expect(decision.auth).toMatchObject({ clientId: 'app-1', ownerId: `${ISSUER}#client:app-1` })
    expect(decision.auth).not.toHaveProperty('subject')
    expect(decision.auth).not.toHaveProperty('tokenId')
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
