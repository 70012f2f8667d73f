import { describe, expect, test } from '@jest/globals'
import { callerId, type Auth, type AccessRecord, type GateRequest } from 'sallyport'
import { keptSink } from '../audit/gates.js'
import { createPair, issuerWith, openGate, signToken } from '../jwt/issuer.js'

const pair = createPair('EdDSA', 'key-1')
const OTHER = 'https://other.example.com'
const identify = ({ org, sub, client_id }: Readonly<Record<string, unknown>>) => ({
  ownerId: String(org ?? sub ?? client_id),
})
const ISSUERS = [
  issuerWith(pair, { profile: 'any', identify }),
  issuerWith(pair, { issuer: OTHER, profile: 'any', identify }),
]

/** Callers of whom no two are the same, by what is different about them. */
const CALLERS: Readonly<Record<string, object>> = {
  'a user in one app': { sub: 'ann', client_id: 'web', org: 'org_1' },
  'the same user in another app': { sub: 'ann', client_id: 'phone', org: 'org_1' },
  'the same user for another organization': { sub: 'ann', client_id: 'web', org: 'org_2' },
  'the same user in no app': { sub: 'ann', client_id: undefined, org: 'org_1' },
  'another user in the same app': { sub: 'bob', client_id: 'web', org: 'org_1' },
  'the app without a user': { sub: undefined, client_id: 'web', org: 'org_1' },
  'an app called like the user': { sub: undefined, client_id: 'ann', org: 'org_1' },
  'a user of that name at another issuer': {
    iss: OTHER,
    sub: 'ann',
    client_id: 'web',
    org: 'org_1',
  },
}

function bearer(token: string): GateRequest {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Authorization', `Bearer ${token}`],
    peer: { address: '203.0.113.9', encrypted: true },
  }
}

async function tokensOf(claims: object, count: number): Promise<string[]> {
  const one = (_: unknown, n: number) => signToken({ ...claims, jti: `token-${String(n)}` }, pair)
  return Promise.all(Array.from({ length: count }, one))
}

/** An auth of each of them. */
async function authsOf(): Promise<Auth[]> {
  const { gate } = openGate(ISSUERS)
  const auths: Auth[] = []
  for (const claims of Object.values(CALLERS)) {
    const [token = ''] = await tokensOf(claims, 1)
    const decision = await gate.verify(token)
    if (decision.allowed) auths.push(decision.auth)
  }
  for (const ownerId of ['org_1', 'org_1']) {
    const { secret } = await gate.keys.create({ name: 'web', ownerId })
    const decision = await gate.verify(secret)
    if (decision.allowed) auths.push(decision.auth)
  }
  return auths
}

describe('who a caller is', () => {
  test('is a text of its own for each of several callers, and the same for all tokens of one', async () => {
    const auths = await authsOf()
    expect(auths).toHaveLength(Object.keys(CALLERS).length + 2)
    expect(new Set(auths.map((auth) => callerId(auth))).size).toBe(auths.length)
    const [first] = auths
    expect(callerId({ ...first, kind: 'token', tokenId: 'another' } as Auth)).toBe(
      callerId(first as Auth),
    )
  })

  test('cannot be spelled by one caller for another', () => {
    const token = { environment: 'live', issuer: 'x' }
    const app = { kind: 'app', environment: 'live', ownerId: 'org_1' } as const
    const pairs = [
      [
        { ...token, clientId: 'a', subject: 'b' },
        { ...token, clientId: 'a","b' },
      ],
      [{ ...token, subject: 'null' }, token],
      [
        { ...token, clientId: 'a' },
        { ...token, subject: 'a' },
      ],
      [
        { environment: 'live', keyId: 'k' },
        { ...token, issuer: 'key:k' },
      ],
      [
        { environment: 'live', keyId: 'k' },
        { environment: 'test', keyId: 'k' },
      ],
      [{ ...app, subject: 'ann' }, app],
      [
        { ...app, ownerId: 'org_1","ann' },
        { ...app, subject: 'ann' },
      ],
      [
        { ...app, subject: 'ann' },
        { ...app, ownerId: 'org_2', subject: 'ann' },
      ],
      [app, { ...app, environment: 'test' }],
      [
        { ...app, subject: 'ann' },
        { ...token, subject: 'ann', ownerId: 'org_1' },
      ],
    ] as const
    for (const [one, other] of pairs) expect(callerId(one)).not.toBe(callerId(other))
    expect(callerId({ environment: 'live', ownerId: 'org_1' })).toBeUndefined()
    // Of a record that names no environment.
    expect(callerId({ keyId: 'key_1' })).toBe(':key:key_1')
  })

  test('is the same in the log as in the auth, of a caller of the app', async () => {
    const sink = keptSink()
    const { gate } = openGate([], { audit: { sink } })
    const request = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }
    const ids: (string | undefined)[] = []
    for (const subject of ['ann', 'bob', undefined]) {
      const caller = { ownerId: 'org_1', ...(subject !== undefined && { subject }) }
      const decision = await gate.check(request, { otherwise: () => caller })
      if (decision.allowed) ids.push(callerId(decision.auth))
    }
    await gate.close()
    expect(new Set(ids).size).toBe(3)
    expect((sink.records('access') as AccessRecord[]).map((record) => callerId(record))).toEqual(
      ids,
    )
  })

  test('is the key, of a token that was made from it', async () => {
    const { gate } = openGate([], { tokens: { issuer: 'https://api.example.com' } })
    const { secret } = await gate.keys.create({ name: 'a', ownerId: 'org_1' })
    const { accessToken } = await gate.tokens.exchange(secret)
    const ids = [await gate.verify(secret), await gate.verify(accessToken)].map(
      (decision) => decision.allowed && callerId(decision.auth),
    )
    expect(ids[0]).toBe(ids[1])
  })
})

describe('each caller', () => {
  test('has its own denials in the trail, and no record names one for what another did', async () => {
    const sink = keptSink()
    const { gate } = openGate(ISSUERS, { audit: { sink } })
    const names = Object.keys(CALLERS)
    for (const [at, name] of names.entries()) {
      for (const token of await tokensOf(CALLERS[name] ?? {}, at + 2)) {
        await gate.check(bearer(token), { scopes: ['write:orders'] })
      }
    }
    await gate.close()
    const counts = new Map<string | undefined, number>()
    for (const record of sink.records('access') as AccessRecord[]) {
      const id = callerId(record)
      counts.set(id, (counts.get(id) ?? 0) + (record.count ?? 1))
    }
    expect([...counts.values()]).toEqual(names.map((_, at) => at + 2))
    expect(counts.has(undefined)).toBe(false)
  })

  test('has its own limit, where each is counted for itself', async () => {
    const plans = { small: { quota: { limit: 2, window: '1h' } } } as const
    const { gate } = openGate(ISSUERS, { plans, limits: { by: 'key', defaultPlan: 'small' } })
    for (const claims of Object.values(CALLERS)) {
      const reasons: string[] = []
      for (const token of await tokensOf(claims, 3)) {
        const decision = await gate.verify(token)
        reasons.push(decision.allowed ? 'allowed' : decision.reason)
      }
      expect(reasons).toEqual(['allowed', 'allowed', 'quota_exceeded'])
    }
  })

  test('repeats only itself with an Idempotency-Key', async () => {
    const issuers = ISSUERS.map((issuer) => ({
      ...issuer,
      identify: (claims: Readonly<Record<string, unknown>>) => ({
        ...identify(claims),
        scopes: ['write:orders'],
      }),
    }))
    const { gate } = openGate(issuers, { scopes: ['read:orders', 'write:orders'] })
    const create = gate.endpoints.keys({ scopes: ['write:orders'] })
    const statuses: number[] = []
    for (const claims of Object.values(CALLERS)) {
      for (const token of await tokensOf(claims, 2)) {
        const { rawHeaders, ...request } = bearer(token)
        const headers = [
          ...rawHeaders,
          'Idempotency-Key',
          'once',
          'Content-Type',
          'application/json',
        ]
        const body = { name: 'a', scopes: [] }
        const answer = await create({
          ...{ target: '/', parsed: body, stream: (async function* () {})() },
          request: { ...request, method: 'POST', rawHeaders: headers },
        })
        statuses.push(answer.status)
      }
    }
    // With its second token a caller is told that it repeats itself; nobody else is.
    expect(statuses).toEqual(Array.from({ length: 8 }, () => [201, 422]).flat())
  })
})

test.each([undefined, null])('%p is no caller, and says what to write', (nothing) => {
  expect(() => callerId(nothing as never)).toThrow(
    expect.objectContaining({
      code: 'invalid_option',
      message: 'callerId: a caller must be given; write callerId(authOf(req))',
    }),
  )
})
