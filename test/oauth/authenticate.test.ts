import { describe, expect, jest, test } from '@jest/globals'
import { createPrivateKey } from 'node:crypto'
import { SignJWT } from 'jose'
import { createMemoryKeyStore, MisuseError, type KeyStore, type TokenOptions } from 'sallyport'
import { ISSUER, openIssuer, SIGNER, SIGNING_KEY, startOfTime } from './http/api.js'
import { createPair, NOW, signToken } from '../jwt/issuer.js'

const HOUR = 3_600_000

/** Two instances of one API: the second one knows nothing but what is in the store. */
function openTwo() {
  const time = startOfTime()
  const keys = { prefix: 'acme', store: createMemoryKeyStore() }
  return { time, here: openIssuer({ time, keys }), there: openIssuer({ time, keys }) }
}

describe('a token dies with its key, on the instance that has used it a moment ago:', () => {
  type Two = ReturnType<typeof openTwo>
  type Deed = (two: Two, id: string) => unknown

  test.each<[string, Deed, string]>([
    ['revoked', ({ here }, id) => here.gate.keys.revoke(id), 'key_revoked'],
    ['revoked there', ({ there }, id) => there.gate.keys.revoke(id), 'key_revoked'],
    [
      'revoked with all',
      ({ there }) => there.gate.keys.revokeAll({ ownerId: 'org_1' }),
      'key_revoked',
    ],
    ['disabled', ({ there }, id) => there.gate.keys.update(id, { disabled: true }), 'key_disabled'],
    [
      'ended sooner',
      ({ there, time }, id) =>
        there.gate.keys.update(id, { expiresAt: new Date(time.now) }).then(() => (time.now += 1)),
      'key_expired',
    ],
    [
      'rotated, and past its grace',
      async ({ there, time }, id) => {
        await there.gate.keys.rotate(id, { gracePeriod: '10m' })
        time.now += 600_000
      },
      'key_expired',
    ],
  ])('%s', async (_, deed, reason) => {
    const two = openTwo()
    const { id, secret } = await two.here.create()
    const { accessToken } = await two.here.gate.tokens.exchange(secret)
    expect(await two.here.verdict(accessToken)).toBe('allowed')
    expect(await two.there.verdict(accessToken)).toBe('allowed')
    await deed(two, id)
    expect(await two.here.verdict(accessToken)).toBe(reason)
    expect(await two.there.verdict(accessToken)).toBe(reason)
  })

  test('within the grace it goes on, until the very end of it', async () => {
    const { here, time } = openTwo()
    const { id, secret } = await here.create()
    await here.gate.keys.rotate(id, { gracePeriod: '30m' })
    const { accessToken, expiresAt } = await here.gate.tokens.exchange(secret)
    expect(expiresAt.getTime()).toBe(time.now + 1_800_000)
    time.now += 1_799_999
    expect(await here.verdict(accessToken)).toBe('allowed')
    time.now += 1
    // Of a foreign issuer, 30 s more would be tolerated.
    expect(await here.verdict(accessToken)).toBe('key_expired')
  })

  test('a scope that is taken from the key is gone from its tokens, and comes back with it', async () => {
    const { here, there } = openTwo()
    const { id, secret } = await here.create()
    const { accessToken } = await here.gate.tokens.exchange(secret, { scopes: ['read:orders'] })
    const scopes = async () => {
      const decision = await here.gate.verify(accessToken)
      return decision.allowed && decision.auth.scopes
    }
    expect(await scopes()).toEqual(['read:orders'])
    await there.gate.keys.update(id, { scopes: ['write:orders'] })
    expect(await scopes()).toEqual([])
    await there.gate.keys.update(id, { scopes: ['read:orders', 'manage:keys'] })
    expect(await scopes()).toEqual(['read:orders'])
  })

  test('a key that is not there any more: token_revoked, and nobody is punished', async () => {
    const time = startOfTime()
    const { here } = openTwo()
    const { secret } = await here.create()
    const { accessToken } = await here.gate.tokens.exchange(secret)
    const elsewhere = openIssuer({ time, bruteForce: true })
    expect(await elsewhere.verdict(accessToken)).toBe('token_revoked')
  })

  test('control: a token of a foreign issuer with the same claims does not', async () => {
    const { here, time } = openTwo()
    const { id } = await here.create()
    const foreign = openIssuer({
      time,
      issuers: [
        {
          issuer: 'https://login.example.com',
          audience: ISSUER,
          algorithms: ['ES256'],
          jwks: { keys: [SIGNER.jwk] },
        },
      ],
    })
    await here.gate.keys.revoke(id)
    expect(await foreign.verdict(await signToken({ aud: ISSUER, client_id: id }, SIGNER))).toBe(
      'allowed',
    )
  })
})

describe('a token of the gate', () => {
  test('has what its key has now', async () => {
    const plans = { pro: { quota: { limit: 5, window: '1h' } } } as const
    const { gate, create } = openIssuer({ plans })
    const { id, secret } = await create({ plan: 'pro', limit: 3, metadata: { seats: 2 } })
    const { accessToken, tokenId, expiresAt } = await gate.tokens.exchange(secret)
    const decision = await gate.verify(accessToken)
    expect(decision.allowed && { ...decision.auth }).toEqual({
      ...{ kind: 'token', issuer: ISSUER, subject: id, clientId: id, keyId: id, tokenId },
      expiresAt,
      ...{ ownerId: 'org_1', environment: 'live', plan: 'pro', limit: 3, metadata: { seats: 2 } },
      ...{ scopes: ['read:orders', 'write:orders'], tenantIds: [] },
      claims: expect.objectContaining({ owner_id: 'org_1', plan: 'pro', environment: 'live' }),
    })
    expect((await gate.verify(accessToken)).allowed).toBe(true)
    expect(await gate.verify(secret)).toMatchObject({ reason: 'quota_exceeded' })
  })

  test('works from the addresses of its key only', async () => {
    const { gate, create } = openIssuer()
    const { secret } = await create({ allowedIps: ['203.0.113.0/24'] })
    const address = '203.0.113.9'
    const { accessToken } = await gate.tokens.exchange(secret, { address })
    expect(await gate.verify(accessToken, address)).toMatchObject({ allowed: true })
    expect(await gate.verify(accessToken)).toMatchObject({ reason: 'address_not_allowed' })
  })

  test('is a use of its key', async () => {
    const { gate, create, time } = openIssuer()
    const { id, secret } = await create()
    const { accessToken } = await gate.tokens.exchange(secret)
    time.now += 60_000
    await gate.verify(accessToken)
    await gate.verify(accessToken)
    expect(await gate.keys.usage(id)).toMatchObject([{ keyId: id, count: 3 }])
    expect((await gate.keys.get(id))?.lastUsedAt).toEqual(new Date(time.now))
  })

  test('is answered at once when it was seen before', async () => {
    const { gate, create } = openIssuer()
    const { accessToken } = await gate.tokens.exchange((await create()).secret)
    await gate.verify(accessToken)
    expect(gate.verify(accessToken)).toMatchObject({ allowed: true })
  })

  test('lives for an hour, 30 s more for clocks, and never beyond its key', async () => {
    const { gate, create, time, verdict } = openIssuer()
    const { accessToken } = await gate.tokens.exchange((await create()).secret)
    time.now += HOUR + 29_999
    expect(await verdict(accessToken)).toBe('allowed')
    time.now += 1
    expect(await verdict(accessToken)).toBe('token_expired')
    const short = await create({ expiresAt: new Date(time.now + 90_500) })
    expect(await gate.tokens.exchange(short.secret)).toMatchObject({ expiresIn: 90 })
    time.now += 90_000
    await expect(gate.tokens.exchange(short.secret)).rejects.toMatchObject({
      denial: { reason: 'key_expired' },
    })
  })

  test('is refused for an environment that the gate does not serve', async () => {
    const time = startOfTime()
    const keys = { prefix: 'acme', store: createMemoryKeyStore() }
    const both = openIssuer({ time, keys })
    const { secret } = await both.create({ environment: 'test' })
    const { accessToken } = await both.gate.tokens.exchange(secret)
    const live = openIssuer({ time, keys, environment: 'live' })
    expect(await both.verdict(accessToken)).toBe('allowed')
    expect(await live.verdict(accessToken)).toBe('wrong_environment')
  })

  test('is neither good nor bad while the store of keys is away', async () => {
    const memory = createMemoryKeyStore()
    let away = false
    const findById: KeyStore['findById'] = (id) => {
      if (away) throw new Error('away')
      return memory.findById(id)
    }
    const { gate, create, verdict } = openIssuer({
      keys: { prefix: 'acme', store: { ...memory, findById } },
    })
    const { accessToken } = await gate.tokens.exchange((await create()).secret)
    away = true
    expect(await verdict(accessToken)).toBe('store_unavailable')
    away = false
    expect(await verdict(accessToken)).toBe('allowed')
    away = true
    // As its key would, it goes on for as long as that is remembered.
    expect(await verdict(accessToken)).toBe('allowed')
  })

  test('that is too long for anybody to read is not made', async () => {
    const scopes = Array.from({ length: 64 }, (_, n) => `${'s'.repeat(120)}${String(n)}`)
    const { gate, create } = openIssuer({ scopes: scopes as never })
    const { secret } = await create({ scopes })
    const [one = ''] = scopes
    await expect(gate.tokens.exchange(secret)).rejects.toMatchObject({
      status: 403,
      denial: { headers: { 'www-authenticate': expect.stringContaining(one) } },
    })
    expect((await gate.tokens.exchange(secret, { scopes: [one as never] })).scopes).toEqual([one])
  })

  test.each([
    ['of another type', { typ: 'JWT' }, {}],
    ['of no type', { typ: undefined }, {}],
    ['for another audience', {}, { aud: 'https://other.example.com' }],
    ['without client_id', {}, { client_id: undefined }],
    ['that lives for more than a day', {}, { exp: NOW + 86_401 + 10 }],
  ])('%s is refused, even with its own signature', async (_, header, claims) => {
    const { create, verdict } = openIssuer()
    const { id } = await create()
    const good = { iss: ISSUER, aud: ISSUER, sub: id, client_id: id }
    expect(await verdict(await signToken(good, SIGNER))).toBe('allowed')
    expect(await verdict(await signToken({ ...good, ...claims }, SIGNER, header))).toBe(
      'token_invalid',
    )
  })
})

describe('scopes of an exchange', () => {
  test('a scope that the key lacks is refused, one that nobody knows is misuse', async () => {
    const { gate, create } = openIssuer()
    const { secret } = await create()
    await expect(gate.tokens.exchange(secret, { scopes: ['manage:keys'] })).rejects.toMatchObject({
      denial: { reason: 'insufficient_scope', status: 403 },
    })
    await expect(gate.tokens.exchange(secret, { scopes: ['read:ordrs' as never] })).rejects.toThrow(
      "did you mean 'read:orders'?",
    )
    await expect(gate.tokens.exchange(secret, { scope: [] } as never)).rejects.toThrow(MisuseError)
  })
})

describe('keys to sign with', () => {
  const next = createPair('EdDSA', 'signer-2')
  const nextKey = { ...next.privateKey.export({ format: 'jwk' }), kid: next.kid }

  async function tokenOf(signingKeys: TokenOptions['signingKeys'], store: KeyStore) {
    const opened = openIssuer({
      keys: { prefix: 'acme', store },
      issuing: { ...(signingKeys && { signingKeys }) },
    })
    const { secret } = await opened.create()
    const { accessToken } = await opened.gate.tokens.exchange(secret)
    return { ...opened, accessToken }
  }

  test('rotate with an overlap: the first signs, the others verify, one that is gone does neither', async () => {
    const store = createMemoryKeyStore()
    const before = await tokenOf([SIGNING_KEY], store)
    const ready = await tokenOf([SIGNING_KEY, next.jwk], store)
    const after = await tokenOf([nextKey, SIGNER.jwk], store)
    const done = await tokenOf([nextKey], store)
    expect(await ready.verdict(after.accessToken)).toBe('allowed')
    expect(await after.verdict(before.accessToken)).toBe('allowed')
    expect(await before.verdict(after.accessToken)).toBe('token_invalid')
    expect(await done.verdict(before.accessToken)).toBe('token_invalid')
  })

  test.each(['RS256', 'ES256', 'EdDSA'] as const)(
    '%s, in PEM, with a thumbprint for a name',
    async (alg) => {
      const pem = createPair(alg, 'x')
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString()
      const { accessToken, verdict } = await tokenOf([pem], createMemoryKeyStore())
      expect(await verdict(accessToken)).toBe('allowed')
      const header: unknown = JSON.parse(
        Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString(),
      )
      expect(header).toEqual({ alg, typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{43}$/) })
    },
  )

  test('a token in the name of another key of the set is refused', async () => {
    const { verdict, create } = await tokenOf([SIGNING_KEY, next.jwk], createMemoryKeyStore())
    const { id } = await create()
    const token = (kid: string) =>
      new SignJWT({ sub: id, client_id: id, jti: 'a' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .setIssuer(ISSUER)
        .setAudience(ISSUER)
        .setIssuedAt(NOW)
        .setExpirationTime(NOW + 60)
        .sign(createPrivateKey({ key: SIGNING_KEY as never, format: 'jwk' }))
    expect(await verdict(await token('signer-1'))).toBe('allowed')
    expect(await verdict(await token('signer-2'))).toBe('token_invalid')
  })

  test('without any, one is made for the process, once, with a warning that has no key in it', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { accessToken, gate, create, verdict } = await tokenOf([], createMemoryKeyStore())
    await gate.tokens.exchange((await create()).secret)
    expect(await verdict(accessToken)).toBe('allowed')
    expect(warn.mock.calls).toEqual([
      [
        expect.stringContaining('tokens.signingKeys'),
        { type: 'SallyportWarning', code: 'SALLYPORT_SIGNING_KEY' },
      ],
    ])
    warn.mockRestore()
  })

  test('in production there must be one', () => {
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      expect(() => openIssuer({ issuing: { signingKeys: [] } })).toThrow(
        "'tokens.signingKeys' must be given",
      )
      expect(() => openIssuer()).not.toThrow()
    } finally {
      process.env['NODE_ENV'] = before
    }
  })

  test.each<[string, Partial<TokenOptions>, string]>([
    [
      'an http issuer',
      { issuer: 'http://api.example.com' },
      "'tokens.issuer' must be an https URL",
    ],
    [
      'an issuer with a query',
      { issuer: 'https://a.example?b' },
      "'tokens.issuer' must be an https URL",
    ],
    ['a public key first', { signingKeys: [SIGNER.jwk] }, 'the first one signs'],
    ['a secret', { signingKeys: [{ kty: 'oct', k: 'c2VjcmV0' }] }, 'has one that cannot be used'],
    ['no key at all', { signingKeys: ['x'] }, 'has one that cannot be used'],
    [
      'a key for PS256',
      { signingKeys: [{ ...SIGNING_KEY, alg: 'PS256' }] },
      'has one that cannot be used',
    ],
    ['a kid twice', { signingKeys: [SIGNING_KEY, { ...next.jwk, kid: 'signer-1' }] }, 'same kid'],
    ['no list', { signingKeys: SIGNING_KEY as never }, 'must be a list of private keys'],
    ['a lifetime of days', { lifetime: '2d' }, "'1s' to '24h'"],
    ['a lifetime of nothing', { lifetime: '0s' }, "'1s' to '24h'"],
    ['no audience', { audience: [] }, "'tokens.audience'"],
    ['an unknown name', { lifetimes: '1h' } as never, "did you mean 'lifetime'?"],
  ])('%s: misuse, without a part of a key', (_, issuing, message) => {
    const open = () => openIssuer({ issuing })
    expect(open).toThrow(message)
    expect(open).toThrow(MisuseError)
    expect(open).not.toThrow(String(SIGNING_KEY.d))
  })

  test('an issuer that is both', () => {
    const issuers = [{ issuer: ISSUER, audience: ISSUER, algorithms: ['ES256' as const] }]
    expect(() => openIssuer({ issuers })).toThrow("'tokens.issuer' is one of 'issuers' too")
  })
})

test('a gate that issues nothing says so', async () => {
  const { gate } = openIssuer({ tokens: undefined as never })
  await expect(gate.tokens.exchange('x')).rejects.toMatchObject({ code: 'not_supported' })
  for (const endpoint of [gate.endpoints.token, gate.endpoints.jwks, gate.endpoints.revocation]) {
    expect(endpoint).toThrow("give createGate the option 'tokens'")
  }
})
