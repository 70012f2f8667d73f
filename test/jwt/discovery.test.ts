import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createFetchJson } from '../../src/jwt/fetch-json.js'
import { addressesFor } from '../../src/jwt/outbound.js'
import { createPair, openGate, signToken, AUDIENCE } from './issuer.js'
import { json, startIssuer, type IssuerServer } from './issuer-server.js'
import { trust } from './trust.js'

const pair = createPair('ES256', 'key-1')
const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

let server: IssuerServer
beforeEach(async () => {
  server = await startIssuer()
})
afterEach(() => server.close())

/** A gate that is told of an issuer and of nothing else. */
function open(path = '', allowPrivateAddresses = true) {
  const issuer = server.url + path
  const house = openGate([
    { issuer, audience: AUDIENCE, algorithms: ['ES256'], allowPrivateAddresses },
  ])
  return { ...house, ask: async () => house.verdict(await signToken({ iss: issuer }, pair)) }
}

/** Answers these paths, and 404 to all others. */
function serve(answers: Readonly<Record<string, unknown>>) {
  server.answer = (path) => (path in answers ? json(answers[path]) : undefined)
}

const KEYS = { keys: [pair.jwk] }

test.each([
  ['OpenID Connect', '', [OPENID], OPENID],
  ['OpenID Connect, behind a path', '/realms/a', [`/realms/a${OPENID}`], `/realms/a${OPENID}`],
  ['RFC 8414', '', [OPENID, OAUTH], OAUTH],
  [
    'RFC 8414, before a path',
    '/realms/a',
    [`/realms/a${OPENID}`, `${OAUTH}/realms/a`],
    `${OAUTH}/realms/a`,
  ],
])('keys are found by %s', async (_, path, asked, place) => {
  serve({
    [place]: { issuer: server.url + path, jwks_uri: `${server.url}/keys` },
    '/keys': KEYS,
  })
  const { ask, errors } = open(path)
  expect(await ask()).toBe('allowed')
  expect(server.asked).toEqual([...asked, '/keys'])
  expect(errors).toEqual([])
})

test.each<[string, object, string]>([
  ['of another issuer', { issuer: 'https://other.example' }, 'is the metadata of another issuer'],
  ['of nobody', { issuer: undefined }, 'is the metadata of another issuer'],
  ['without a place for keys', { jwks_uri: undefined }, "has no 'jwks_uri'"],
  ['with a place that is none', { jwks_uri: 'keys' }, "has no 'jwks_uri'"],
  ['with keys over http', { jwks_uri: 'http://127.0.0.1/keys' }, 'its URL is not https'],
])('metadata %s are not used', async (_, change, why) => {
  serve({
    [OPENID]: { issuer: server.url, jwks_uri: `${server.url}/keys`, ...change },
    '/keys': KEYS,
  })
  const { ask, errors } = open()
  expect(await ask()).toBe('issuer_unavailable')
  expect(errors).toMatchObject([{ message: expect.stringContaining(why) }])
  expect(server.asked).toEqual([OPENID])
})

describe('a name that leads to a private address', () => {
  const before = process.env['NODE_ENV']
  afterEach(() => {
    process.env['NODE_ENV'] = before
  })

  test('is not connected to, unless that is allowed', async () => {
    process.env['NODE_ENV'] = 'production'
    const jwksUri = `${server.url.replace('127.0.0.1', 'localhost')}/keys`
    const options = { issuer: 'login', audience: AUDIENCE, algorithms: ['ES256'], jwksUri } as const
    serve({ '/keys': KEYS })
    const token = await signToken({ iss: 'login' }, pair)
    const { verdict, errors } = openGate([options])
    expect(await verdict(token)).toBe('issuer_unavailable')
    expect(errors).toMatchObject([
      {
        message:
          "The keys of issuer 'login' cannot be had: its server is at a private address; set 'allowPrivateAddresses' if that is meant.",
      },
    ])
    expect(server.asked).toEqual([])
    const allowed = openGate([{ ...options, allowPrivateAddresses: true }])
    expect(await allowed.verdict(token)).toBe('allowed')
  })

  test('is that of this machine in development, which needs no option, as without TLS', async () => {
    const issuer = server.url.replace('127.0.0.1', 'localhost')
    serve({ [OPENID]: { issuer, jwks_uri: `${issuer}/keys` }, '/keys': KEYS })
    const token = await signToken({ iss: issuer }, pair)
    const { verdict } = openGate([{ issuer, audience: AUDIENCE, algorithms: ['ES256'] }])
    expect(await verdict(token)).toBe('allowed')
    const later = openGate([{ issuer, audience: AUDIENCE, algorithms: ['ES256'] }])
    process.env['NODE_ENV'] = 'production'
    expect(await later.verdict(token)).toBe('issuer_unavailable')
  })

  test('is no more open to an issuer that is elsewhere', async () => {
    const fetchJson = createFetchJson({ allows: addressesFor(new URL('https://a.example'), false) })
    await expect(fetchJson(new URL(`${server.url}/keys`))).rejects.toThrow('at a private address')
    await expect(
      fetchJson(new URL(`${server.url.replace('127.0.0.1', 'localhost')}/keys`)),
    ).rejects.toThrow('at a private address')
    const local = addressesFor(new URL('https://localhost:8443'), false)
    expect(['10.0.0.1', '169.254.169.254', '127.0.0.1', '::1', '8.8.8.8'].map(local)).toEqual([
      ...[false, false, true, true, true],
    ])
    expect(server.asked).toEqual([])
  })
})

test('a server whose certificate nobody knows is not believed', async () => {
  trust(undefined)
  serve({ [OPENID]: { issuer: server.url, jwks_uri: `${server.url}/keys` }, '/keys': KEYS })
  const { ask } = open()
  expect(await ask()).toBe('issuer_unavailable')
  expect(server.asked).toEqual([])
})
