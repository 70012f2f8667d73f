import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createMemoryReplayStore, type ReplayStore, type ServiceAccount } from 'sallyport'
import { createPair, NOW, signText, type Pair } from '../jwt/issuer.js'
import {
  basic,
  ELSEWHERE,
  FRAMEWORKS,
  ISSUER,
  openIssuer,
  serve,
  SIGNER,
  startOfTime,
} from './http/api.js'

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const pair = createPair('ES256', 'importer-1')
const ACCOUNT: ServiceAccount = {
  id: 'svc_importer',
  ownerId: 'org_1',
  tenantIds: ['clinic-1'],
  scopes: ['read:orders'],
  jwks: { keys: [pair.jwk] },
}

function assertionOf(claims: object = {}, header: object = {}, by: Pair = pair): Promise<string> {
  const { id } = ACCOUNT
  const all = {
    iss: id,
    sub: id,
    aud: ISSUER,
    jti: randomUUID(),
    iat: NOW,
    exp: NOW + 300,
    ...claims,
  }
  return signText(JSON.stringify(all), by, { typ: undefined, ...header })
}

describe.each(FRAMEWORKS)('RFC 7523 on %s', (framework) => {
  const { gate, create, verdict } = openIssuer({ issuing: { serviceAccounts: [ACCOUNT] } })
  let api: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    api = await serve(framework, gate)
  })
  afterAll(() => api.close())

  const ask = async (assertion: string, more = {}, headers = {}) =>
    api.post('/token', { grant_type: GRANT, assertion, ...more }, headers)
  const errorOf = async (assertion: string, more = {}, headers = {}) => {
    const { status, body } = await ask(assertion, more, headers)
    return [status, body['error']]
  }

  test('section 2.1: an assertion for a token, which is the account', async () => {
    const answer = await ask(await assertionOf(), { client_id: ACCOUNT.id })
    expect(answer).toMatchObject({ status: 200, body: { scope: 'read:orders', expires_in: 3_600 } })
    const token = String(answer.body['access_token'])
    expect(await gate.verify(token)).toMatchObject({
      auth: {
        ...{ kind: 'token', subject: ACCOUNT.id, clientId: ACCOUNT.id, ownerId: 'org_1' },
        ...{ environment: 'live', tenantIds: ['clinic-1'], scopes: ['read:orders'] },
      },
    })
    expect(await api.get('/orders', token)).toMatchObject({ status: 200, body: { text: 'org_1' } })
  })

  test.each<[string, object, object]>([
    ['another issuer than subject', { sub: 'svc_other' }, {}],
    ['an account that is not there', { iss: 'svc_other', sub: 'svc_other' }, {}],
    ['no issuer', { iss: undefined }, {}],
    ['no subject', { sub: undefined }, {}],
    ['no audience', { aud: undefined }, {}],
    ['another audience', { aud: 'https://other.example.com' }, {}],
    ['the audience with a slash', { aud: `${ISSUER}/` }, {}],
    ['the audience in capitals', { aud: ISSUER.toUpperCase() }, {}],
    ['several audiences', { aud: [ISSUER, 'https://other.example.com'] }, {}],
    ['no end', { exp: undefined }, {}],
    ['an end that has come', { iat: NOW - 100, exp: NOW - 30 }, {}],
    ['more than 5 minutes', { exp: NOW + 301 }, {}],
    ['more than 5 minutes without iat', { iat: undefined, exp: NOW + 301 }, {}],
    ['an end that is infinite', { exp: 1e300 }, {}],
    ['a beginning in the future', { nbf: NOW + 31 }, {}],
    ['no jti', { jti: undefined }, {}],
    ['a jti of 257 bytes', { jti: 'a'.repeat(257) }, {}],
    ['the type of an access token', {}, { typ: 'at+jwt' }],
    ['the type of a proof', {}, { typ: 'dpop+jwt' }],
    ['a header that says there is a token in it', {}, { cty: 'JWT' }],
  ])('section 3: %s: invalid_grant', async (_, claims, header) => {
    expect(await errorOf(await assertionOf(claims, header))).toEqual([400, 'invalid_grant'])
  })

  test('section 3: the audience in a list of one, no iat, and exactly 5 minutes', async () => {
    expect(await ask(await assertionOf({ aud: [ISSUER], iat: undefined }))).toMatchObject({
      status: 200,
    })
    expect(await ask(await assertionOf({}, { typ: 'JWT' }))).toMatchObject({ status: 200 })
  })

  test('section 3: a signature of another key, of none, or with its public key as a secret', async () => {
    const stranger = createPair('ES256', 'importer-1')
    expect(await errorOf(await assertionOf({}, {}, stranger))).toEqual([400, 'invalid_grant'])
    const [head, body] = (await assertionOf()).split('.')
    expect(await errorOf(`${String(head)}.${String(body)}.`)).toEqual([400, 'invalid_grant'])
    const secret = {
      alg: 'HS256',
      kid: 'importer-1',
      privateKey: Buffer.from(JSON.stringify(pair.jwk)),
    }
    const forged = await signText(JSON.stringify({ iss: ACCOUNT.id }), secret, { typ: undefined })
    expect(await errorOf(forged)).toEqual([400, 'invalid_grant'])
  })

  test('section 3: a jti is used once, also by a hundred at the same time', async () => {
    const assertion = await assertionOf()
    const answers = await Promise.all(Array.from({ length: 100 }, () => errorOf(assertion)))
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1)
    expect(answers.filter(([, error]) => error === 'invalid_grant')).toHaveLength(99)
  })

  test('what is refused for another reason does not use up its jti', async () => {
    const jti = randomUUID()
    expect(await errorOf(await assertionOf({ jti, exp: NOW + 301 }))).toEqual([
      400,
      'invalid_grant',
    ])
    expect(await ask(await assertionOf({ jti }))).toMatchObject({ status: 200 })
  })

  test.each<[string, object]>([
    ['of another client', { client_id: 'svc_other' }],
    ['beside a secret that is wrong', { client_id: 'key_1', client_secret: 'x' }],
    ['as authentication of the client', { client_assertion: 'eyJ.a.b' }],
    ['for more than the account may', { scope: 'write:orders' }],
    ['that is missing', { assertion: '' }],
  ])('an assertion %s', async (_, more) => {
    const { body } = await ask(await assertionOf(), more)
    expect(body['error']).toMatch(/^invalid_(?:grant|client|scope|request)$/)
  })

  test('two assertions: invalid_request', async () => {
    const form = `grant_type=${GRANT}&assertion=${await assertionOf()}&assertion=${await assertionOf()}`
    expect(await api.post('/token', form)).toMatchObject({ body: { error: 'invalid_request' } })
  })

  test('RFC 8725 section 3.12: each kind of token is refused in the place of the others', async () => {
    const key = await create()
    const access = (await gate.tokens.exchange(key.secret)).accessToken
    const assertion = await assertionOf()
    expect(await errorOf(access)).toEqual([400, 'invalid_grant'])
    expect(await verdict(assertion)).toBe('token_invalid')
    expect(await errorOf(assertion, {}, basic(key.id, assertion))).toEqual([401, 'invalid_client'])
    // With the very key of the gate, an assertion would be no access token either.
    const own = await assertionOf({ iss: ISSUER, client_id: 'svc_importer' }, {}, SIGNER)
    expect(await verdict(own)).toBe('token_invalid')
  })
})

describe('service accounts that a function finds', () => {
  function openWith(
    find: (id: string) => unknown,
    more: { readonly replayStore?: ReplayStore } = {},
  ) {
    return openIssuer({ issuing: { serviceAccounts: find as never, ...more } })
  }
  async function exchange({ gate }: ReturnType<typeof openIssuer>) {
    const api = await serve('Express', gate)
    const answer = await api.post('/token', { grant_type: GRANT, assertion: await assertionOf() })
    await api.close()
    return answer
  }

  test('are asked for with each use: a token dies with its account', async () => {
    let account: ServiceAccount | undefined = ACCOUNT
    const opened = openWith((id) => Promise.resolve(id === ACCOUNT.id ? account : undefined))
    const token = String((await exchange(opened)).body['access_token'])
    expect(await opened.verdict(token)).toBe('allowed')
    account = { ...ACCOUNT, scopes: [] }
    expect(await opened.gate.verify(token)).toMatchObject({ auth: { scopes: [] } })
    account = { ...ACCOUNT, environment: 'staging' }
    expect(await opened.verdict(token)).toBe('token_revoked')
    account = undefined
    expect(await opened.verdict(token)).toBe('token_revoked')
  })

  class Kept implements ServiceAccount {
    readonly id = ACCOUNT.id
    readonly ownerId = ACCOUNT.ownerId
    readonly jwks = ACCOUNT.jwks
    #scopes: readonly string[] = ACCOUNT.scopes

    get scopes(): readonly string[] {
      return this.#scopes
    }

    lose(): void {
      this.#scopes = []
    }
  }
  class Discreet {
    readonly id = ACCOUNT.id
    readonly ownerId = ACCOUNT.ownerId
    readonly jwks = ACCOUNT.jwks
    scopes = ACCOUNT.scopes

    toJSON(): object {
      return { id: this.id }
    }

    lose(): void {
      this.scopes = []
    }
  }

  test.each([
    ['has its scopes from a getter', new Kept()],
    ['tells little of itself as JSON', new Discreet()],
  ])('an object that %s loses what it loses', async (_, account) => {
    const opened = openWith(() => account)
    const token = String((await exchange(opened)).body['access_token'])
    expect(await opened.gate.verify(token)).toMatchObject({ auth: { scopes: ['read:orders'] } })
    account.lose()
    expect(await opened.gate.verify(token)).toMatchObject({ auth: { scopes: [] } })
  })

  test.each<[string, object, object, number]>([
    ['that is good', {}, {}, 1],
    ['of an id that no account has', { iss: '../svc', sub: '../svc' }, {}, 0],
    ['of an id like that of a key', { iss: 'key_1', sub: 'key_1' }, {}, 0],
    ['about somebody else', { sub: 'svc_other' }, {}, 0],
    ['for somebody else', { aud: 'https://other.example.com' }, {}, 0],
    ['that has ended', { iat: NOW - 100, exp: NOW - 31 }, {}, 0],
    ['that could be used again', { jti: undefined }, {}, 0],
    ['of another type', {}, { typ: 'at+jwt' }, 0],
    ['signed with a secret', {}, { alg: 'HS256' }, 0],
  ])('RFC 7523 section 3: are asked about an assertion %s', async (_, claims, header, times) => {
    const asked: string[] = []
    const { gate } = openWith((id) => {
      asked.push(id)
      return ACCOUNT
    })
    const api = await serve('Express', gate)
    const by = 'alg' in header ? { ...pair, privateKey: Buffer.alloc(32) as never } : pair
    const form = { grant_type: GRANT, assertion: await assertionOf(claims, header, by) }
    expect((await api.post('/token', form)).status).toBe(times === 1 ? 200 : 400)
    await api.close()
    expect(asked).toHaveLength(times)
  })

  test('are checked once for as long as they say the same, and again when that changes in place', async () => {
    const account = structuredClone({ ...ACCOUNT, jwks: { keys: [{ ...pair.jwk }] } })
    const opened = openWith(() => account)
    const token = String((await exchange(opened)).body['access_token'])
    const authOf = async () => {
      const decision = await opened.gate.verify(token)
      return decision.allowed ? decision.auth : decision.reason
    }
    const before = await authOf()
    expect(await authOf()).toBe(before)
    Object.assign(account, { scopes: [] })
    expect(await authOf()).toMatchObject({ scopes: [] })
    const other = createPair('ES256', 'importer-1')
    Object.assign(account.jwks.keys[0] ?? {}, other.jwk)
    expect(await exchange(opened)).toMatchObject({ status: 400 })
    Object.assign(account.jwks.keys[0] ?? {}, { d: 'secret' })
    expect(await authOf()).toBe('store_unavailable')
    account.jwks.keys = [{ ...pair.jwk }]
    expect(await exchange(opened)).toMatchObject({ status: 200 })
  })

  test('one that is away is an outage, for an assertion and for a token', async () => {
    let find = () => ACCOUNT
    const opened = openWith(() => find())
    const token = String((await exchange(opened)).body['access_token'])
    find = () => {
      throw new Error('away')
    }
    expect(await exchange(opened)).toMatchObject({ status: 503 })
    expect(await opened.verdict(token)).toBe('store_unavailable')
    expect(opened.errors).toHaveLength(2)
  })

  test.each<[string, unknown, number]>([
    ['another account', { ...ACCOUNT, id: 'svc_other' }, 400],
    ['no account', { id: ACCOUNT.id }, 503],
    [
      'one with a private key',
      { ...ACCOUNT, jwks: { keys: [pair.privateKey.export({ format: 'jwk' })] } },
      503,
    ],
  ])('one that answers with %s', async (_, answer, status) => {
    expect(await exchange(openWith(() => answer))).toMatchObject({ status })
  })

  test.each<[string, ReplayStore]>([
    [
      'throws',
      {
        addIfAbsent: () => {
          throw new Error('away')
        },
      },
    ],
    ['is silent', { addIfAbsent: () => new Promise(() => undefined) }],
    ['says nothing', { addIfAbsent: () => undefined as never }],
  ])(
    'RFC 7523 section 3: a store of used assertions that %s refuses with 503',
    async (_, replayStore) => {
      const told: unknown[] = []
      const listen = (message: unknown) => told.push(message)
      subscribe('sallyport:outages', listen)
      expect(await exchange(openWith(() => ACCOUNT, { replayStore }))).toMatchObject({
        status: 503,
      })
      unsubscribe('sallyport:outages', listen)
      expect(told).toMatchObject([
        {
          ...{ part: 'replay_store', state: 'failing' },
          error: { message: 'The store of used assertions failed.' },
        },
      ])
    },
  )

  test('a store that forgets lets an assertion in twice: the control of the above', async () => {
    const opened = openWith(() => ACCOUNT, { replayStore: { addIfAbsent: () => true } })
    const api = await serve('Express', opened.gate)
    const form = { grant_type: GRANT, assertion: await assertionOf() }
    expect(await api.post('/token', form)).toMatchObject({ status: 200 })
    expect(await api.post('/token', form)).toMatchObject({ status: 200 })
    await api.close()
  })

  test('instances with one store take an assertion once', async () => {
    const replayStore = createMemoryReplayStore(() => NOW * 1_000)
    const form = { grant_type: GRANT, assertion: await assertionOf() }
    const statuses: number[] = []
    for (let instance = 0; instance < 2; instance++) {
      const { gate } = openWith(() => ACCOUNT, { replayStore })
      const api = await serve('Koa', gate)
      statuses.push((await api.post('/token', form)).status)
      await api.close()
    }
    expect(statuses).toEqual([200, 400])
  })

  test('used assertions in memory give each owner a share: others of it are served', async () => {
    const replayStore = createMemoryReplayStore(() => NOW * 1_000)
    const kept = { ownerId: ACCOUNT.ownerId, forMs: 300_000 }
    for (let n = 0; n < 50_000; n++) await replayStore.addIfAbsent(String(n), 0, kept)
    const other = { ...ACCOUNT, id: 'svc_other', ownerId: 'org_2' }
    const { gate, errors } = openIssuer({
      issuing: { serviceAccounts: [ACCOUNT, other], replayStore },
    })
    const api = await serve('Express', gate)
    const statusOf = async (id: string) => {
      const assertion = await assertionOf({ iss: id, sub: id })
      return (await api.post('/token', { grant_type: GRANT, assertion })).status
    }
    expect([await statusOf(ACCOUNT.id), await statusOf(other.id)]).toEqual([503, 200])
    // It is no outage of the store.
    expect(errors).toEqual([])
    await api.close()
  })

  test('ids that nobody has are penalties of their source', async () => {
    const { gate } = openIssuer({ ...ELSEWHERE.options, issuing: { serviceAccounts: [ACCOUNT] } })
    const api = await serve('Express', gate, ELSEWHERE.headers)
    const statuses: number[] = []
    for (let n = 0; n < 5; n++) {
      const id = `svc_${String(n)}`
      const assertion = await assertionOf({ iss: id, sub: id })
      statuses.push((await api.post('/token', { grant_type: GRANT, assertion })).status)
    }
    expect(statuses).toEqual([400, 400, 400, 400, 429])
    await api.close()
  })
})

test.each([299, 300, 329])(
  'RFC 7523 section 3: an assertion that is used %i s after it was made is not used again, up to the end of the tolerance',
  async (seconds) => {
    const time = startOfTime()
    const { gate } = openIssuer({ time, issuing: { serviceAccounts: [ACCOUNT] } })
    const api = await serve('Express', gate)
    const form = { grant_type: GRANT, assertion: await assertionOf() }
    const statusAt = async (ms: number) => {
      time.now = NOW * 1_000 + ms
      return (await api.post('/token', form)).status
    }
    const first = await statusAt(seconds * 1_000)
    const later = [seconds * 1_000, 300_001, 329_000, 329_999].filter((ms) => ms >= seconds * 1_000)
    const again: number[] = []
    for (const ms of later) again.push(await statusAt(ms))
    await api.close()
    expect([first, ...again]).toEqual([200, ...later.map(() => 400)])
  },
)

test('guesses of others at its address do not shut out an account that has signed well', async () => {
  const other = { ...ACCOUNT, id: 'svc_other' }
  const { gate } = openIssuer({
    ...ELSEWHERE.options,
    issuing: { serviceAccounts: [ACCOUNT, other] },
  })
  const api = await serve('Express', gate, ELSEWHERE.headers)
  const ask = async (id = ACCOUNT.id) => {
    const assertion = await assertionOf({ iss: id, sub: id })
    return (await api.post('/token', { grant_type: GRANT, assertion })).status
  }
  expect(await ask()).toBe(200)
  for (let n = 0; n < 5; n++) await api.get('/orders', `acme_${String(n)}`)
  expect(await ask()).toBe(200)
  // The control: one that is not known yet is refused with the guesser.
  expect(await ask(other.id)).toBe(429)
  await api.close()
})

test.each<[string, Partial<ServiceAccount>[], string]>([
  ['an id like that of a key', [{ id: 'key_1' }], 'not begin with'],
  ['an id twice', [{}, {}], 'has one id twice'],
  ['no usable key', [{ jwks: { keys: [] } }], 'must be a JWK Set'],
  ['a scope that nobody knows', [{ scopes: ['read:ordrs'] }], "did you mean 'read:orders'?"],
  ['an environment of another gate', [{ environment: 'staging' }], "'live', 'test'"],
])('service accounts with %s: misuse', (_, accounts, message) => {
  const serviceAccounts = accounts.map((more) => ({ ...ACCOUNT, ...more }))
  expect(() => openIssuer({ time: startOfTime(), issuing: { serviceAccounts } })).toThrow(message)
})

describe('gate.tokens.grant', () => {
  const { gate, verdict } = openIssuer({ issuing: { serviceAccounts: [ACCOUNT] } })

  test('makes the token that the endpoint would make, and takes an assertion once', async () => {
    const assertion = await assertionOf()
    const { accessToken, scopes } = await gate.tokens.grant({ assertion })
    expect(scopes).toEqual(['read:orders'])
    expect(await gate.verify(accessToken)).toMatchObject({
      auth: { kind: 'token', subject: ACCOUNT.id, ownerId: 'org_1', tenantIds: ['clinic-1'] },
    })
    await expect(gate.tokens.grant({ assertion })).rejects.toMatchObject({
      denial: { status: 401 },
    })
  })

  test('refuses a scope that the account lacks, and what is signed by another', async () => {
    const more = { assertion: await assertionOf(), scopes: ['write:orders'] } as const
    await expect(gate.tokens.grant(more)).rejects.toMatchObject({
      denial: { reason: 'insufficient_scope' },
    })
    const other = await assertionOf({}, {}, createPair('ES256', 'importer-1'))
    await expect(gate.tokens.grant({ assertion: other })).rejects.toMatchObject({
      denial: { status: 401 },
    })
    expect(await verdict(other)).not.toBe('allowed')
  })

  test('says what it must be given', async () => {
    const wrong = gate.tokens.grant({ assertion: 1 } as never)
    await expect(wrong).rejects.toThrow('gate.tokens.grant: must be given { assertion }')
    await expect(gate.tokens.grant({ asertion: '' } as never)).rejects.toThrow('assertion')
  })
})
