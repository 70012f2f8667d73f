import { createPublicKey } from 'node:crypto'
import { describe, expect, jest, test } from '@jest/globals'
import { MisuseError, type IssuerOptions, type TokenIdentity } from 'sallyport'
import { createPair, ISSUER, issuerWith, NOW, openGate, signToken } from './issuer.js'

const pair = createPair('ES256', 'key-1')
const org = { ownerId: 'org_1' }

/** A promise that is settled from outside. */
function later<T>() {
  let settle: (value: T) => void = () => undefined
  const promise = new Promise<T>((resolve) => (settle = resolve))
  return {
    promise,
    settle: (value: T) => {
      settle(value)
    },
  }
}

describe('identify may ask a database:', () => {
  test('what it finds is remembered with the token', async () => {
    let asked = 0
    const identify = () => Promise.resolve({ ownerId: `org_${String((asked += 1))}` })
    const { gate } = openGate([issuerWith(pair, { identify })])
    const token = await signToken({}, pair)
    expect(await gate.verify(token)).toMatchObject({ auth: { ownerId: 'org_1' } })
    expect(gate.verify(token)).toMatchObject({ auth: { ownerId: 'org_1' } })
    expect(asked).toBe(1)
  })

  test('it is called once at a time for one token', async () => {
    const { promise, settle } = later<TokenIdentity>()
    let asked = 0
    const identify = () => {
      asked += 1
      return promise
    }
    const { verdict } = openGate([issuerWith(pair, { identify })])
    const token = await signToken({}, pair)
    const all = [verdict(token), verdict(token), verdict(token)]
    settle(org)
    expect(await Promise.all(all)).toEqual(['allowed', 'allowed', 'allowed'])
    expect(asked).toBe(1)
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['fails', () => Promise.reject(new Error('no database'))],
    ['does not answer in time', () => new Promise(() => undefined)],
  ])('where it %s, nobody is refused for good, and the operator is told', async (_, identify) => {
    let answer = identify
    const { gate, errors, verdict } = openGate([
      issuerWith(pair, { identify: (() => answer()) as never }),
    ])
    const token = await signToken({}, pair)
    const decision = await gate.verify(token)
    expect(decision).toMatchObject({ allowed: false, reason: 'issuer_unavailable', status: 503 })
    expect(decision.headers['retry-after']).toBe('1')
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/no database|'identify' did not/) }),
    ])
    answer = () => org
    expect(await verdict(token)).toBe('allowed')
  })

  test.each([null, 'org_1', 7])('an answer that is no object is told of: %j', async (answer) => {
    const { verdict, errors } = openGate([issuerWith(pair, { identify: (() => answer) as never })])
    expect(await verdict(await signToken({}, pair))).toBe('token_invalid')
    expect(errors.map(String)).toEqual([expect.stringContaining("'identify' must return {")])
  })

  test('without an owner of its own, it is issuer and subject', async () => {
    const { gate } = openGate([
      issuerWith(pair, { identify: () => ({ scopes: ['write:orders'] }) }),
    ])
    expect(await gate.verify(await signToken({}, pair))).toMatchObject({
      auth: { ownerId: `${ISSUER}#user-1`, scopes: ['write:orders'] },
    })
  })
})

describe('gate.tokens.forget', () => {
  test('makes it be called anew, for these tokens alone', async () => {
    const asked: unknown[] = []
    const identify = ({ sub }: Readonly<Record<string, unknown>>) => {
      asked.push(sub)
      return org
    }
    const { gate } = openGate([issuerWith(pair, { identify })])
    const tokens = [await signToken({}, pair), await signToken({ sub: 'user-2' }, pair)]
    const all = async () => {
      for (const token of tokens) await gate.verify(token)
    }
    await all()
    gate.tokens.forget({ issuer: ISSUER, subject: 'user-1' })
    await all()
    expect(asked).toEqual(['user-1', 'user-2', 'user-1'])
    gate.tokens.forget({ issuer: 'https://other.example' })
    await all()
    expect(asked).toHaveLength(3)
    gate.tokens.forget({ issuer: ISSUER })
    await all()
    expect(asked).toHaveLength(5)
  })

  test('what was being found out meanwhile is not remembered', async () => {
    const first = later<TokenIdentity>()
    const answers = [first.promise, Promise.resolve({ ownerId: 'org_2' })]
    const { gate } = openGate([
      issuerWith(pair, { identify: () => answers.shift() ?? Promise.reject(new Error('more')) }),
    ])
    const token = await signToken({}, pair)
    const before = gate.verify(token)
    gate.tokens.forget({ issuer: ISSUER })
    first.settle(org)
    expect(await before).toMatchObject({ auth: org })
    expect(await gate.verify(token)).toMatchObject({ auth: { ownerId: 'org_2' } })
  })

  test('says what is wrong with what it is given', () => {
    const { gate } = openGate([issuerWith(pair)])
    expect(() => {
      gate.tokens.forget({ subject: 'x' } as never)
    }).toThrow(MisuseError)
    expect(() => {
      gate.tokens.forget({ issuer: ISSUER, sub: 'x' } as never)
    }).toThrow("'sub' is not known; known are issuer, subject")
  })
})

describe('isRevoked', () => {
  test('ends a token that is remembered, with 401', async () => {
    const revoked = new Set<unknown>()
    const { gate, verdict } = openGate([
      issuerWith(pair, { isRevoked: ({ tokenId }) => Promise.resolve(revoked.has(tokenId)) }),
    ])
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    revoked.add('token-1')
    const decision = await gate.verify(token)
    expect(decision).toMatchObject({ reason: 'token_revoked', status: 401 })
    revoked.clear()
    expect(await verdict(token)).toBe('allowed')
  })

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('away')
      },
    ],
    ['fails', () => Promise.reject(new Error('away'))],
    ['does not answer in time', () => new Promise(() => undefined)],
    ['answers neither true nor false', () => undefined],
  ])('where it %s, the answer is 503', async (_, isRevoked) => {
    const { gate, errors } = openGate([issuerWith(pair, { isRevoked: isRevoked as never })])
    const decision = await gate.verify(await signToken({}, pair))
    expect(decision).toMatchObject({ reason: 'issuer_unavailable', status: 503 })
    expect(errors).toHaveLength(1)
  })
})

describe('issuers may be found by a function', () => {
  const other = 'https://other.example'

  test('once for each, and unknown ones are remembered too', async () => {
    const asked: string[] = []
    const found = issuerWith(pair)
    const { verdict, gate } = openGate((iss) => {
      asked.push(iss)
      return Promise.resolve(iss === ISSUER ? found : undefined)
    })
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('allowed')
    expect(gate.verify(token)).toMatchObject({ allowed: true })
    expect(await verdict(await signToken({ jti: 'b' }, pair))).toBe('allowed')
    for (let count = 0; count < 3; count++) {
      expect(await verdict(await signToken({ iss: other }, pair))).toBe('token_invalid')
    }
    expect(asked).toEqual([ISSUER, other])
  })

  test('one question at a time for one issuer', async () => {
    const { promise, settle } = later<ReturnType<typeof issuerWith>>()
    let asked = 0
    const { verdict } = openGate(() => {
      asked += 1
      return promise
    })
    const tokens = [await signToken({}, pair), await signToken({ jti: 'b' }, pair)]
    const all = tokens.map(verdict)
    settle(issuerWith(pair))
    expect(await Promise.all(all)).toEqual(['allowed', 'allowed'])
    expect(asked).toBe(1)
  })

  test('as many questions one after the other as there are', async () => {
    const { verdict } = openGate(() => Promise.resolve(undefined))
    for (let i = 0; i < 70; i++) {
      const token = await signToken({ iss: `https://${String(i)}.example` }, pair)
      expect(await verdict(token)).toBe('token_invalid')
    }
  })

  test('more than 64 questions at once are too many', async () => {
    const { promise, settle } = later<undefined>()
    const { gate } = openGate(() => promise)
    const tokens = await Promise.all(
      Array.from({ length: 70 }, (_, i) =>
        signToken({ iss: `https://${String(i)}.example` }, pair),
      ),
    )
    const all = tokens.map(async (token, i) => gate.verify(token, `198.51.100.${String(i)}`))
    settle(undefined)
    const reasons = (await Promise.all(all)).map((one) => (one.allowed ? 'allowed' : one.reason))
    expect(reasons.filter((reason) => reason === 'issuer_busy')).toHaveLength(6)
    expect(reasons.filter((reason) => reason === 'token_invalid')).toHaveLength(64)
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'throws',
      () => {
        throw new Error('away')
      },
      /^Error: away$/,
    ],
    [
      'does not answer in time',
      () => new Promise(() => undefined),
      /'issuers' did not answer within 250 ms/,
    ],
    [
      'returns another issuer',
      () => issuerWith(pair, { issuer: other }),
      /'issuers' must return the issuer that it was asked for/,
    ],
    ['returns one that is none', () => ({ issuer: ISSUER }), /issuers/],
    [
      'returns one for another environment',
      () => issuerWith(pair, { environment: 'prod' }),
      /environment/,
    ],
    [
      'returns one for tokens without iss',
      () => ({ ...issuerWith(pair), issuer: false, audience: false }),
      /issuer/,
    ],
  ])('where it %s, the answer is 503, and it is asked again', async (_, find, message) => {
    let answer = find
    const { verdict, errors } = openGate((() => answer()) as never)
    const token = await signToken({}, pair)
    expect(await verdict(token)).toBe('issuer_unavailable')
    expect(errors).toHaveLength(1)
    expect(String(errors[0])).toMatch(message)
    answer = () => issuerWith(pair)
    expect(await verdict(token)).toBe('allowed')
  })

  test('a key of one issuer verifies no token of another', async () => {
    const strange = createPair('ES256', 'key-1')
    const { verdict } = openGate((iss) =>
      issuerWith(iss === ISSUER ? pair : strange, { issuer: iss }),
    )
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    expect(await verdict(await signToken({ iss: other }, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({ iss: other }, strange))).toBe('allowed')
  })

  test('it is not asked about what cannot be one', async () => {
    const asked: unknown[] = []
    const { verdict } = openGate((iss) => {
      asked.push(iss)
      return undefined
    })
    for (const iss of [undefined, null, 7, '', 'a b', 'x'.repeat(257)]) {
      expect(await verdict(await signToken({ iss }, pair))).toBe('token_invalid')
    }
    expect(asked).toEqual([])
  })
})

describe('one issuer for each of many tenants', () => {
  const pattern = 'https://login.example.com/{tenant}/v2'
  const claims = (tenant: string, tid: unknown = tenant) => ({
    iss: pattern.replace('{tenant}', tenant),
    tid,
  })

  test.each<[string, object, string]>([
    ['one of the list', claims('acme'), 'allowed'],
    ['another one', claims('other'), 'token_invalid'],
    ['one whose claim names another', claims('acme', 'other'), 'token_invalid'],
    ['one whose claim is not there', claims('acme', null), 'token_invalid'],
    ['the pattern itself', { iss: pattern, tid: '{tenant}' }, 'token_invalid'],
    ['none', claims(''), 'token_invalid'],
    ['more than one part of a path', claims('acme/x'), 'token_invalid'],
  ])('%s', async (_, said, decided) => {
    const { verdict } = openGate([issuerWith(pair, { issuer: pattern, tenants: ['acme'] })])
    expect(await verdict(await signToken(said, pair))).toBe(decided)
  })

  test('the claim may be another, and owners are apart', async () => {
    const options = { issuer: pattern, tenants: () => true, tenantClaim: 'org' }
    const { gate } = openGate([issuerWith(pair, options)])
    const owners = []
    for (const org of ['a', 'b']) {
      const iss = pattern.replace('{tenant}', org)
      const decision = await gate.verify(await signToken({ iss, org }, pair))
      owners.push(decision.allowed && decision.auth.ownerId)
    }
    expect(owners).toEqual(['a', 'b'].map((org) => `https://login.example.com/${org}/v2#user-1`))
  })
})

describe('tokens of an app of its own, for a migration', () => {
  const secret = 's'.repeat(40)
  const signer = { alg: 'HS256', kid: 'x', privateKey: Buffer.from(secret) }
  const bare = {
    iss: undefined,
    aud: undefined,
    sub: undefined,
    client_id: undefined,
    jti: undefined,
  }
  const tutorial = { ...bare, id: 42 }
  const options: IssuerOptions = {
    ...{ issuer: false, audience: false, algorithms: ['HS256'], secret, profile: 'any' },
    identify: ({ id }: Readonly<Record<string, unknown>>) =>
      Number.isSafeInteger(id) ? { ownerId: `user:${String(id)}` } : undefined,
  }

  test('without iss and aud are accepted, with a warning that names what is not checked', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined)
    const { gate } = openGate([options])
    const decision = await gate.verify(
      await signToken(tutorial, signer, { typ: 'JWT', kid: undefined }),
    )
    expect(decision).toMatchObject({ allowed: true, auth: { ownerId: 'user:42', kind: 'token' } })
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining("'issuer: false'"), { code: 'SALLYPORT_UNNAMED_TOKENS' }],
    ])
    warn.mockRestore()
  })

  test('without exp end maxLifetime after their iat, and without either are rejected', async () => {
    const lasting = { ...tutorial, exp: undefined }
    const { gate, verdict } = openGate([{ ...options, maxLifetime: '7d' }, issuerWith(pair)])
    const day = 86_400
    const young = await gate.verify(
      await signToken({ ...lasting, iat: NOW - 6 * day, n: 1 }, signer),
    )
    expect(young).toMatchObject({
      allowed: true,
      auth: { expiresAt: new Date((NOW + day) * 1_000) },
    })
    expect(await verdict(await signToken({ ...lasting, iat: NOW - 8 * day }, signer))).toBe(
      'token_expired',
    )
    expect(await verdict(await signToken({ ...lasting, iat: undefined }, signer))).toBe(
      'token_invalid',
    )
    expect(await verdict(await signToken({ ...lasting, iat: NOW + day }, signer))).toBe(
      'token_invalid',
    )
    // Those of an issuer with a name must say when they end.
    expect(await verdict(await signToken({ exp: undefined }, pair))).toBe('token_invalid')
  })

  test('have an owner that no other issuer can have, whatever it is called', async () => {
    const { identify: _, ...rest } = options
    const { gate } = openGate([rest])
    const decision = await gate.verify(await signToken({ ...bare, sub: 'user-1' }, signer))
    const auth = decision.allowed ? decision.auth : undefined
    const issuer = auth?.kind === 'token' ? auth.issuer : ''
    expect(auth?.ownerId).toBe(`${issuer}#user-1`)
    expect(() => openGate([issuerWith(pair, { issuer })])).toThrow('visible ASCII characters')
  })

  test('do not loosen what other issuers ask for', async () => {
    const { verdict } = openGate([options, issuerWith(pair)])
    expect(await verdict(await signToken(tutorial, signer))).toBe('allowed')
    expect(await verdict(await signToken({ ...tutorial, iss: ISSUER }, signer))).toBe(
      'token_invalid',
    )
    expect(await verdict(await signToken({ ...tutorial, iss: 'x' }, signer))).toBe('token_invalid')
    expect(await verdict(await signToken(tutorial, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({ aud: undefined }, pair))).toBe('token_invalid')
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
  })

  test('are of one entry', () => {
    expect(() => openGate([options, options])).toThrow('has one issuer twice')
  })

  test('two secrets count while one takes the place of the other', async () => {
    const { verdict } = openGate([{ ...options, secret: ['n'.repeat(32), Buffer.from(secret)] }])
    expect(await verdict(await signToken(tutorial, signer))).toBe('allowed')
    const next = { ...signer, privateKey: Buffer.from('n'.repeat(32)) }
    expect(await verdict(await signToken(tutorial, next))).toBe('allowed')
    const other = { ...signer, privateKey: Buffer.from('o'.repeat(32)) }
    expect(await verdict(await signToken(tutorial, other))).toBe('token_invalid')
  })
})

test('two public keys in PEM count, whatever a token says about which one it is', async () => {
  const other = createPair('ES256', 'key-2')
  const publicKey = [pair, other].map(({ jwk }) =>
    String(
      createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
    ),
  )
  const { verdict } = openGate([{ ...issuerWith(pair), jwks: undefined, publicKey } as never])
  expect(await verdict(await signToken({}, pair))).toBe('allowed')
  expect(await verdict(await signToken({}, other, { kid: undefined }))).toBe('allowed')
  expect(await verdict(await signToken({}, createPair('ES256', 'key-1')))).toBe('token_invalid')
})
