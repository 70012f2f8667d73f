import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  DiagnosisError,
  type CredentialPlace,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import { CLAIMS, createPair, issuerWith, NOW, signToken } from '../jwt/issuer.js'

const PAIR = createPair('ES256', 'k1')
const token = await signToken(CLAIMS, PAIR)
const KEY: CredentialPlace = { header: 'X-API-Key', accepts: 'key' }

async function open(from: readonly CredentialPlace[], options: Partial<GateOptions> = {}) {
  const told: unknown[] = []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] },
    issuers: [issuerWith(PAIR)],
    clock: () => NOW * 1_000,
    onError: (error) => told.push(error),
    credentials: { from },
    ...options,
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const check = (lines: Readonly<Record<string, string>>, request: Partial<GateRequest> = {}) =>
    gate.check({
      ...{ method: 'GET', url: '/', peer: { address: '203.0.113.9', encrypted: true } },
      rawHeaders: Object.entries(lines).flatMap(([name, value]) => [
        name,
        value.replace('TOKEN', token).replace('KEY', secret),
      ]),
      ...request,
    })
  const verdict = async (...request: Parameters<typeof check>) => {
    const decision = await check(...request)
    return decision.allowed ? decision.auth.kind : decision.reason
  }
  return { gate, secret, told, check, verdict }
}

describe('a header', () => {
  test('with a scheme of its own', async () => {
    const { verdict, check } = await open([
      { header: 'Authorization', scheme: 'ApiKey', accepts: 'key' },
      { header: 'authorization', scheme: 'Bearer', accepts: 'token' },
    ])
    expect(await verdict({ Authorization: 'ApiKey KEY' })).toBe('key')
    expect(await verdict({ authorization: 'apikey  KEY' })).toBe('key')
    expect(await verdict({ Authorization: 'Bearer TOKEN' })).toBe('token')
    expect(await verdict({ Authorization: 'Bearer KEY' })).toBe('token_malformed')
    expect(await verdict({ Authorization: 'ApiKey TOKEN' })).toBe('unknown_key')
    expect(await verdict({ Authorization: 'ApiKeys KEY' })).toBe('missing_credentials')
    expect(await verdict({ Authorization: 'ApiKey KEY KEY' })).toBe('malformed_request')
    expect(await verdict({ Authorization: 'ApiKey' })).toBe('missing_credentials')
    const { headers } = await check({})
    expect(headers['www-authenticate']).toBe('ApiKey realm="api"')
  })

  test('without a scheme, such as that of a gateway', async () => {
    const { verdict } = await open([{ header: 'Cf-Access-Jwt-Assertion', accepts: 'token' }, KEY])
    expect(await verdict({ 'cf-access-jwt-assertion': 'TOKEN' })).toBe('token')
    expect(await verdict({ 'X-Api-Key': 'KEY', Authorization: 'Bearer TOKEN' })).toBe('key')
    expect(await verdict({ 'X-Api-Key': 'KEY', 'Cf-Access-Jwt-Assertion': 'TOKEN' })).toBe(
      'multiple_credentials',
    )
    expect(await verdict({ Authorization: 'Bearer TOKEN' })).toBe('missing_credentials')
  })

  test('responses vary by the headers that are read', async () => {
    const { check } = await open([KEY, { cookie: 'session', accepts: 'token' }])
    expect((await check({ 'X-Api-Key': 'KEY' })).headers['vary']).toBe('X-API-Key, Cookie')
  })
})

describe('a cookie', () => {
  const SESSION: CredentialPlace = { cookie: 'session', accepts: 'token' }
  const COOKIE = { Host: 'api.example.com', Cookie: 'a=b; session=TOKEN; c=d' }

  test('is read among others, once', async () => {
    const { verdict } = await open([SESSION, KEY])
    expect(await verdict(COOKIE)).toBe('token')
    expect(await verdict({ Cookie: 'sessions=TOKEN' })).toBe('missing_credentials')
    expect(await verdict({ Cookie: 'session=' })).toBe('missing_credentials')
    expect(await verdict({ Cookie: 'sessionX' })).toBe('missing_credentials')
    expect(await verdict({ Cookie: 'session=TOKEN; session=TOKEN' })).toBe('multiple_credentials')
    expect(await verdict({ Cookie: 'session=a"b' })).toBe('malformed_request')
    expect(await verdict({ ...COOKIE, 'X-Api-Key': 'KEY' })).toBe('multiple_credentials')
    const lines = ['Cookie', 'a=b', 'Cookie', `session=${token}`]
    expect(await verdict({}, { rawHeaders: lines })).toBe('token')
  })

  test.each(['session=', 'session= ', 'session=""', 'a=b; session=; c=d', 'session=; session='])(
    'that is empty, as signing out leaves it, is as good as not there: %s',
    async (Cookie) => {
      const { verdict } = await open([SESSION, KEY])
      expect(await verdict({ Cookie })).toBe('missing_credentials')
      expect(await verdict({ Cookie, 'X-Api-Key': 'KEY' })).toBe('key')
      expect(await verdict({ Cookie: `${Cookie}; session=TOKEN` })).toBe('token')
      expect(await verdict({ Cookie, 'X-Api-Key': 'KEY' }, { method: 'POST' })).toBe('key')
    },
  )

  const OWN = 'https://api.example.com'
  test.each<[string, Record<string, string>, boolean]>([
    ['of nobody', {}, false],
    ['of the same origin', { Origin: OWN }, true],
    ['of the same origin, without TLS', { Origin: 'http://api.example.com' }, false],
    ['of a page elsewhere', { Origin: 'https://evil.example' }, false],
    ['of another port', { Origin: `${OWN}:8443` }, false],
    ['of no origin', { Origin: 'null' }, false],
    ['of the same origin, by the browser', { 'Sec-Fetch-Site': 'same-origin' }, true],
    ['of the user', { 'Sec-Fetch-Site': 'none' }, true],
    ['of the same site', { 'Sec-Fetch-Site': 'same-site', Origin: OWN }, false],
    ['of another site', { 'Sec-Fetch-Site': 'cross-site' }, false],
    [
      'of an origin that is named',
      { Origin: 'https://app.example.com', 'Sec-Fetch-Site': 'same-site' },
      true,
    ],
  ])('that is sent with a request that changes something, %s', async (_, lines, isAllowed) => {
    const { verdict } = await open([{ ...SESSION, origins: ['https://app.example.com'] }])
    const expected = isAllowed ? 'token' : 'origin_not_allowed'
    expect(await verdict({ ...COOKIE, ...lines }, { method: 'POST' })).toBe(expected)
    expect(await verdict({ ...COOKIE, ...lines, Upgrade: 'websocket' })).toBe(expected)
    expect(await verdict({ ...COOKIE, ...lines })).toBe('token')
  })

  describe('the page that a request is from is told by', () => {
    const withLines = (...lines: string[]) => ({
      rawHeaders: ['Cookie', `session=${token}`, ...lines],
    })
    const HOST = ['Host', 'api.example.com']
    const SAME = ['Sec-Fetch-Site', 'same-origin']
    const [NO, YES] = ['origin_not_allowed', 'token']

    test.each([
      ['one origin, and not two that are alike', ['Origin', OWN, 'Origin', OWN, ...HOST], NO],
      ['one line of the browser', [...SAME, ...SAME], NO],
      [
        'no origin that is named, beside another',
        ['Origin', 'https://app.example.com', 'Origin', 'https://evil.example', ...HOST],
        NO,
      ],
      ['one of either', [...['Origin', OWN, 'Origin', OWN, ...HOST], ...SAME, ...SAME], NO],
      ['one host, and not two that are alike', ['Origin', OWN, ...HOST, ...HOST], NO],
      ['the host, in any letters', ['Origin', OWN, 'Host', 'API.example.com'], YES],
      ['the authority of HTTP/2', ['Origin', OWN, ':authority', 'api.example.com'], YES],
      ['another authority of HTTP/2', ['Origin', OWN, ':authority', 'evil.example'], NO],
      ['no host', ['Origin', OWN], NO],
      ['an origin, and no URL', ['Origin', `${OWN}/`, ...HOST], NO],
      [
        'localhost, without TLS',
        ['Origin', 'http://localhost:8080', 'Host', 'localhost:8080'],
        YES,
      ],
      ['the machine itself', ['Origin', 'http://127.0.0.1:8080', 'Host', '127.0.0.1:8080'], YES],
    ])('%s', async (_, lines, expected) => {
      const { verdict } = await open([{ ...SESSION, origins: ['https://app.example.com'] }])
      expect(await verdict({}, { method: 'POST', ...withLines(...lines) })).toBe(expected)
    })

    test.each([
      ...['GET', 'HEAD', 'OPTIONS', 'TRACE'].map((method) => [method, YES]),
      ...['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'get'].map((method) => [method, NO]),
    ])('%s: %s', async (method, expected) => {
      const { verdict } = await open([SESSION])
      const lines = withLines('Origin', 'https://evil.example', ...HOST)
      expect(await verdict({}, { method, ...lines })).toBe(expected)
    })

    test.each([
      [
        ['Origin', 'https://evil.example', 'Sec-Fetch-Site', 'cross-site'],
        "'https://evil.example'",
      ],
      [['Sec-Fetch-Site', 'cross-site'], "'cross-site'"],
      [[], 'neither Origin nor Sec-Fetch-Site'],
    ])('and the operator is told of %j', async (lines, got) => {
      const { check } = await open([SESSION])
      const denial = await check({}, { method: 'POST', ...withLines(...lines) })
      expect(denial).toMatchObject({ status: 403, cause: { check: 'origin', got } })
    })
  })

  test('a cookie that an earlier guard has taken is held to its origins by each later one, by the method of that time', async () => {
    const { check } = await open([SESSION, KEY])
    const evil = { Origin: 'https://evil.example' }
    const outcomes = async (lines: Readonly<Record<string, string>>) => {
      const methods = ['GET', 'GET', 'DELETE']
      const told: string[] = []
      let grant: GateRequest['grant']
      for (const method of methods) {
        const decision = await check(lines, { method, ...(grant && { grant }) })
        told.push(decision.allowed ? 'allowed' : decision.reason)
        if (decision.allowed) grant = decision
      }
      return told
    }
    expect(await outcomes({ ...COOKIE, ...evil })).toEqual([
      'allowed',
      'allowed',
      'origin_not_allowed',
    ])
    const own = { 'Sec-Fetch-Site': 'same-origin' }
    expect(await outcomes({ ...COOKIE, ...own })).toEqual(['allowed', 'allowed', 'allowed'])
    expect(await outcomes({ 'X-Api-Key': 'KEY', ...evil })).toEqual([
      'allowed',
      'allowed',
      'allowed',
    ])
  })

  test('from anywhere, where the app says so; and 403 says why it is not', async () => {
    const { verdict } = await open([{ ...SESSION, origins: false }])
    expect(await verdict(COOKIE, { method: 'DELETE' })).toBe('token')
    const { check } = await open([SESSION])
    const lines = { ...COOKIE, Origin: 'https://evil.example' }
    expect(await check(lines, { method: 'DELETE' })).toMatchObject({
      ...{ status: 403, cause: { check: 'origin', got: "'https://evil.example'" } },
    })
  })
})

describe('the query', () => {
  test('of GET alone, and kept out of records and errors', async () => {
    const { gate, verdict, check, told } = await open([{ query: 'token' }], {})
    const url = `/orders?token=${token}`
    expect(await verdict({}, { url })).toBe('token')
    expect(await verdict({}, { url: `${url}#x` })).toBe('token')
    expect(await verdict({}, { url, method: 'POST' })).toBe('missing_credentials')
    expect(await verdict({}, { url: `${url}&token=a` })).toBe('multiple_credentials')
    expect(await verdict({}, { url: '/?token=' })).toBe('missing_credentials')
    const denial = await check({}, { url: `${url}x` })
    expect(denial.allowed).toBe(false)
    expect(inspect([denial, told], { depth: 9 })).not.toContain(token.slice(-20))
    await gate.close()
  })

  test('is not read, and does not count, unless it is named', async () => {
    const { verdict } = await open([KEY], { issuers: [] })
    expect(await verdict({ 'X-Api-Key': 'KEY' }, { url: `/?access_token=${token}` })).toBe('key')
    expect(await verdict({}, { url: `/?access_token=${token}` })).toBe('missing_credentials')
  })
})

describe('a place of one kind is no place of another:', () => {
  const HEADER: CredentialPlace = { header: 'session' }
  const BEARER: CredentialPlace = { header: 'Authorization', scheme: 'Bearer' }
  test.each<[string, CredentialPlace, Record<string, string>, string, string]>([
    ['a cookie, as a header', { cookie: 'session' }, { session: 'KEY' }, '/', 'missing'],
    ['a cookie, in the query', { cookie: 'session' }, {}, '/?session=KEY', 'missing'],
    ['a cookie, as one', { cookie: 'session' }, { Cookie: 'session= KEY ' }, '/', 'key'],
    ['the query, as a header', { query: 'session' }, { session: 'KEY' }, '/', 'missing'],
    ['the query, as a cookie', { query: 'session' }, { Cookie: 'session=KEY' }, '/', 'missing'],
    ['a header, as a cookie', HEADER, { Cookie: 'session=KEY' }, '/', 'missing'],
    ['a header, in the query', HEADER, {}, '/?session=KEY', 'missing'],
    ['access_token, as a cookie', { cookie: 'access_token' }, {}, '/?access_token=KEY', 'missing'],
  ])('%s', async (_, place, lines, url, expected) => {
    const { verdict } = await open([place, { header: 'X-Other' }], { issuers: [] })
    expect(await verdict({ Host: 'a', ...lines }, { url })).toBe(
      expected === 'missing' ? 'missing_credentials' : expected,
    )
  })

  test.each<[string, CredentialPlace, string]>([
    ['another name', { query: 'token' }, 'multiple_credentials'],
    ['a cookie of its name', { cookie: 'access_token' }, 'multiple_credentials'],
    ['its name', { query: 'access_token' }, 'key'],
  ])(
    'RFC 6750 section 2.3: access_token beside the scheme, where a place has %s',
    async (_, place, expected) => {
      const { verdict, secret } = await open([BEARER, place], { issuers: [] })
      const bearer = { Authorization: 'Bearer KEY' }
      expect(await verdict(bearer)).toBe('key')
      expect(await verdict(bearer, { url: '/?access_token=x' })).toBe('multiple_credentials')
      const alone = await verdict({}, { url: `/?access_token=${secret}` })
      expect(alone).toBe(expected === 'key' ? 'key' : 'missing_credentials')
    },
  )
})

test('a scheme is taken letter by letter, and a bearer token has the characters of one', async () => {
  const { verdict } = await open(
    [
      { header: 'Authorization', scheme: 'Acme.Key' },
      { header: 'Authorization', scheme: 'bearer' },
    ],
    { issuers: [] },
  )
  expect(await verdict({ Authorization: 'acme.key KEY' })).toBe('key')
  expect(await verdict({ Authorization: 'AcmexKey KEY' })).toBe('missing_credentials')
  expect(await verdict({ Authorization: 'Acme.Key a!b' })).toBe('unknown_key')
  expect(await verdict({ Authorization: 'Bearer a!b' })).toBe('malformed_request')
  expect(await verdict({ Authorization: 'Bearer ab==' })).toBe('unknown_key')
})

test('what the app has taken out of the headers is not read', async () => {
  const { verdict } = await open([KEY], { issuers: [] })
  expect(await verdict({ 'X-API-Key': 'KEY' }, { headers: {} })).toBe('missing_credentials')
})

test.each<[string, Record<string, string>, string, string, string]>([
  ['an empty cookie', { Cookie: 'session=' }, '/', 'empty', 'the cookie `session` is empty'],
  ['an empty parameter', {}, '/?token=', 'empty', 'the query parameter `token` is empty'],
  [
    'an odd header',
    { 'X-API-Key': '"a"' },
    '/',
    'syntax',
    'something else in the header `X-API-Key`',
  ],
  [
    'an odd cookie',
    { Cookie: 'session="a"' },
    '/',
    'syntax',
    'something else in the cookie `session`',
  ],
  [
    'an odd scheme',
    { Authorization: 'Bearer"a"' },
    '/',
    'syntax',
    'something else in Authorization',
  ],
  ['two', { 'X-API-Key': 'KEY' }, '/?token=KEY', 'count', 'several'],
  ['a list', { 'X-API-Key': 'KEY,KEY' }, '/', 'count', 'several'],
])('the cause of a denial says what came: %s', async (_, lines, url, check, got) => {
  const bearer: CredentialPlace = { header: 'Authorization', scheme: 'Bearer', accepts: 'key' }
  const places = [KEY, bearer, { cookie: 'session' }, { query: 'token' }] as const
  const opened = await open(places, { issuers: [] })
  const denial = await opened.check(lines, { url })
  if (denial.allowed) throw new Error('allowed')
  expect(denial.cause).toMatchObject({ check, got })
  expect(denial.cause?.expected).toBe(
    {
      empty: 'a credential',
      count: 'one credential',
      syntax:
        'Authorization' in lines
          ? 'Bearer, spaces and the credential'
          : 'the credential and nothing else',
    }[check],
  )
  const { detail } = JSON.parse(denial.body) as { detail?: string }
  if (check === 'empty') expect(detail).toBe(`Missing credentials: ${got}.`)
  if (check !== 'count') return
  const where =
    'in `X-API-Key` or as `Authorization: Bearer <credential>` or in the cookie `session` or in the query parameter `token` (GET only)'
  expect(detail).toBe(
    `Multiple credentials. Send one, once, ${url === '/' ? 'without a comma' : where}.`,
  )
})

describe('a credential elsewhere is told to the operator, and not to the client', () => {
  test.each<[string, Record<string, string>, string, string]>([
    ['a header', { apikey: 'KEY' }, '/', "the header 'apikey'"],
    ['a scheme', { Authorization: 'Basic KEY' }, '/', 'Authorization, with the scheme Basic'],
    ['no scheme', { Authorization: 'KEY' }, '/', 'Authorization, with no scheme that is known'],
    ['the query', {}, '/?api_key=KEY', "the query parameter 'api_key'"],
  ])('%s', async (_, lines, url, got) => {
    const { check, told, secret } = await open([KEY], { issuers: [] })
    const denial = await check(lines, { url: url.replace('KEY', secret) })
    if (denial.allowed) throw new Error('allowed')
    expect(denial.cause).toMatchObject({ check: 'place', got, expected: 'one in `X-API-Key`' })
    expect(told).toEqual([expect.any(DiagnosisError)])
    expect(inspect([told, denial, denial.cause])).not.toContain(secret.slice(-8))
    const { detail } = JSON.parse(denial.body) as { detail: string }
    expect(detail).toBe('Missing credentials. Send an API key in `X-API-Key`.')
  })
})

describe('the operator is told what is true of a parameter of the query', () => {
  const BEARER: CredentialPlace = { header: 'Authorization', scheme: 'Bearer' }
  async function diagnose(
    from: readonly CredentialPlace[] | undefined,
    lines: Record<string, string>,
    request: Partial<GateRequest>,
  ) {
    const given = from === undefined ? { credentials: {} } : {}
    const { check, told } = await open(from ?? [], { issuers: [], ...given })
    const denial = await check(lines, request)
    if (denial.allowed) throw new Error('allowed')
    const { detail } = JSON.parse(denial.body) as { detail: string }
    return { cause: denial.cause, detail, told: told.map(String).join() }
  }

  test.each<[readonly CredentialPlace[] | undefined]>([
    [undefined],
    [[BEARER, { header: 'X-Other' }]],
  ])('access_token beside a bearer token counts, whatever is named (%j)', async (from) => {
    const url = '/?access_token=abc'
    const { cause, told } = await diagnose(from, { Authorization: 'Bearer KEY' }, { url })
    const got = 'another in the query parameter `access_token`'
    expect(cause).toMatchObject({ check: 'count', got })
    expect(told).toContain(
      "Take it out of the URL: beside 'Authorization: Bearer' it counts, whatever 'credentials.from' names.",
    )
    expect(told).not.toContain('does not count')
  })

  test('two in places that are named', async () => {
    const lines = { Authorization: 'Bearer KEY', 'X-Api-Key': 'KEY' }
    const { told } = await diagnose([BEARER, KEY], lines, {})
    expect(told).toContain("What is in no place of 'credentials.from' does not count.")
  })

  test.each(['POST', 'HEAD', 'DELETE'])('%s: it is read from GET only', async (method) => {
    for (const name of ['access_token', 'of-my-own']) {
      const from = [KEY, { query: name }]
      const { cause, detail, told } = await diagnose(from, {}, { method, url: `/?${name}=abc` })
      const where = `in \`X-API-Key\` or in the query parameter \`${name}\` (GET only)`
      const got = `the query parameter '${name}' of a request that is no GET`
      expect(cause).toEqual({ check: 'place', expected: `one ${where}`, got })
      expect(told).toContain('A query parameter is read from GET requests only')
      expect(told).not.toContain('Send the credential there')
      expect(detail).toBe(`Missing credentials. Send an API key ${where}.`)
    }
  })
})

describe('what is wrong with places is said at start-up', () => {
  test.each<[string, unknown, string]>([
    [
      'two at once',
      [{ header: 'X-A', cookie: 'a' }],
      "must name one of 'header', 'cookie' and 'query'",
    ],
    ['none', [{ accepts: 'key' }], "must name one of 'header', 'cookie' and 'query'"],
    [
      'Authorization without a scheme',
      [{ header: 'Authorization' }],
      "'credentials.from.0.scheme' must be given",
    ],
    ['a scheme of a cookie', [{ cookie: 'a', scheme: 'x' }], "goes with 'header' only"],
    ['origins of a header', [{ ...KEY, origins: [] }], "go with 'cookie' only"],
    [
      'an origin with a path',
      [{ cookie: 'a', origins: ['https://a.example/'] }],
      'must be an origin',
    ],
    ['the same place twice', [KEY, { header: 'x-api-key' }], 'has a place twice'],
    [
      'with a scheme and without',
      [KEY, { header: 'x-api-key', scheme: 'Key' }],
      'has a place twice, or a header with a scheme and without one',
    ],
    ['no place', [], 'must name a place'],
    ['another kind', [{ header: 'X-A', accepts: 'secret' }], "must be 'key', 'token' or 'either'"],
    ['no place for tokens', [KEY], "'issuers' needs a place for tokens"],
  ])('%s', async (_, from, message) => {
    await expect(open(from as CredentialPlace[])).rejects.toThrow(message)
  })

  test('beside the short forms, and tokens of nobody', () => {
    const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] } as const
    expect(() => createGate({ ...options, credentials: { header: false, from: [KEY] } })).toThrow(
      "'credentials' has 'from' beside 'bearer' or 'header'; keep 'from'",
    )
    expect(() =>
      createGate({ ...options, credentials: { from: [{ query: 't', accepts: 'token' }] } }),
    ).toThrow(
      "'credentials.from' has a place for tokens; give 'issuers', 'introspection' or 'tokens'",
    )
  })
})
