import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  jest,
  test,
} from '@jest/globals'
import type { OutboundRequest } from 'sallyport'
import { createPair, issuerWith, openGate, signToken } from './issuer.js'
import { json, startIssuer } from './issuer-server.js'

const pair = createPair('ES256', 'key-1')
const jwks = { keys: [pair.jwk] }
const asked: IncomingMessage[] = []
const server = createServer((request, response) => {
  asked.push(request)
  const body = request.url === '/keys' ? jwks : { issuer: url, jwks_uri: keys }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
})
let url = ''
let keys = ''
const before = process.env['NODE_ENV']

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})
afterAll(() => {
  server.close()
})
beforeEach(() => {
  asked.length = 0
  keys = `${url}/keys`
  jest.spyOn(process, 'emitWarning').mockReturnValue(undefined)
})
afterEach(() => {
  process.env['NODE_ENV'] = before
  jest.restoreAllMocks()
})

/** An issuer of which nothing but its name is given. */
function remote(options: object = {}) {
  const { jwks: _, ...rest } = issuerWith(pair, { issuer: url })
  return { ...rest, ...options }
}

describe('an issuer without TLS', () => {
  test.each(['127.0.0.1', 'localhost'])('is asked in development on %s', async (host) => {
    const jwksUri = `${url.replace('127.0.0.1', host)}/keys`
    const { verdict } = openGate([remote({ jwksUri })])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(process.emitWarning).toHaveBeenCalledTimes(1)
  })

  test('is found by discovery', async () => {
    const { verdict } = openGate([remote()])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(asked.map((request) => request.url)).toEqual([
      '/.well-known/openid-configuration',
      '/keys',
    ])
  })

  test('may have its keys given', async () => {
    const { verdict } = openGate([issuerWith(pair, { issuer: url })])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(process.emitWarning).not.toHaveBeenCalled()
  })

  test.each(['http://login.example.com', 'http://10.0.0.1', 'http://localhost.example.com'])(
    'is refused elsewhere: %s',
    (issuer) => {
      expect(() => openGate([remote({ issuer })])).toThrow("'issuers.0.issuer' must not be an http")
      expect(() => openGate([remote({ jwksUri: `${issuer}/keys` })])).toThrow('https URL')
      expect(() => openGate([remote({ issuer, allowHttp: true })])).not.toThrow()
    },
  )

  test.each([
    ...['http://LOCALHOST', 'http://auth.localhost', 'http://a-b.c_1.localhost', 'http://[::1]'],
    ...['http://127.10.20.30', 'http://0x7f.1', 'http://[::ffff:127.0.0.1]'],
  ])('is on this machine, however that is called: %s', (issuer) => {
    expect(() => openGate([remote({ issuer })])).not.toThrow()
    // With TLS, it is no private address either.
    expect(() => openGate([remote({ issuer: issuer.replace('http:', 'https:') })])).not.toThrow()
  })

  test.each([
    ...['http://notlocalhost', 'http://localhost.example', 'http://127.0.0.1.example.com'],
    ...['http://[::2]', 'http://128.0.0.1', 'ftp://localhost'],
  ])('is elsewhere, though it looks much like it: %s', (issuer) => {
    const opening = () => openGate([remote({ issuer })])
    expect(opening).toThrow(issuer.startsWith('http:') ? 'must not be an http' : 'https URL')
  })

  test.each(['10.0.0.1', '[::2]', '[::ffff:10.0.0.1]', '192.168.1.1'])(
    'is at a private address, also with TLS: %s',
    (host) => {
      const opening = (options = {}) =>
        openGate([remote({ issuer: `https://${host}`, ...options })])
      expect(opening).toThrow("'issuers.0.issuer' is at a private address")
      expect(() => opening({ allowPrivateAddresses: true })).not.toThrow()
    },
  )

  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  // Only where this machine has an address beside that of loopback.
  const testNear = own === undefined ? test.skip : test
  testNear('may have its keys on a neighbour, if that is allowed', async () => {
    const neighbour = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
    }).listen(0, own)
    await once(neighbour, 'listening')
    keys = `http://${String(own)}:${String((neighbour.address() as AddressInfo).port)}/keys`
    const { verdict } = openGate([remote({ allowHttp: true })])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(await openGate([remote()]).verdict(await signToken({ iss: url }, pair))).toBe(
      'issuer_unavailable',
    )
    neighbour.close()
  })

  test('is refused in production, whatever the option says', () => {
    process.env['NODE_ENV'] = 'production'
    expect(() => openGate([remote()])).toThrow("'issuers.0.issuer' must not be an http URL")
    expect(() => openGate([issuerWith(pair, { issuer: url })])).toThrow('must not be an http URL')
    expect(() => openGate([remote({ allowHttp: true })])).toThrow(
      "'issuers.0.allowHttp' must not be set in production; use https",
    )
  })

  test('is not asked any more once the process is in production', async () => {
    const { verdict, errors } = openGate([remote()])
    process.env['NODE_ENV'] = 'production'
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('issuer_unavailable')
    expect(errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('its URL is not https') }),
    ])
    expect(asked).toEqual([])
  })

  test('on this machine is asked over TLS in development, and not in production', async () => {
    const issuer = await startIssuer(() => json(jwks))
    const options = remote({ issuer: 'login', jwksUri: `${issuer.url}/keys` })
    const [inTime, late, allowed] = [
      options,
      options,
      { ...options, allowPrivateAddresses: true },
    ].map((one) => openGate([one]))
    const token = await signToken({ iss: 'login' }, pair)
    expect(await inTime?.verdict(token)).toBe('allowed')
    process.env['NODE_ENV'] = 'production'
    expect(await late?.verdict(token)).toBe('issuer_unavailable')
    expect(await allowed?.verdict(token)).toBe('allowed')
    expect(issuer.asked).toHaveLength(2)
    await issuer.close()
  })

  test('may be an introspection', async () => {
    const { gate, errors } = openGate([], {
      introspection: {
        ...{ endpoint: `${url}/introspect`, issuer: url, audience: false },
        ...{ clientId: 'api', clientSecret: 'secret' },
      },
    })
    expect(await gate.verify('opaque')).toMatchObject({ reason: 'token_invalid' })
    expect(errors).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe('a fetch of the app', () => {
  const answer = (body: unknown, status = 200) =>
    Promise.resolve(new Response(JSON.stringify(body), { status }))

  test('fetches the keys, through whatever it likes', async () => {
    const calls: (readonly [string, OutboundRequest])[] = []
    const fetch = (to: string, request: OutboundRequest) => {
      calls.push([to, request])
      return answer(jwks)
    }
    const headers = () => Promise.resolve({ authorization: 'Bearer pod' })
    const jwksUri = 'https://kubernetes.default.svc/openid/v1/jwks'
    const { verdict } = openGate([remote({ jwksUri, headers })], { fetch })
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(calls).toEqual([
      [jwksUri, expect.objectContaining({ method: 'GET', redirect: 'manual' })],
    ])
    expect(calls[0]?.[1].headers).toMatchObject({ authorization: 'Bearer pod' })
  })

  test('of one issuer comes before that of the gate', async () => {
    const gateFetch = jest.fn(() => answer({}))
    const options = { jwksUri: 'https://keys.example', fetch: () => answer(jwks) }
    const { verdict } = openGate([remote(options)], { fetch: gateFetch })
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
    expect(gateFetch).not.toHaveBeenCalled()
  })

  test.each<[string, () => unknown]>([
    ['answers a redirect', () => answer({}, 302)],
    ['answers more than may be read', () => answer({ keys: [], x: 'x'.repeat(600_000) })],
    ['answers no JSON', () => answer('x')],
    ['has no body', () => Promise.resolve(new Response(null))],
    [
      'throws',
      () => {
        throw new Error('no proxy')
      },
    ],
  ])('that %s is an outage', async (_, fetch) => {
    const options = remote({ jwksUri: 'https://keys.example', fetch })
    const { verdict, errors } = openGate([options])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('issuer_unavailable')
    expect(errors).toHaveLength(1)
  })
})

test('headers go with requests for keys of the gate too, and a failure of theirs is an outage', async () => {
  let headers = (): Promise<Record<string, string>> => Promise.resolve({ 'x-pod': 'a' })
  const { verdict } = openGate([remote({ headers: () => headers() })])
  expect(await verdict(await signToken({ iss: url }, pair))).toBe('allowed')
  expect(asked.map((request) => request.headers['x-pod'])).toEqual(['a', 'a'])
  headers = () => Promise.reject(new Error('no file'))
  const other = openGate([remote({ headers: () => headers() })])
  expect(await other.verdict(await signToken({ iss: url }, pair))).toBe('issuer_unavailable')
})

test.each<[string, object]>([
  ['a value with a line break', { authorization: 'Bearer s3cret\n' }],
  ['a value that is no text', { authorization: ['Bearer s3cret'] }],
  ['a name with a space', { 'Bearer s3cret': 'x' }],
])('of headers that cannot be sent, nothing is told: %s', async (_, headers) => {
  // Of Node: it has the whole value in its error.
  for (const options of [{ headers, fetch }, { headers: () => headers }]) {
    const { verdict, errors } = openGate([remote({ jwksUri: `${url}/keys`, ...options })])
    expect(await verdict(await signToken({ iss: url }, pair))).toBe('issuer_unavailable')
    const [message] = errors.map(String)
    expect(message).toContain("'headers' has a name or a value that no header can have")
    expect(message).not.toContain('s3cret')
  }
  expect(asked).toEqual([])
})

test('whoever has set HTTPS_PROXY is told that it is not used', async () => {
  process.env['HTTPS_PROXY'] = 'http://proxy.example:3128'
  const { verdict, errors } = openGate([
    remote({ jwksUri: 'https://127.0.0.1:1/keys', allowPrivateAddresses: true }),
  ])
  expect(await verdict(await signToken({ iss: url }, pair))).toBe('issuer_unavailable')
  delete process.env['HTTPS_PROXY']
  expect(errors).toEqual([
    expect.objectContaining({ message: expect.stringContaining('HTTPS_PROXY is set') }),
  ])
})
