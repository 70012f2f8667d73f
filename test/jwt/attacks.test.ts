import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { jwtVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose'
import { createGate } from 'sallyport'
import { readVectors } from '../vectors/read.js'

interface Attack {
  readonly id: string
  readonly token: string
  readonly expect: string
}

const vectors = readVectors('jwt-attacks/jwt-attacks.json') as {
  readonly now: number
  readonly issuer: string
  readonly audience: string
  readonly jwks: JSONWebKeySet
  readonly tests: readonly Attack[]
}
const { now, issuer, audience, jwks } = vectors
const attacks = vectors.tests.filter(({ id }) => id !== 'two-tokens')

/** Where the vectors leave it to us, or ask for what is not a matter of the token alone. */
const OURS: Readonly<Record<string, 'allowed' | 'token_invalid'>> = {
  // The one key for its algorithm is meant.
  'kid-absent-one-key': 'allowed',
  'claim-scope-dup-space': 'allowed',
  // It is of the type of access tokens: that is what counts, and not what else it says.
  'claim-nonce-id-token': 'allowed',
  // Only the app knows that its tokens have tenants: see `identify` below.
  'claim-tenant-missing': 'token_invalid',
  'claim-tenant-array': 'token_invalid',
  'claim-tenant-other': 'allowed',
}

const options = { issuer, audience, algorithms: ['RS256', 'ES256', 'EdDSA'], jwks } as const
const environment = { environment: 'live', keys: { prefix: 'acme' }, clock: () => now * 1_000 }
const scopes = ['read', 'write', 'admin'] as const
const gate = createGate({ ...environment, scopes, issuers: [options] })
const tenantGate = createGate({
  ...{ ...environment, scopes },
  issuers: [
    {
      ...options,
      identify: ({ tenant }) =>
        typeof tenant === 'string' ? { ownerId: 'org_1', tenantIds: [tenant] } : undefined,
    },
  ],
})
const gateFor = ({ id }: Attack) => (id.startsWith('claim-tenant') ? tenantGate : gate)

let requests = 0
const count = () => (requests += 1)
beforeAll(() => {
  subscribe('http.client.request.start', count)
})
afterAll(() => {
  unsubscribe('http.client.request.start', count)
})

function wanted({ id, expect: said }: Attack): boolean {
  return (OURS[id] ?? (said.startsWith('accept') ? 'allowed' : '')) === 'allowed'
}

describe('the attack tokens', () => {
  test('are read', () => {
    expect(attacks).toHaveLength(97)
    expect(attacks.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(OURS)))
  })

  test.each(attacks.map((attack) => [attack.id, attack] as const))('%s', async (id, attack) => {
    const decision = await gateFor(attack).verify(attack.token)
    expect(decision.allowed).toBe(wanted(attack))
    if (!decision.allowed) expect(decision.reason).toMatch(/^(token_\w+|unknown_key)$/)
    // Whether from the cache or not, it is the same.
    expect((await gateFor(attack).verify(attack.token)).allowed).toBe(decision.allowed)
    expect(requests).toBe(0)
    if (decision.allowed && /scope-(case|tab|wildcard)/.test(id)) {
      expect(decision.auth.scopes).toEqual([])
    }
  })

  test('two of them in one request are refused, and none is picked', async () => {
    const token = attacks[0]?.token ?? ''
    const decision = await gate.check({
      method: 'GET',
      url: '/',
      rawHeaders: ['Authorization', `Bearer ${token}`, 'X-Api-Key', token],
      peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
    })
    expect(decision).toMatchObject({ reason: 'multiple_credentials', status: 400 })
  })

  test('a claim named __proto__ is data', async () => {
    const { token = '' } = attacks.find(({ id }) => id === 'proto-claim') ?? {}
    const decision = await gate.verify(token)
    expect(decision).toMatchObject({ allowed: true, auth: { scopes: ['read'] } })
    expect(Object.prototype).not.toHaveProperty('scope')
  })

  test('are not all refused by jose alone: what is refused here beyond is refused by our own checks', async () => {
    const accepted: string[] = []
    for (const attack of attacks) {
      if (wanted(attack)) continue
      const attempt = jwtVerify(attack.token, createLocalJWKSet(jwks), {
        ...{ issuer, audience, typ: 'at+jwt', algorithms: ['RS256', 'ES256', 'EdDSA'] },
        ...{ currentDate: new Date(now * 1_000) },
        requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
      })
      await attempt.then(
        () => accepted.push(attack.id),
        () => undefined,
      )
    }
    expect(accepted).toEqual([
      'b64-false-no-crit',
      'zip',
      'claim-exp-huge',
      'claim-exp-1e999',
      'claim-iat-future',
      'claim-aud-array-nonstring',
      'claim-aud-null-in-array',
      'claim-scope-10k',
      'claim-cnf-jkt-as-bearer',
      'claim-cnf-unknown',
      'claim-cnf-empty',
      'claim-cnf-string',
      'claim-tenant-missing',
      'claim-tenant-array',
      'header-100k',
      'token-16k',
    ])
  })
})

test('a text without its end is read in a time that grows with its length alone', async () => {
  const part = (text: string) => Buffer.from(text).toString('base64url')
  const header = part('{"alg":"ES256","typ":"at+jwt"}')
  // As long as a token may be.
  const token = `${header}.${part(`{"iss":"${'\\"'.repeat(6_000)}`)}.xw`
  const started = process.cpuUsage()
  for (let count = 0; count < 20; count++) {
    expect(await gate.verify(token)).toMatchObject({ reason: 'token_malformed' })
  }
  const { user } = process.cpuUsage(started)
  // Microseconds: searched anew from each quote, it takes several seconds.
  expect(user).toBeLessThan(1_000_000)
})
