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
    expect(await verdict({ Cookie: 'session=TOKEN; session=TOKEN' })).toBe('multiple_credentials')
    expect(await verdict({ Cookie: 'session=a"b' })).toBe('malformed_request')
    expect(await verdict({ ...COOKIE, 'X-Api-Key': 'KEY' })).toBe('multiple_credentials')
    const lines = ['Cookie', 'a=b', 'Cookie', `session=${token}`]
    expect(await verdict({}, { rawHeaders: lines })).toBe('token')
  })

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
