import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { basic, bearer, ELSEWHERE, FRAMEWORKS, ISSUER, openIssuer, serve } from './api.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const CREDENTIALS = { grant_type: 'client_credentials' }

describe.each(FRAMEWORKS)('the token endpoint on %s', (framework) => {
  const issuer = openIssuer({ issuing: { audience: [ISSUER, 'https://files.example.com'] } })
  const { gate, create, verdict } = issuer
  let api: Awaited<ReturnType<typeof serve>>
  let key: Awaited<ReturnType<typeof create>>

  beforeAll(async () => {
    api = await serve(framework, gate)
    key = await create()
  })
  afterAll(() => api.close())

  const unkept = ({ headers }: { readonly headers: Headers }) => [
    headers.get('cache-control'),
    headers.get('pragma'),
    headers.get('content-type'),
  ]
  const UNKEPT = ['no-store', 'no-cache', 'application/json; charset=utf-8']

  describe('RFC 6749 section 3.2', () => {
    test.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])('%s: 405 with Allow', async (method) => {
      const answer = await api.ask('/token', { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
    })

    test.each([
      'grant_type=client_credentials&grant_type=client_credentials',
      'grant_type=client_credentials&scope=read:orders&scope=write:orders',
      'grant_type=client_credentials&unknown=1&unknown=2',
      'grant_type=&grant_type=client_credentials',
    ])('a parameter that is repeated: invalid_request (%s)', async (form) => {
      const answer = await api.post('/token', form, basic(key.id, key.secret))
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    })

    test('an empty value is one that is omitted, and what is unknown is ignored', async () => {
      const form = { ...CREDENTIALS, scope: '', client_id: '', unknown: 'x' }
      const answer = await api.post('/token', form, basic(key.id, key.secret))
      expect(answer).toMatchObject({ status: 200, body: { scope: 'read:orders write:orders' } })
    })
  })

  describe('RFC 6749 section 2.3.1', () => {
    test('Basic, and id and secret in the body', async () => {
      const inBody = { ...CREDENTIALS, client_id: key.id, client_secret: key.secret }
      const answers = [
        await api.post('/token', CREDENTIALS, basic(key.id, key.secret)),
        await api.post('/token', inBody),
        await api.post('/token', { ...CREDENTIALS, client_id: key.id }, basic(key.id, key.secret)),
      ]
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    })

    test('Basic is form-decoded, after it was parted at the first colon', async () => {
      const secret = 'of:several parts + 100%'.replaceAll(' ', '')
      const more = { name: 'Old', ownerId: 'org_1', environment: 'live' } as const
      const { id } = await gate.keys.import({ ...more, secret })
      const header = basic(encodeURIComponent(id), encodeURIComponent(secret))
      expect(await api.post('/token', CREDENTIALS, header)).toMatchObject({ status: 200 })
      const plain = basic(id, 'of:severalparts%ZZ')
      expect(await api.post('/token', CREDENTIALS, plain)).toMatchObject({ status: 401 })
    })

    test.each([
      ['Basic beside a secret in the body', (id: string, secret: string) => ({ id, secret })],
      [
        'Basic of another client than the body says',
        () => ({ id: 'key_other', secret: undefined }),
      ],
    ])('%s: invalid_request', async (_, make) => {
      const { id, secret } = make(key.id, key.secret)
      const form = { ...CREDENTIALS, client_id: id, ...(secret && { client_secret: secret }) }
      const answer = await api.post('/token', form, basic(key.id, key.secret))
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    })

    test('a secret in the URL: invalid_request', async () => {
      const path = `/token?client_id=${key.id}&client_secret=${key.secret}`
      expect(await api.post(path, CREDENTIALS)).toMatchObject({
        body: { error: 'invalid_request' },
      })
    })
  })

  describe('RFC 6749 section 5.2', () => {
    test.each<[string, (id: string, secret: string) => Readonly<Record<string, string>>]>([
      ['a wrong secret', (id) => basic(id, 'acme_live_sk_wrong')],
      ['the secret of another id', (_id, secret) => basic('key_other', secret)],
      ['no secret', (id) => basic(id, '')],
      ['no colon', (id) => ({ authorization: `Basic ${Buffer.from(id).toString('base64')}` })],
      ['what is no base64', () => ({ authorization: 'Basic ***' })],
      ['no client at all', () => ({})],
      ['a key as Bearer', (_id, secret) => bearer(secret)],
      ['another scheme', () => ({ authorization: 'Digest username="x"' })],
    ])('%s: 401 invalid_client, and a challenge', async (_, make) => {
      const answer = await api.post('/token', CREDENTIALS, make(key.id, key.secret))
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client'])
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="api", charset="UTF-8"')
      expect(unkept(answer)).toEqual(UNKEPT)
    })

    test.each<[string, Readonly<Record<string, string>>, string]>([
      ['an unknown grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
      ['a scope that the key lacks', { ...CREDENTIALS, scope: 'manage:keys' }, 'invalid_scope'],
      ['a scope of nobody', { ...CREDENTIALS, scope: 'read:orders all' }, 'invalid_scope'],
      ['no grant type', {}, 'invalid_request'],
    ])('%s: 400 %j %s', async (_, form, error) => {
      const answer = await api.post('/token', form, basic(key.id, key.secret))
      expect([answer.status, answer.body['error']]).toEqual([400, error])
      expect(answer.headers.get('www-authenticate')).toBeNull()
      expect(unkept(answer)).toEqual(UNKEPT)
    })

    test('a key that may not be used from here: unauthorized_client', async () => {
      const away = await create({ allowedIps: ['203.0.113.0/24'] })
      const answer = await api.post('/token', CREDENTIALS, basic(away.id, away.secret))
      expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client'])
    })
  })

  test('RFC 6749 sections 4.4.3 and 5.1: what an answer has, and no refresh token', async () => {
    const form = { ...CREDENTIALS, scope: 'read:orders' }
    const answer = await api.post('/token', form, basic(key.id, key.secret))
    expect(unkept(answer)).toEqual(UNKEPT)
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3_600,
      scope: 'read:orders',
      issued_at: '2030-03-17T17:46:40Z',
    })
  })

  test('RFC 9068 section 2: type and claims; owner and environment travel along', async () => {
    const answer = await api.post('/token', CREDENTIALS, basic(key.id, key.secret))
    const token = String(answer.body['access_token'])
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'signer-1' })
    expect(decodeJwt(token)).toEqual({
      ...{ iss: ISSUER, aud: [ISSUER, 'https://files.example.com'] },
      // RFC 9068 section 2.2: the subject of client_credentials is the client.
      ...{ sub: key.id, client_id: key.id, jti: expect.stringMatching(/^tok_\w{22}$/) },
      ...{ iat: 1_900_000_000, exp: 1_900_003_600, scope: 'read:orders write:orders' },
      ...{ owner_id: 'org_1', environment: 'live' },
    })
    expect(await api.get('/orders', token)).toMatchObject({ status: 200, body: { text: 'org_1' } })
  })

  test.each([
    ['client_credentials', CREDENTIALS, true],
    ['the native form', {}, false],
  ])('RFC 8707 section 2: %s, for one of the audiences and no other', async (_, form, isClient) => {
    const who = isClient ? basic(key.id, key.secret) : bearer(key.secret)
    const one = { ...form, audience: 'https://files.example.com' }
    const { body } = await api.post('/token', one, who)
    expect(decodeJwt(String(body['access_token'])).aud).toBe('https://files.example.com')
    const wrong = { ...form, resource: 'https://other.example.com' }
    const refused = await api.post('/token', wrong, who)
    expect(refused.status).toBe(400)
    expect(refused.body[isClient ? 'error' : 'code']).toBe(
      isClient ? 'invalid_target' : 'invalid_input',
    )
  })

  describe('the native form', () => {
    test('a list with no scope in it is none, and not all', async () => {
      const { status, body } = await api.postJson('/token', { scope: [] }, bearer(key.secret))
      expect(status).toBe(200)
      expect(decodeJwt(String(body['access_token']))).not.toHaveProperty('scope')
    })

    test.each([[{ scopes: ['read:orders'] }], [{ scope: 'read:orders', expires_in: 60 }]])(
      'what it does not know is refused: %j',
      async (body) => {
        const answer = await api.postJson('/token', body, bearer(key.secret))
        expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_input'])
        expect(await api.post('/token', { scopes: 'x' }, bearer(key.secret))).toMatchObject({
          status: 400,
        })
      },
    )

    test('what it is held to travels along', async () => {
      const held = await create({ resources: ['orders/o_1'] })
      const { accessToken } = await gate.tokens.exchange(held.secret)
      expect(decodeJwt(accessToken)).toHaveProperty('resources', ['orders/o_1'])
    })

    test.each<[string, unknown, string]>([
      ['a list', { scope: ['read:orders'] }, 'read:orders'],
      ['a text', { scope: 'write:orders read:orders' }, 'write:orders read:orders'],
      ['nothing', {}, 'read:orders write:orders'],
    ])('takes %s as scope', async (_, body, scope) => {
      const answer = await api.postJson('/token', body, bearer(key.secret))
      expect(answer).toMatchObject({ status: 200, body: { scope } })
    })

    test('takes a form, a key in its own header, and no body at all', async () => {
      const own = { 'x-api-key': key.secret }
      const answers = [
        await api.post('/token', { scope: 'read:orders' }, own),
        await api.ask('/token', { method: 'POST', headers: own }),
      ]
      expect(answers.map(({ status, body }) => [status, body['scope']])).toEqual([
        [200, 'read:orders'],
        [200, 'read:orders write:orders'],
      ])
    })

    test('a token is no key: 401', async () => {
      const { accessToken } = await gate.tokens.exchange(key.secret)
      const answer = await api.postJson('/token', {}, bearer(accessToken))
      expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_credentials'])
      await expect(gate.tokens.exchange(accessToken)).rejects.toMatchObject({ status: 401 })
    })

    test('what is wrong with a key is said as by any guard', async () => {
      const answer = await api.postJson('/token', {}, bearer('acme_live_sk_wrong'))
      expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="api"')
      expect(await api.postJson('/token', {})).toMatchObject({ status: 401 })
    })
  })

  describe('a body that cannot be read', () => {
    test.each<[string, string, string, number]>([
      ['JSON that ends too soon', '{"scope": [', 'application/json', 400],
      ['a name twice', '{"scope":"a","scope":"b"}', 'application/json', 400],
      ['a list', '[]', 'application/json', 400],
      ['a scope that is a number', '{"scope":1}', 'application/json', 400],
      ['a list of numbers', '{"scope":[1]}', 'application/json', 400],
      ['depth', '['.repeat(60_000), 'application/json', 400],
      ['65,536 bytes', `scope=${'+'.repeat(65_530)}`, 'application/x-www-form-urlencoded', 200],
      ['65,537 bytes', 'a'.repeat(65_537), 'application/x-www-form-urlencoded', 413],
      ['10 MB', 'a=1&'.repeat(2_500_000), 'application/x-www-form-urlencoded', 413],
      ['30,000 parameters', 'a&'.repeat(30_000), 'application/x-www-form-urlencoded', 400],
      ['another charset', 'a=b', 'application/x-www-form-urlencoded; charset=utf-16', 415],
      ['multipart', '--x--', 'multipart/form-data; boundary=x', 415],
      ['no type', 'a=b', 'text/plain', 415],
    ])('%s: %s %s %i', async (_name, body, type, status) => {
      const headers = { ...bearer(key.secret), 'content-type': type }
      const begun = performance.now()
      const ask = () => api.ask('/token', { method: 'POST', headers, body })
      // Past 16 times the limit, nobody reads on. What comes next on that connection may be lost with it, and is sent again.
      const answer = await ask().catch(() => (status === 413 ? { status } : ask()))
      expect(answer.status).toBe(status)
      expect(performance.now() - begun).toBeLessThan(5_000)
    })
  })

  describe('RFC 8693 section 2', () => {
    const exchange = (form: Readonly<Record<string, string>>, headers = {}) =>
      api.post(
        '/token',
        { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN, ...form },
        headers,
      )

    test('a key for a token', async () => {
      const answer = await exchange({ subject_token: key.secret, scope: 'read:orders' })
      expect(answer).toMatchObject({
        status: 200,
        body: { issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', scope: 'read:orders' },
      })
    })

    test('a token for one that can do less, and lives no longer', async () => {
      const { accessToken } = await gate.tokens.exchange(key.secret)
      issuer.time.now += 600_000
      const form = { subject_token: accessToken, subject_token_type: JWT, scope: 'read:orders' }
      const answer = await exchange({ ...form, requested_token_type: JWT })
      expect(answer.body).toMatchObject({ issued_token_type: JWT, expires_in: 3_000 })
      const narrow = String(answer.body['access_token'])
      const more = { subject_token: narrow, scope: 'write:orders' }
      expect(await exchange(more)).toMatchObject({ body: { error: 'invalid_scope' } })
      expect(await verdict(narrow)).toBe('allowed')
    })

    test('for one of the audiences; another one is an invalid_target', async () => {
      const form = { subject_token: key.secret }
      const files = await exchange({ ...form, resource: 'https://files.example.com' })
      const claims = decodeJwt(String(files.body['access_token']))
      expect(claims.aud).toBe('https://files.example.com')
      const two = `grant_type=${EXCHANGE}&subject_token_type=${ACCESS_TOKEN}&subject_token=${key.secret}`
      const both = `${two}&audience=${ISSUER}&audience=https://files.example.com`
      expect(await api.post('/token', both)).toMatchObject({ status: 200 })
      const other = await exchange({ ...form, audience: 'https://other.example.com' })
      expect([other.status, other.body['error']]).toEqual([400, 'invalid_target'])
    })

    test.each<[string, Readonly<Record<string, string>>]>([
      ['no subject token', {}],
      ['no type', { subject_token: 'x', subject_token_type: '' }],
      ['an unknown type', { subject_token: 'x', subject_token_type: 'urn:x' }],
      ['a subject token of nobody', { subject_token: 'acme_live_sk_wrong' }],
      ['a JWT of somebody else', { subject_token: 'eyJhbGciOiJub25lIn0.e30.AA' }],
      ['a type that is not issued', { subject_token: 'x', requested_token_type: 'urn:x' }],
      ['an actor', { subject_token: 'x', actor_token: 'x', actor_token_type: ACCESS_TOKEN }],
      ['the type of no actor', { subject_token: 'x', actor_token_type: ACCESS_TOKEN }],
      ['a resource that is no URI', { subject_token: 'x', resource: 'files' }],
      ['a resource with a fragment', { subject_token: 'x', resource: `${ISSUER}#a` }],
    ])('%s: invalid_request', async (_, form) => {
      const answer = await exchange(form)
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_request'])
    })

    test('a key is no JWT; a client that says who it is must be right', async () => {
      const form = { subject_token: key.secret }
      const asJwt = await exchange({ ...form, subject_token_type: JWT })
      expect(asJwt.body['error']).toBe('invalid_request')
      const wrong = await exchange(form, basic(key.id, 'wrong'))
      expect([wrong.status, wrong.body['error']]).toEqual([401, 'invalid_client'])
    })
  })

  test('the public keys: nothing private in them, for ten minutes', async () => {
    const answer = await api.ask('/jwks')
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600')
    const { d: _, ...jwk } = { d: '', ...(answer.body['keys'] as object[])[0] }
    expect(answer.body).toEqual({ keys: [jwk] })
    expect(jwk).toMatchObject({
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: 'signer-1',
    })
    expect(await api.ask('/jwks', { method: 'HEAD' })).toMatchObject({ status: 200 })
    const posted = await api.ask('/jwks', { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('guessing', () => {
  test('RFC 6749 section 2.3.1: secrets that do not exist are penalties of their source, as at the doors', async () => {
    const { gate, create } = openIssuer({ ...ELSEWHERE.options })
    const api = await serve('Express', gate, ELSEWHERE.headers)
    const key = await create()
    const guess = (n: number) =>
      api.post('/token', CREDENTIALS, basic(key.id, `acme_live_sk_guess${String(n)}`))
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) statuses.push((await guess(n)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    expect(Number((await guess(9)).headers.get('retry-after'))).toBeGreaterThan(0)
    await api.close()
  })

  test('RFC 6749 section 10.10: a secret is one of more than 2^160', async () => {
    const { create } = openIssuer()
    const bodies = new Set<string>()
    for (let n = 0; n < 20; n++) {
      const { secret } = await create()
      // Without the checksum, which tells nothing more.
      const [, body = ''] = /^acme_live_sk_([0-9A-Za-z]+)[0-9A-Za-z]{6}$/.exec(secret) ?? []
      expect(body.length * Math.log2(62)).toBeGreaterThan(160)
      bodies.add(body)
    }
    expect(bodies.size).toBe(20)
  })

  test('RFC 7009 section 5: at the revocation endpoint as well', async () => {
    const { gate, create } = openIssuer({ ...ELSEWHERE.options })
    const api = await serve('Express', gate, ELSEWHERE.headers)
    const key = await create()
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) {
      const client = basic(key.id, `acme_live_sk_guess${String(n)}`)
      statuses.push((await api.post('/revoke', { token: 'eyJhIjoxfQ.e30.x' }, client)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429])
    await api.close()
  })

  test('control: without penalties they are not', async () => {
    const { gate } = openIssuer()
    const api = await serve('Express', gate)
    for (let n = 0; n < 6; n++) {
      const answer = await api.post('/token', CREDENTIALS, basic('key_1', `guess${String(n)}`))
      expect(answer.status).toBe(401)
    }
    await api.close()
  })
})
