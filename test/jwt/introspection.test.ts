import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createGate, type GateOptions, type IntrospectionOptions } from 'sallyport'
import { AUDIENCE, createPair, issuerWith, NOW, signToken } from './issuer.js'
import { json, startIssuer, status, type Answer, type IssuerServer } from './issuer-server.js'
import { failuresInto } from '../failures.js'

const GOOD = {
  active: true,
  iss: 'https://login.example.com',
  aud: AUDIENCE,
  sub: 'user-1',
  client_id: 'app-1',
  scope: 'read:orders admin',
  token_type: 'Bearer',
  exp: NOW + 300,
  iat: NOW - 10,
  jti: 'token-1',
}
const SECRET = 'the secret of the API: 50% +'

let server: IssuerServer
const time = { now: NOW * 1_000 }
beforeEach(async () => {
  server = await startIssuer(() => json(GOOD))
  time.now = NOW * 1_000
})
afterEach(() => server.close())

function open(
  given: Partial<IntrospectionOptions> = {},
  options: Partial<GateOptions<'read:orders'>> = {},
) {
  const errors: unknown[] = []
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders'],
    clock: () => time.now,
    onError: failuresInto(errors),
    introspection: {
      endpoint: `${server.url}/introspect`,
      issuer: 'https://login.example.com',
      audience: AUDIENCE,
      clientId: 'the api',
      clientSecret: SECRET,
      allowPrivateAddresses: true,
      ...given,
    },
    ...options,
  })
  const verdict = async (token: string) => {
    const decision = await gate.verify(token)
    return decision.allowed ? 'allowed' : decision.reason
  }
  return { gate, errors, verdict }
}

test('RFC 7662 2.1: a token is asked about by POST, in a form, with the credentials of the API', async () => {
  const seen: { request: IncomingMessage; body: string }[] = []
  const answer: Answer = (request, response) => {
    void text(request).then((body) => {
      seen.push({ request, body })
      json(GOOD)(request, response)
    })
  }
  server.answer = () => answer
  const { gate } = open()
  const decision = await gate.verify('opaque+token/1==')
  expect(seen).toHaveLength(1)
  const [{ request, body }] = seen as [(typeof seen)[number]]
  expect(request).toMatchObject({ method: 'POST', url: '/introspect' })
  expect(request.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
    token: 'opaque+token/1==',
    token_type_hint: 'access_token',
  })
  // RFC 6749 2.3.1: each part is encoded before they are joined.
  const basic = request.headers.authorization?.replace('Basic ', '') ?? ''
  expect(Buffer.from(basic, 'base64').toString()).toBe('the+api:the+secret+of+the+API%3A+50%25+%2B')
  expect(decision).toMatchObject({
    allowed: true,
    auth: {
      kind: 'token',
      issuer: 'https://login.example.com',
      subject: 'user-1',
      clientId: 'app-1',
      tokenId: 'token-1',
      ownerId: 'https://login.example.com#user-1',
      scopes: ['read:orders'],
      claims: GOOD,
    },
  })
})

test.each<[string, object]>([
  ['it is not active', { active: false }],
  ["'active' is a text", { active: 'true' }],
  ["'active' is a number", { active: 1 }],
  ["'active' is not there", { active: undefined }],
  ['it is for another API', { aud: 'https://other.example.com' }],
  ['it does not say for which API', { aud: undefined }],
  ['it is of another issuer', { iss: 'https://other.example.com' }],
  ['it has no end', { exp: undefined }],
  ['it is not valid yet', { nbf: NOW + 60 }],
  ['it is from the future', { iat: NOW + 60 }],
  ['it is bound to a key', { cnf: { jkt: 'x' } }],
  ['it is of another type', { token_type: 'DPoP' }],
  ['its type only ends as that of bearers', { token_type: 'NoBearer' }],
  ['its type only begins as that of bearers', { token_type: 'BearerX' }],
  ['its type is no text', { token_type: ['Bearer'] }],
])('RFC 7662 2.2: a token is refused where %s', async (_, change) => {
  server.answer = () => json({ ...GOOD, ...change })
  const { verdict, errors } = open()
  expect(await verdict('opaque')).toBe('token_invalid')
  expect(errors).toEqual([])
})

test.each<[string, Answer, object]>([
  [
    'no longer active',
    json({ ...GOOD, active: false }),
    { check: 'active', expected: 'true', got: 'false' },
  ],
  [
    'of another type',
    json({ ...GOOD, token_type: 'DPoP' }),
    { check: 'token_type', expected: "'Bearer'", got: "'DPoP'" },
  ],
  [
    'of another issuer',
    json({ ...GOOD, iss: 'https://other.example.com' }),
    { check: 'iss', got: "'https://other.example.com'" },
  ],
  [
    'nothing that the server wants to hear of',
    status(422),
    { check: 'active', expected: 'an answer about the token', got: 'status 422' },
  ],
])('the operator is told that a token is %s', async (_, answer, cause) => {
  server.answer = () => answer
  expect(await open().gate.verify('opaque')).toMatchObject({ reason: 'token_invalid', cause })
})

test.each<[string, object, Partial<IntrospectionOptions>]>([
  ['without iss', { iss: undefined }, {}],
  ['without type', { token_type: undefined }, {}],
  ['of type bearer in other letters', { token_type: 'BEARER' }, {}],
  ['of one of several audiences', { aud: ['a', AUDIENCE] }, {}],
  ['without aud, where the server sees to that', { aud: undefined }, { audience: false }],
  [
    'without aud, of a client that is called as the server',
    { aud: undefined, client_id: 'https://login.example.com' },
    { audience: false },
  ],
])('an answer %s will do', async (_, change, given) => {
  server.answer = () => json({ ...GOOD, ...change })
  expect(await open(given).verdict('opaque')).toBe('allowed')
})

describe('RFC 7662 4: what was answered is remembered', () => {
  test('for 10 seconds, and its end is checked with each use', async () => {
    server.answer = () => json({ ...GOOD, exp: NOW + 5 })
    const { verdict } = open({ clockTolerance: '0s' })
    expect(await verdict('opaque')).toBe('allowed')
    time.now += 4_999
    expect(await verdict('opaque')).toBe('allowed')
    time.now += 1
    expect(await verdict('opaque')).toBe('token_expired')
    expect(server.asked).toHaveLength(1)
  })

  test('and no longer: a token that was revoked is refused', async () => {
    const { verdict } = open()
    expect(await verdict('opaque')).toBe('allowed')
    server.answer = () => json({ active: false })
    time.now += 5_000
    expect(await verdict('opaque')).toBe('allowed')
    time.now += 6_000
    expect(await verdict('opaque')).toBe('token_invalid')
    expect(await verdict('opaque')).toBe('token_invalid')
    expect(server.asked).toHaveLength(2)
  })

  test('not at all where that is wanted', async () => {
    const { verdict } = open({ cacheFor: '0s' })
    await verdict('opaque')
    await verdict('opaque')
    expect(server.asked).toHaveLength(2)
  })

  test('the scopes are checked with each requirement', async () => {
    server.answer = () => json({ ...GOOD, scope: 'admin' })
    const { gate } = open()
    const request = {
      method: 'GET',
      url: '/',
      rawHeaders: ['Authorization', 'Bearer opaque'],
      peer: { address: '127.0.0.1', encrypted: true },
    }
    expect(await gate.check(request)).toMatchObject({ allowed: true })
    expect(await gate.check(request, { scopes: ['read:orders'] })).toMatchObject({
      allowed: false,
      reason: 'insufficient_scope',
    })
    expect(server.asked).toHaveLength(1)
  })

  test('a thousand who bring one token at once ask once', async () => {
    const { verdict } = open()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => verdict('opaque')))
    expect(new Set(all)).toEqual(new Set(['allowed']))
    expect(server.asked).toHaveLength(1)
  })
})

test.each<[string, () => Answer]>([
  ['answers 500', () => status(500)],
  ['does not know the API', () => status(401)],
  ['answers with a redirect', () => status(302, { location: '/elsewhere' })],
  ['answers with HTML', () => json(GOOD, { 'content-type': 'text/html' })],
  [
    'says one thing twice',
    () => (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"active":false,"active":true}')
    },
  ],
  ['answers with more than 64 KiB', () => json({ ...GOOD, more: 'x'.repeat(65_536) })],
  ['closes the connection', () => (request) => request.socket.destroy()],
])(
  'RFC 7662 2.3: a server that %s says nothing about the token: 503, told once, and asked again after a second',
  async (_, make) => {
    server.answer = make
    const { gate, verdict, errors } = open()
    const denied = await gate.verify('opaque')
    expect(denied).toMatchObject({ allowed: false, reason: 'issuer_unavailable', status: 503 })
    expect('headers' in denied && denied.headers).toMatchObject({ 'retry-after': '1' })
    expect(await verdict('opaque')).toBe('issuer_unavailable')
    expect(errors).toHaveLength(1)
    expect(errors).toMatchObject([{ name: 'IssuerError', issuer: 'https://login.example.com' }])
    expect(JSON.stringify(errors) + String(errors[0])).not.toContain('opaque')
    server.answer = () => json(GOOD)
    expect(await verdict('opaque')).toBe('issuer_unavailable')
    time.now += 5_000
    expect(await verdict('opaque')).toBe('allowed')
  },
)

test('an outage is told once, and one after an answer is another one', async () => {
  server.answer = () => status(500)
  const { verdict, errors } = open()
  const failAfter = async (ms: number, token: string) => {
    time.now += ms
    expect(await verdict(token)).toBe('issuer_unavailable')
    return errors.length
  }
  expect(await failAfter(0, 'a')).toBe(1)
  expect(await failAfter(6_000, 'b')).toBe(2)
  expect(await failAfter(11_000, 'c')).toBe(2)
  server.answer = () => json(GOOD)
  time.now += 2_000
  expect(await verdict('d')).toBe('allowed')
  server.answer = () => status(500)
  expect(await failAfter(2_000, 'e')).toBe(3)
  expect(await failAfter(6_000, 'f')).toBe(4)
})

test('a token that the server does not want to hear of is refused, and others are asked about', async () => {
  server.answer = () => status(400)
  const { verdict, errors } = open()
  for (let count = 0; count < 5; count++) {
    expect(await verdict(`odd${String(count)}`)).toBe('token_invalid')
  }
  server.answer = () => json(GOOD)
  expect(await verdict('opaque')).toBe('allowed')
  expect(errors).toEqual([])
})

test('while a server is down, it is asked once a second, whatever comes', async () => {
  server.answer = () => status(500)
  const { verdict } = open()
  for (let count = 0; count < 50; count++) {
    expect(await verdict(`opaque${String(count)}`)).toBe('issuer_unavailable')
  }
  // Three failures, and as many seconds as this took.
  expect(server.asked.length).toBeLessThan(20)
})

test('a server that does not answer is given up after 2 seconds, and 64 wait at most', async () => {
  server.answer = () => () => undefined
  const { verdict } = open()
  const started = performance.now()
  const all = await Promise.all(Array.from({ length: 100 }, (_, at) => verdict(`t${String(at)}`)))
  // Those that found no place are told apart from those that had no answer.
  expect(new Set(all)).toEqual(new Set(['issuer_unavailable', 'issuer_busy']))
  expect(performance.now() - started).toBeGreaterThan(1_900)
  expect(server.asked.length).toBeLessThanOrEqual(64)
})

test('as many unknown tokens as there may be in flight keep out none that was good before', async () => {
  const { verdict } = open({ cacheFor: '0s' })
  expect(await verdict('known')).toBe('allowed')
  const waiting: (() => void)[] = []
  const slow: Answer = (request, response) => {
    void text(request).then((body) => {
      if (body.includes('token=known')) json(GOOD)(request, response)
      else
        waiting.push(() => {
          json({ active: false })(request, response)
        })
    })
  }
  server.answer = () => slow
  const flood = Array.from({ length: 100 }, (_, at) => verdict(`t${String(at)}`))
  // Every one beyond the 32 is refused at once.
  const refused = await Promise.race(flood)
  expect(refused).toBe('issuer_busy')
  expect(await verdict('known')).toBe('allowed')
  // The control: one that is new finds no place among them.
  expect(await verdict('new')).toBe('issuer_busy')
  while (waiting.length < 32) await new Promise(setImmediate)
  for (const answer of waiting) answer()
  const verdicts = await Promise.all(flood)
  expect(verdicts.filter((one) => one === 'token_invalid')).toHaveLength(32)
})

test('64 tokens that were good before are asked about at once, and no more', async () => {
  const { verdict } = open({ cacheFor: '0s' })
  const tokens = Array.from({ length: 70 }, (_, at) => `t${String(at)}`)
  for (const token of tokens) expect(await verdict(token)).toBe('allowed')
  const waiting: (() => void)[] = []
  server.answer = () => (request, response) => {
    waiting.push(() => {
      json(GOOD)(request, response)
    })
  }
  const verdicts = tokens.map(verdict)
  expect(await Promise.race(verdicts)).toBe('issuer_busy')
  while (waiting.length < 64) await new Promise(setImmediate)
  for (const answer of waiting) answer()
  expect((await Promise.all(verdicts)).filter((one) => one === 'issuer_busy')).toHaveLength(6)
})

describe('from where keys were guessed', () => {
  const SOURCE = '203.0.113.9'

  test('an unknown token is not asked about, and one that was good before is', async () => {
    const { gate } = open({ cacheFor: '0s' })
    expect(await gate.verify('known', SOURCE)).toMatchObject({ allowed: true })
    for (let count = 0; count < 4; count++) await gate.verify(`acme_${String(count)}`, SOURCE)
    expect(server.asked).toHaveLength(1)
    expect(await gate.verify('new', SOURCE)).toMatchObject({ reason: 'too_many_failures' })
    expect(server.asked).toHaveLength(1)
    expect(await gate.verify('known', SOURCE)).toMatchObject({ allowed: true })
    // The control: from elsewhere it is asked about.
    expect(await gate.verify('new', '203.0.113.10')).toMatchObject({ allowed: true })
    expect(server.asked).toHaveLength(3)
  })

  test('one that was good, and has ended, is still known', async () => {
    const { gate } = open({ cacheFor: '0s' })
    await gate.verify('known', SOURCE)
    for (let count = 0; count < 4; count++) await gate.verify(`acme_${String(count)}`, SOURCE)
    server.answer = () => json({ active: false })
    for (let count = 0; count < 5; count++) {
      expect(await gate.verify('known', SOURCE)).toMatchObject({ reason: 'token_invalid' })
    }
  })
})

describe('keys, JWTs and opaque tokens', () => {
  const pair = createPair('ES256', 'key-1')

  test('are told apart by how they are written, and none is tried as another', async () => {
    const { gate, verdict } = open({}, { issuers: [issuerWith(pair)] })
    const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    expect(await verdict(secret)).toBe('allowed')
    expect(await verdict(`${secret.slice(0, -1)}!`)).toBe('unknown_key')
    expect(await verdict(await signToken({}, pair))).toBe('allowed')
    expect(await verdict(await signToken({ aud: 'other' }, pair))).toBe('token_invalid')
    expect(server.asked).toEqual([])
    expect(await verdict('opaque')).toBe('allowed')
    expect(server.asked).toHaveLength(1)
  })

  test('where tokens begin in a way of their own, everything else is a key', async () => {
    const { gate, verdict } = open({ prefix: 'oat_' })
    const imported = { name: 'Old', ownerId: 'org_1', secret: 'legacy-secret-of-32-characters-xx' }
    await gate.keys.import(imported)
    expect(await verdict(imported.secret)).toBe('allowed')
    expect(await verdict('something')).toBe('unknown_key')
    expect(server.asked).toEqual([])
    expect(await verdict('oat_1')).toBe('allowed')
  })

  test("what stands in the API's own header is a key", async () => {
    const { gate } = open()
    const request = {
      method: 'GET',
      url: '/',
      rawHeaders: ['X-API-Key', 'opaque'],
      peer: { address: '127.0.0.1', encrypted: true },
    }
    expect(await gate.check(request)).toMatchObject({ reason: 'unknown_key' })
    expect(server.asked).toEqual([])
  })

  test.each(['x'.repeat(16_385), 'a b', 'a,b', 'ä', '"a"'])(
    'what is no bearer token is not asked about: %.9s',
    async (token) => {
      expect(await open().verdict(token)).toBe('token_malformed')
      expect(server.asked).toEqual([])
    },
  )
  test('a token of 16,384 characters is', async () => {
    expect(await open().verdict('x'.repeat(16_384))).toBe('allowed')
  })
})

test("a fetch of its own comes before that of the gate, and the gate's is used where it has none", async () => {
  const asked: string[] = []
  const fetchAs = (name: string) => () => {
    asked.push(name)
    return Promise.resolve(new Response(JSON.stringify(GOOD)))
  }
  const gate = fetchAs('gate')
  expect(await open({ fetch: fetchAs('own') }, { fetch: gate }).verdict('opaque')).toBe('allowed')
  expect(await open({}, { fetch: gate }).verdict('opaque')).toBe('allowed')
  expect(asked).toEqual(['own', 'gate'])
  expect(server.asked).toEqual([])
})

describe('options that are refused', () => {
  test.each<[object, string]>([
    [{ endpoint: 'http://login.example.com' }, "'introspection.endpoint' must be an https URL"],
    [{ endpoint: 'https://10.0.0.1/x', allowPrivateAddresses: false }, 'at a private address'],
    [{ issuer: 'login#a' }, "'introspection.issuer' must not have a '#'"],
    [{ audience: undefined }, "'introspection.audience' must say what this API is called"],
    [{ audience: true }, "'introspection.audience' must say what this API is called"],
    [{ cacheFor: '2m' }, "'introspection.cacheFor' must be a duration up to '1m'"],
    [{ prefix: 'acme_' }, "'introspection.prefix' is how keys begin"],
    [{ environment: 'test' }, "'introspection' has one for 'test'"],
    [{ endpiont: 'x' }, "did you mean 'endpoint'"],
  ])('%j', (given, message) => {
    expect(() => open(given as Partial<IntrospectionOptions>)).toThrow(message)
  })

  test('RFC 7662 section 2: a server is asked over TLS alone', () => {
    expect(() => open({ endpoint: 'https://login.example.com/introspect' })).not.toThrow()
    expect(() => open({ endpoint: 'http://login.example.com/introspect' })).toThrow('https')
  })

  test('without Bearer there is no place for tokens', () => {
    expect(() => open({}, { credentials: { bearer: false } })).toThrow(
      "'introspection' needs a place for tokens",
    )
  })
})

describe('who and what an answer must name', () => {
  test('a client of the list, or any client', async () => {
    const listed = open({ clients: ['app-1'] })
    expect(await listed.verdict('opaque-1')).toBe('allowed')
    const other = open({ clients: ['app-2'] })
    expect(await other.verdict('opaque-1')).toBe('token_invalid')
    const named = open({ clients: 'named' })
    expect(await named.verdict('opaque-1')).toBe('allowed')
    server.answer = () => json({ ...GOOD, client_id: undefined })
    expect(await named.verdict('opaque-2')).toBe('token_invalid')
    expect(await open().verdict('opaque-2')).toBe('allowed')
  })

  test('members of certain values', async () => {
    const { gate } = open({ claims: { acr: ['high', 'higher'] } })
    const low = await gate.verify('opaque-1')
    expect(low).toMatchObject({ reason: 'token_invalid', cause: { check: 'claims' } })
    server.answer = () => json({ ...GOOD, acr: 'high' })
    expect(await gate.verify('opaque-2')).toMatchObject({ allowed: true })
  })

  test('scopes where the option says', async () => {
    server.answer = () => json({ ...GOOD, scope: undefined, roles: { 'read:orders': {} } })
    const { gate } = open({ scopes: ['scope', 'roles'] })
    expect(await gate.verify('opaque-1')).toMatchObject({ auth: { scopes: ['read:orders'] } })
  })

  test('within bounds that can be set, after unknown scopes are dropped', async () => {
    const many = Array.from({ length: 600 }, (_, index) => `other:${String(index)}`)
    server.answer = () => json({ ...GOOD, scope: ['read:orders', ...many].join(' ') })
    expect(await open().verdict('opaque-1')).toBe('allowed')
    const long = 'a'.repeat(20_000)
    expect(await open().verdict(long)).not.toBe('allowed')
    expect(await open({ bounds: { token: 32_768 } }).verdict(long)).toBe('allowed')
  })
})
