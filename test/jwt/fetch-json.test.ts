import { once } from 'node:events'
import { get, globalAgent } from 'node:https'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, type IssuerOptions } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createFetchJson } from '../../src/jwt/fetch-json.js'
import { AUDIENCE, createPair, openGate, signToken } from './issuer.js'
import { json, startIssuer, status, type Answer, type IssuerServer } from './issuer-server.js'

const pair = createPair('ES256', 'key-1')
const KEYS = { keys: [pair.jwk] }
const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

let server: IssuerServer
beforeEach(async () => {
  server = await startIssuer(() => json(KEYS))
})
afterEach(() => server.close())

/** All but those by which a fetch gives up. */
const KEPT_TIMERS = ['Date', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] as const

/** After it, a client that expects no other protocol is told of neither a response nor an error. */
const switching: Answer = (request) => {
  request.socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
}

describe('an issuer that switches protocols has not answered, and nobody waits for it', () => {
  // The time to give up never comes: whoever waited for it would wait for ever.
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: [...KEPT_TIMERS] })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test.each<[string, string, Partial<IssuerOptions>]>([
    ['its keys', '/keys', { jwksUri: '/keys' }],
    ['its metadata of OpenID', OPENID, {}],
    ['its metadata of RFC 8414', OAUTH, {}],
  ])('when it is asked for %s', async (_, path, { jwksUri }) => {
    server.answer = (asked) => (asked === path ? switching : status(404))
    const { url: issuer } = server
    const where = jwksUri === undefined ? {} : { jwksUri: issuer + jwksUri }
    const { verdict, errors } = openGate([
      { issuer, audience: AUDIENCE, algorithms: ['ES256'], allowPrivateAddresses: true, ...where },
    ])
    const tokens = await Promise.all(
      ['1', '2', '3'].map((jti) => signToken({ iss: issuer, jti }, pair)),
    )
    const verdicts = await Promise.all(tokens.map(verdict))
    expect(new Set(verdicts)).toEqual(new Set(['issuer_unavailable']))
    expect(errors).toMatchObject([{ name: 'IssuerError', cause: { status: 101 } }])
  })

  test('when it is asked about tokens: their places are given back', async () => {
    server.answer = () => switching
    const time = createTestClock()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], bruteForce: false },
      ...{ clock: time.clock, onError: () => undefined },
      introspection: {
        ...{ endpoint: `${server.url}/`, issuer: 'https://login.example.com', audience: AUDIENCE },
        ...{ clientId: 'api', clientSecret: 'secret', allowPrivateAddresses: true },
      },
    })
    const flood = await Promise.all(
      Array.from({ length: 100 }, async (_, at) => gate.verify(`token-${String(at)}`)),
    )
    expect(server.asked.length).toBeGreaterThan(1)
    for (const denied of flood) expect(denied).toMatchObject({ reason: 'issuer_unavailable' })
    const exp = time.clock() / 1_000 + 600
    server.answer = () => json({ active: true, aud: AUDIENCE, sub: 's', exp })
    // A server that has failed is asked one question a second.
    time.advance('2s')
    expect(await gate.verify('good')).toMatchObject({ allowed: true })
    time.advance('2s')
    const answers = Array.from({ length: 32 }, async (_, at) => gate.verify(`good-${String(at)}`))
    for (const one of await Promise.all(answers)) expect(one).toMatchObject({ allowed: true })
  })
})

describe('the connections to an issuer are its own', () => {
  const named = () => `${server.url.replace('127.0.0.1', 'localhost')}/keys`
  const options = { issuer: 'login', audience: AUDIENCE, algorithms: ['ES256'] } as const
  const ask = async (more: Partial<IssuerOptions>) =>
    openGate([{ ...options, jwksUri: named(), ...more }]).verdict(
      await signToken({ iss: 'login' }, pair),
    )

  test('one that the app has left open to a private address is not used', async () => {
    const request = get(named())
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
    await once(response.resume(), 'end')
    await new Promise(setImmediate)
    // The control: the next request of the app would use it.
    expect(Object.values(globalAgent.freeSockets).flat()).toHaveLength(1)
    expect(await ask({})).toBe('issuer_unavailable')
    expect(server.asked).toHaveLength(1)
  })

  test('nor one of an issuer that may have private addresses', async () => {
    expect(await ask({ allowPrivateAddresses: true })).toBe('allowed')
    expect(await ask({})).toBe('issuer_unavailable')
    expect(server.asked).toHaveLength(1)
  })

  test('what the app sets on the global agent is not for them', async () => {
    globalAgent.options.lookup = (_host, _options, done) => {
      done(new Error('of the global agent'), '')
    }
    try {
      expect(await ask({ allowPrivateAddresses: true })).toBe('allowed')
    } finally {
      delete globalAgent.options.lookup
    }
  })

  test('the address of the socket itself is checked, before anything is sent', async () => {
    const checked: string[] = []
    // A name that is well when it is looked up, and leads elsewhere when it is connected to.
    const fetchJson = createFetchJson({
      allows: (address) => {
        checked.push(address)
        return checked.length < 3
      },
    })
    server.answer = () => json({})
    const url = new URL(server.url)
    await expect(fetchJson(url)).resolves.toEqual({})
    expect(checked).toEqual(['127.0.0.1', '127.0.0.1'])
    const other = createFetchJson({ allows: (address) => checked.push(address) % 2 === 1 })
    await expect(other(url)).rejects.toThrow('is at a private address')
    expect(server.asked).toHaveLength(1)
  })

  test('and are used again by the same one', async () => {
    const ports = new Set<unknown>()
    server.answer = () => (request, response) => {
      ports.add(request.socket.remotePort)
      json({})(request, response)
    }
    const fetchJson = createFetchJson({ allows: () => true })
    for (let count = 0; count < 3; count++) await fetchJson(new URL(server.url))
    expect(ports.size).toBe(1)
  })
})

test('what has no event at all is given up when it is time', async () => {
  const fetchJson = createFetchJson({ allows: () => true })
  server.answer = () => () => undefined
  const asked = fetchJson(new URL(server.url), { limitMs: 50 })
  await expect(asked).rejects.toThrow('did not answer within 50 ms')
})
