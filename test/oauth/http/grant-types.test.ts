import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import type { DecisionMade, ServiceAccount } from 'sallyport'
import { createPair, NOW, signText } from '../../jwt/issuer.js'
import { basic, bearer, ELSEWHERE, ISSUER, openIssuer, serve } from './api.js'

const FILES = 'https://files.example.com'
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const EXCHANGE = { grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN }
const BEARER = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }
const CREDENTIALS = { grant_type: 'client_credentials' }

const pair = createPair('ES256', 'importer-1')
const ACCOUNT: ServiceAccount = {
  ...{ id: 'svc_importer', ownerId: 'org_1', scopes: ['read:orders'] },
  jwks: { keys: [pair.jwk] },
}
const assertionOf = (id = ACCOUNT.id, by = pair) => {
  const claims = { iss: id, sub: id, aud: ISSUER, jti: randomUUID(), iat: NOW, exp: NOW + 300 }
  return signText(JSON.stringify(claims), by, { typ: undefined })
}

type Form = Readonly<Record<string, string>>
type Site = Awaited<ReturnType<typeof openSite>>

async function openSite(options: Parameters<typeof openIssuer>[0] = {}, headers = {}) {
  const issuing = {
    ...{ serviceAccounts: [ACCOUNT], audience: [ISSUER, FILES] },
    ...options.issuing,
  }
  const issuer = openIssuer({ ...options, issuing })
  const key = await issuer.create()
  const api = await serve('Express', issuer.gate, headers)
  const ask = (form: Form, more: object = {}) => api.post('/token', form, more)
  const own = basic(key.id, key.secret)
  const elsewhere = await issuer.create({ allowedIps: ['203.0.113.1'] })
  const ended = await issuer.create({ expiresAt: new Date(NOW * 1_000 + 500) })
  return {
    ...{ ...issuer, key, api, ask, own },
    held: basic(elsewhere.id, elsewhere.secret),
    ending: basic(ended.id, ended.secret),
  }
}

const told: DecisionMade['decision'][] = []
const listen = (message: unknown) => told.push((message as DecisionMade).decision)
beforeEach(() => {
  told.length = 0
  subscribe('sallyport:decisions', listen)
})
afterEach(() => {
  unsubscribe('sallyport:decisions', listen)
})

/** Of a refusal: status, code, what is said of it; and what is recorded. */
type Refused = readonly [status: number, error: string, says: string, reason: string, check: string]

describe('a request for a token is refused', () => {
  let site: Site
  beforeAll(async () => {
    site = await openSite()
  })
  afterAll(() => site.api.close())

  const BAD_CLIENT = 'The client is not known, or its secret is wrong.'
  const ROWS: readonly (readonly [
    name: string,
    form: (of: Site) => Form | Promise<Form>,
    headers: (of: Site) => object,
    Refused,
  ])[] = [
    [
      'of a kind that is not known',
      () => ({ grant_type: 'password' }),
      () => ({}),
      [
        400,
        'unsupported_grant_type',
        'This grant type is not supported here.',
        'invalid_input',
        'request',
      ],
    ],
    [
      'of no kind, by a client',
      () => ({}),
      ({ own }) => own,
      [400, 'invalid_request', "'grant_type' is missing.", 'invalid_input', 'request'],
    ],
    [
      'of no kind, by a client that does not say all',
      () => ({ client_secret: 'x' }),
      () => ({}),
      [400, 'invalid_request', "'client_id' is missing.", 'invalid_input', 'request'],
    ],
    [
      'of a client that does not say who it is',
      () => CREDENTIALS,
      () => ({}),
      [401, 'invalid_client', 'Say which client this is.', 'missing_credentials', 'client'],
    ],
    [
      'of a client with another secret',
      () => CREDENTIALS,
      ({ key }) => basic(key.id, 'wrong'),
      [401, 'invalid_client', BAD_CLIENT, 'unknown_key', 'prefix'],
    ],
    [
      'of a client with the secret of another',
      () => CREDENTIALS,
      ({ key }) => basic('key_other', key.secret),
      [401, 'invalid_client', BAD_CLIENT, 'unknown_key', 'client'],
    ],
    [
      'of a client elsewhere than where it is allowed',
      () => CREDENTIALS,
      ({ held }) => held,
      [
        400,
        'unauthorized_client',
        'The client may not be used in this way.',
        'address_not_allowed',
        'address',
      ],
    ],
    [
      'of a client for a scope that it lacks',
      () => ({ ...CREDENTIALS, scope: 'manage:keys' }),
      ({ own }) => own,
      [
        400,
        'invalid_scope',
        'A scope that is asked for is not held: ask for fewer.',
        'insufficient_scope',
        'request',
      ],
    ],
    [
      'of a client that has ended within this second',
      () => CREDENTIALS,
      ({ ending }) => ending,
      [400, 'invalid_grant', 'The key has come to its end.', 'key_expired', 'request'],
    ],
    ...(
      [
        ['without a subject', {}, "'subject_token' is missing."],
        [
          'without the type of its subject',
          { subject_token: 'x', subject_token_type: '' },
          "'subject_token_type' is missing.",
        ],
        [
          'for a subject of another type',
          { subject_token: 'x', subject_token_type: 'urn:x' },
          "'subject_token_type' is not known.",
        ],
        [
          'for a token of another type',
          { subject_token: 'x', requested_token_type: 'urn:x' },
          "'requested_token_type' cannot be issued.",
        ],
        [
          'for an actor',
          { subject_token: 'x', actor_token: 'x' },
          'Nobody can act for somebody else here.',
        ],
        [
          'for an actor of which there is the type alone',
          { subject_token: 'x', actor_token_type: ACCESS_TOKEN },
          'Nobody can act for somebody else here.',
        ],
      ] as const
    ).map(
      ([name, form, says]) =>
        [
          `of an exchange ${name}`,
          () => ({ ...EXCHANGE, ...form }),
          () => ({}),
          [400, 'invalid_request', says, 'invalid_input', 'request'],
        ] as const,
    ),
    [
      'of an exchange for a subject that nobody knows',
      () => ({ ...EXCHANGE, subject_token: 'acme_live_sk_wrong' }),
      () => ({}),
      [400, 'invalid_request', "'subject_token' is not valid here.", 'unknown_key', 'length'],
    ],
    [
      'of an exchange for a key that is to be a JWT',
      ({ key }) => ({ ...EXCHANGE, subject_token_type: JWT, subject_token: key.secret }),
      () => ({}),
      [400, 'invalid_request', "'subject_token' is none of its type.", 'token_invalid', 'request'],
    ],
    [
      'of an exchange by a client with another secret',
      ({ key }) => ({ ...EXCHANGE, subject_token: key.secret }),
      ({ key }) => basic(key.id, 'wrong'),
      [401, 'invalid_client', BAD_CLIENT, 'unknown_key', 'prefix'],
    ],
    [
      'of an account without an assertion',
      () => BEARER,
      () => ({}),
      [400, 'invalid_request', "'assertion' is missing.", 'invalid_input', 'request'],
    ],
    [
      'of an account that is not there',
      async () => ({ ...BEARER, assertion: await assertionOf('svc_nobody') }),
      () => ({}),
      [400, 'invalid_grant', 'The assertion is not valid here.', 'unknown_key', 'account'],
    ],
    [
      'of an account that has not signed',
      async () => ({
        ...{
          ...BEARER,
          assertion: await assertionOf(ACCOUNT.id, createPair('ES256', 'importer-1')),
        },
      }),
      () => ({}),
      [400, 'invalid_grant', 'The assertion is not valid here.', 'token_invalid', 'signature'],
    ],
    [
      'of an account that the client is not',
      async () => ({ ...BEARER, assertion: await assertionOf(), client_id: 'svc_other' }),
      () => ({}),
      [400, 'invalid_grant', 'The assertion is of another client.', 'token_invalid', 'request'],
    ],
    [
      'of an account by a client with another secret',
      async () => ({ ...BEARER, assertion: await assertionOf() }),
      ({ key }) => basic(key.id, 'wrong'),
      [401, 'invalid_client', BAD_CLIENT, 'unknown_key', 'prefix'],
    ],
  ]

  test.each(ROWS.map((row) => [row[0], row] as const))(
    '%s',
    async (_, [, form, headers, refused]) => {
      const [status, error, says, reason, check] = refused
      const answer = await site.ask(await form(site), headers(site))
      expect(answer).toMatchObject({ status, body: { error, error_description: says } })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(told).toMatchObject([{ allowed: false, status, reason, cause: { check } }])
      expect(answer.headers.get('x-request-id')).toBe(told[0]?.requestId)
    },
  )

  test.each(['client_credentials', TOKEN_EXCHANGE, BEARER.grant_type])(
    'of kind %s for somebody who is not served: invalid_target',
    async (grant) => {
      const more = { subject_token: site.key.secret, subject_token_type: ACCESS_TOKEN }
      const form = { grant_type: grant, assertion: await assertionOf(), resource: 'urn:other' }
      const subject = grant === TOKEN_EXCHANGE ? more : {}
      const answer = await site.ask(
        { ...form, ...subject },
        grant === CREDENTIALS.grant_type ? site.own : {},
      )
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    },
  )
})

describe('a token is made', () => {
  let site: Site
  beforeAll(async () => {
    site = await openSite()
  })
  afterAll(() => site.api.close())

  const claimsIn = ({ body }: { readonly body: Form | Readonly<Record<string, unknown>> }) =>
    decodeJwt(String(body['access_token']))

  test('for an account, with or without a client that says who it is', async () => {
    for (const [form, headers] of [
      [{}, {}],
      [{ client_id: ACCOUNT.id }, {}],
      [{}, site.own],
      [{ client_id: site.key.id }, site.own],
    ] as const) {
      const assertion = await assertionOf()
      const answer = await site.ask({ ...BEARER, assertion, audience: FILES, ...form }, headers)
      expect(answer.status).toBe(200)
      expect(claimsIn(answer)).toMatchObject({
        ...{ sub: ACCOUNT.id, client_id: ACCOUNT.id, owner_id: 'org_1', aud: FILES },
      })
    }
    expect(told.every(({ allowed }) => allowed)).toBe(true)
    expect(told).toHaveLength(4)
  })

  test('for a client of its own, and for a subject of another', async () => {
    const { id } = site.key
    const own = await site.ask({ ...CREDENTIALS, audience: FILES }, site.own)
    expect(claimsIn(own)).toMatchObject({ sub: id, client_id: id, aud: FILES })
    expect(own.body).not.toHaveProperty('issued_token_type')
    const other = await site.create()
    const subject = { ...EXCHANGE, subject_token: other.secret }
    const exchanged = await site.ask({ ...subject, requested_token_type: JWT }, site.own)
    expect(claimsIn(exchanged)).toMatchObject({ sub: other.id, client_id: other.id })
    expect(exchanged.body).toMatchObject({ issued_token_type: JWT })
    const plain = await site.ask(subject)
    expect(plain.body).toMatchObject({ issued_token_type: ACCESS_TOKEN })
  })
})

test('what comes again by itself is said as everywhere: 429, and 503 in an outage', async () => {
  const plans = { once: { quota: { limit: 1, window: '1h' } } } as const
  const away = () => Promise.reject(new Error('away'))
  const limited = await openSite({ plans, limits: { defaultPlan: 'once' } })
  const subject = { ...EXCHANGE, subject_token: limited.key.secret }
  expect(await limited.ask(subject)).toMatchObject({ status: 200 })
  for (const answer of [await limited.ask(subject), await limited.ask(CREDENTIALS, limited.own)]) {
    expect(answer).toMatchObject({ status: 429, body: { code: 'quota_exceeded' } })
  }
  const unsigned = await openSite({ issuing: { signingKeys: away } })
  expect(await unsigned.ask(CREDENTIALS, unsigned.own)).toMatchObject({
    ...{ status: 503, body: { code: 'store_unavailable' } },
  })
  const forgetful = await openSite({ issuing: { replayStore: { addIfAbsent: away } } })
  expect(await forgetful.ask({ ...BEARER, assertion: await assertionOf() })).toMatchObject({
    ...{ status: 503, body: { code: 'store_unavailable' } },
  })
  for (const { api } of [limited, unsigned, forgetful]) await api.close()
})

test('guesses of accounts are counted against their address, and what an account gets wrong is not', async () => {
  const site = await openSite({ ...ELSEWHERE.options }, ELSEWHERE.headers)
  const stranger = createPair('ES256', 'importer-1')
  const statusOf = async (id: string, by = pair) =>
    (await site.ask({ ...BEARER, assertion: await assertionOf(id, by) })).status
  for (let count = 0; count < 6; count++) expect(await statusOf(ACCOUNT.id, stranger)).toBe(400)
  const statuses: number[] = []
  for (let count = 0; count < 5; count++) statuses.push(await statusOf(`svc_${String(count)}`))
  expect(statuses).toEqual([400, 400, 400, 400, 429])
  await site.api.close()
})

test('a call without credentials is counted as any anonymous request, and told how its limit stands', async () => {
  const anonymous = { limit: 3, window: '1h' } as const
  const site = await openSite({ limits: { anonymous } })
  // Those who say who they are, and ask for something else that is wrong, are not counted there.
  for (let count = 0; count < 4; count++) {
    expect(await site.ask({ ...CREDENTIALS, scope: 'other' }, site.own)).toMatchObject({
      ...{ status: 400, body: { error: 'invalid_scope' } },
    })
  }
  const answers = [
    await site.ask(CREDENTIALS),
    await site.ask({ ...CREDENTIALS, client_id: 'x' }),
    await site.ask({}),
    await site.ask(CREDENTIALS),
  ]
  expect(
    answers.map(({ status, headers, body }) => [
      ...[status, headers.get('x-ratelimit-remaining'), body['error'] ?? body['code']],
    ]),
  ).toEqual([
    [401, '2', 'invalid_client'],
    [401, '1', 'invalid_client'],
    [401, '0', 'missing_credentials'],
    [429, '0', 'anonymous_limit_exceeded'],
  ])
  // Those who say who they are take nothing of that.
  expect(await site.ask(CREDENTIALS, site.own)).toMatchObject({ status: 200 })
  await site.api.close()
})

test('the native form takes a key, and says what is wrong with it as any guard does', async () => {
  const site = await openSite()
  const made = await site.ask({ audience: FILES }, bearer(site.key.secret))
  expect(decodeJwt(String(made.body['access_token']))).toMatchObject({ aud: FILES })
  for (const form of [{ audience: 'urn:other' }, { scopes: 'read:orders' }] as Form[]) {
    expect(await site.ask(form, bearer(site.key.secret))).toMatchObject({
      ...{ status: 400, body: { code: 'invalid_input' } },
    })
  }
  const get = await site.api.ask('/token')
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  await site.api.close()
})

describe('the native form', () => {
  let site: Site
  beforeAll(async () => {
    site = await openSite()
  })
  afterAll(() => site.api.close())

  test('takes scopes, however many blanks are between them', async () => {
    for (const scope of ['read:orders write:orders', ' read:orders  write:orders ']) {
      const { body } = await site.ask({ scope }, bearer(site.key.secret))
      expect(body).toMatchObject({ scope: 'read:orders write:orders' })
    }
  })

  test('says what is wrong with a credential as any guard does', async () => {
    const { accessToken } = await site.gate.tokens.exchange(site.key.secret)
    const two = { ...bearer(site.key.secret), 'x-api-key': site.key.secret }
    for (const [headers, status, text] of [
      [bearer('acme_live_sk_wrong'), 401, 'invalid_credentials'],
      [bearer(accessToken), 401, 'A token cannot be exchanged for another one'],
      [two, 400, 'multiple_credentials'],
      [{}, 401, 'missing_credentials'],
    ] as const) {
      const answer = await site.ask({}, headers)
      expect(answer.status).toBe(status)
      expect(JSON.stringify(answer.body)).toContain(text)
      expect(answer.body).not.toHaveProperty('error')
    }
  })

  test('says what is wrong with a body', async () => {
    const own = bearer(site.key.secret)
    const twice = await site.api.post('/token', 'scope=a&scope=b', own)
    expect(twice).toMatchObject({
      ...{ status: 400, body: { error: 'invalid_request' } },
    })
    expect(twice.body['error_description']).toMatch(/./)
    const unknown = await site.ask({ scopes: 'read:orders' }, own)
    expect(unknown.body['detail']).toBe(
      "The body has a member that is not known: 'scope' and 'audience' are.",
    )
    const odd = await site.ask({ scope: 'x' }, { ...own, 'content-type': 'text/plain' })
    expect([odd.status, odd.body['code']]).toEqual([415, 'unsupported_media_type'])
  })

  test('is refused without TLS', async () => {
    const plain = { ...ELSEWHERE.headers, 'x-forwarded-proto': 'http' }
    const insecure = await openSite({ ...ELSEWHERE.options }, plain)
    const answer = await insecure.ask({}, bearer(insecure.key.secret))
    expect([answer.status, answer.body['code']]).toEqual([403, 'https_required'])
    await insecure.api.close()
  })
})
