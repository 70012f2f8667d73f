import { randomUUID } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { DeniedError, type Denial, type ServiceAccount } from 'sallyport'
import { createPair, issuerWith, NOW, openGate, signText } from '../jwt/issuer.js'
import { ISSUER, openIssuer } from './http/api.js'

const pair = createPair('ES256', 'importer-1')
const ACCOUNT: ServiceAccount = {
  ...{ id: 'svc_importer', ownerId: 'org_1', scopes: ['read:orders'], plan: 'once' },
  jwks: { keys: [pair.jwk] },
}
const ADDRESS = '203.0.113.1'

function assertionOf(id = ACCOUNT.id, by = pair, more: object = {}): Promise<string> {
  const jti = randomUUID()
  const claims = { iss: id, sub: id, aud: ISSUER, jti, iat: NOW, exp: NOW + 300, ...more }
  return signText(JSON.stringify(claims), by, { typ: undefined })
}

const PLANS = {
  once: { quota: { limit: 1, window: '1h' } },
  one: { concurrency: 1 },
  free: { quota: 'unlimited' },
} as const

function open(account: Partial<ServiceAccount> = {}) {
  const issuing = { serviceAccounts: [{ ...ACCOUNT, ...account }] }
  return openIssuer({ issuing, plans: PLANS, limits: { defaultPlan: 'free' }, bruteForce: true })
}

/** The denial that it is refused with; `undefined`: a token was made. */
async function denialOf(made: Promise<unknown>): Promise<Denial | undefined> {
  try {
    await made
    return undefined
  } catch (error) {
    if (error instanceof DeniedError) return error.denial
    throw error
  }
}

test.each(['exchange', 'grant', 'revoke'] as const)(
  'gate.tokens.%s of a gate that takes tokens and makes none says so',
  async (name) => {
    for (const { gate } of [openGate([issuerWith(pair)]), openGate([])]) {
      const call = gate.tokens[name] as (given: unknown) => Promise<unknown>
      await expect(call('x')).rejects.toMatchObject({
        code: 'not_supported',
        message: `gate.tokens.${name}: this gate issues no tokens; give createGate the option 'tokens'`,
      })
    }
  },
)

describe('gate.tokens.exchange', () => {
  test.each<[unknown, string, string]>([
    ['x', 'invalid_option', "must be an object, such as { scopes: ['read:orders'] }"],
    [{ scope: [] }, 'unknown_option', "'scope' is not known; did you mean 'scopes'?"],
  ])('says what is wrong with %j', async (options, code, message) => {
    const { gate, create } = open()
    const { secret } = await create()
    await expect(gate.tokens.exchange(secret, options as never)).rejects.toMatchObject({
      ...{ code, message: `gate.tokens.exchange: ${message}` },
    })
  })

  test('names itself where a scope is not known', async () => {
    const { gate } = open()
    await expect(gate.tokens.exchange('x', { scopes: ['read:ordrs' as never] })).rejects.toThrow(
      /^gate\.tokens\.exchange: .*did you mean 'read:orders'\?/,
    )
  })

  test('makes a token that says when, for how long, and no more than there is', async () => {
    const { gate, create } = open()
    const key = await create({ scopes: [] })
    const { accessToken, tokenId, ...said } = await gate.tokens.exchange(key.secret)
    expect(said).toEqual({
      ...{ tokenType: 'Bearer', scopes: [], expiresIn: 3_600 },
      issuedAt: new Date(NOW * 1_000),
      expiresAt: new Date((NOW + 3_600) * 1_000),
    })
    expect(decodeJwt(accessToken)).toStrictEqual({
      ...{ iss: ISSUER, aud: ISSUER, sub: key.id, client_id: key.id, jti: tokenId },
      ...{ iat: NOW, exp: NOW + 3_600, owner_id: 'org_1', environment: 'live', plan: 'free' },
    })
  })

  test('says which scopes a key lacks', async () => {
    const { gate, create } = open()
    const { secret } = await create()
    const denial = await denialOf(gate.tokens.exchange(secret, { scopes: ['manage:keys'] }))
    expect(denial?.headers['www-authenticate']).toContain('scope="manage:keys"')
  })

  test('denies what no key is, and what is a token', async () => {
    const { gate, create } = open()
    const { accessToken } = await gate.tokens.exchange((await create()).secret)
    await expect(gate.tokens.exchange('x')).rejects.toMatchObject({
      ...{ name: 'DeniedError', denial: { reason: 'unknown_key', status: 401 } },
    })
    const again = await denialOf(gate.tokens.exchange(accessToken, { address: ADDRESS }))
    expect(again).toMatchObject({ reason: 'token_invalid', status: 401 })
    expect(again?.body).toContain('A token cannot be exchanged for another one')
  })

  test('holds no place among the requests under way, whatever comes of it', async () => {
    const { gate, create } = open()
    const { secret } = await create({ plan: 'one' })
    for (const scopes of [['read:orders'], ['manage:keys'], ['read:orders']] as const) {
      const denial = await denialOf(gate.tokens.exchange(secret, { scopes }))
      expect(denial?.reason).toBe(scopes[0] === 'manage:keys' ? 'insufficient_scope' : undefined)
    }
  })
})

describe('gate.tokens.grant', () => {
  test.each<[unknown, string, string]>([
    ['x', 'invalid_option', 'must be an object, such as { assertion }'],
    [{ assertion: 7 }, 'invalid_option', 'must be given { assertion }'],
    [{ asertion: '' }, 'unknown_option', "'asertion' is not known; did you mean 'assertion'?"],
    [{ scope: [] }, 'unknown_option', "'scope' is not known; did you mean 'scopes'?"],
    [{ adress: '' }, 'unknown_option', "'adress' is not known; did you mean 'address'?"],
  ])('says what is wrong with %j', async (input, code, message) => {
    const { gate } = open()
    await expect(gate.tokens.grant(input as never)).rejects.toMatchObject({
      ...{ code, message: `gate.tokens.grant: ${message}` },
    })
  })

  test('names itself where a scope is not known', async () => {
    const { gate } = open()
    const input = { assertion: await assertionOf(), scopes: ['read:ordrs' as never] }
    await expect(gate.tokens.grant(input)).rejects.toThrow(
      /^gate\.tokens\.grant: .*did you mean 'read:orders'\?/,
    )
    // It was not used up.
    const { assertion } = input
    const token = await gate.tokens.grant({ assertion, scopes: ['read:orders'], address: ADDRESS })
    expect(token).toMatchObject({ scopes: ['read:orders'] })
  })

  test('asks policies about the account, as its token will be', async () => {
    const asked: unknown[] = []
    const { gate } = openIssuer({
      issuing: { serviceAccounts: [{ ...ACCOUNT, plan: undefined as never }] },
      policies: [({ auth }) => asked.push({ ...auth }) > 0],
    })
    await gate.tokens.grant({ assertion: await assertionOf() })
    expect(asked).toStrictEqual([
      {
        ...{ kind: 'token', issuer: ISSUER, subject: ACCOUNT.id, clientId: ACCOUNT.id },
        ...{ ownerId: 'org_1', environment: 'live', scopes: ['read:orders'], tenantIds: [] },
        ...{ metadata: {}, claims: {}, expiresAt: new Date((NOW + 3_600) * 1_000) },
      },
    ])
  })

  test('makes none for an account whose plan is used up', async () => {
    const { gate } = open()
    await gate.tokens.grant({ assertion: await assertionOf() })
    await expect(gate.tokens.grant({ assertion: await assertionOf() })).rejects.toMatchObject({
      denial: { reason: 'quota_exceeded', status: 429 },
    })
  })

  test('holds no place among the requests under way', async () => {
    const { gate } = open({ plan: 'one' })
    for (let count = 0; count < 3; count++) {
      const assertion = await assertionOf()
      expect(await gate.tokens.grant({ assertion })).toMatchObject({ tokenType: 'Bearer' })
    }
  })

  test('counts ids that no account has against their address, and nothing else', async () => {
    const { gate } = open()
    const reasonOf = async (assertion: string) =>
      (await denialOf(gate.tokens.grant({ assertion, address: ADDRESS })))?.reason
    const expired = { iat: NOW - 600, exp: NOW - 300 }
    for (let count = 0; count < 6; count++) {
      expect(await reasonOf(await assertionOf(ACCOUNT.id, pair, expired))).not.toBe('unknown_key')
    }
    const reasons: unknown[] = []
    for (let count = 0; count < 5; count++) {
      reasons.push(await reasonOf(await assertionOf(`svc_${String(count)}`)))
    }
    expect(reasons).toEqual([...Array<string>(4).fill('unknown_key'), 'too_many_failures'])
  })
})
