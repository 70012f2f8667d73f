import { once } from 'node:events'
import { get, globalAgent } from 'node:https'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate, type IssuerOptions } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { createFetchJson, type FetchJson, type FetchOptions } from '../../src/jwt/fetch-json.js'
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
    const reasons = flood.map((denied) => (denied.allowed ? 'allowed' : denied.reason))
    expect(new Set(reasons)).toEqual(new Set(['issuer_unavailable', 'issuer_busy']))
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

  // Elsewhere, an issuer of this machine may have the addresses of this machine.
  const before = process.env['NODE_ENV']
  beforeEach(() => {
    process.env['NODE_ENV'] = 'production'
  })
  afterEach(() => {
    process.env['NODE_ENV'] = before
  })

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

describe('what is given up', () => {
  test('has no event at all, and its connection ends', async () => {
    const fetchJson = createFetchJson({ allows: () => true })
    const ended = new Promise((resolve) => {
      server.answer = () => (request) => request.socket.once('close', resolve)
    })
    // On a busy machine, it may be given up before the server has heard of it.
    while (server.asked.length === 0) {
      const asked = fetchJson(new URL(server.url), { limitMs: 50 })
      await expect(asked).rejects.toThrow('did not answer within 50 ms')
    }
    await ended
  })

  test('before its headers were there is not asked for any more', async () => {
    let release: (headers: object) => void = () => undefined
    const headers = () => new Promise<object>((resolve) => (release = resolve)) as never
    const fetchJson = createFetchJson({ allows: () => true, headers })
    server.answer = () => json({})
    const asked = fetchJson(new URL(`${server.url}/late`), { limitMs: 20 })
    await expect(asked).rejects.toThrow('did not answer within 20 ms')
    release({})
    await createFetchJson({ allows: () => true })(new URL(`${server.url}/next`))
    expect(server.asked).toEqual(['/next'])
  })

  test.each([null, 'x', [], { a: 1 }, { 'a b': 'c' }, { a: 'b\n' }, { a: '\u0100' }, { '': 'a' }])(
    'are headers that cannot be sent: %j',
    async (headers) => {
      const fetchJson = createFetchJson({ allows: () => true, headers: () => headers as never })
      await expect(fetchJson(new URL(server.url))).rejects.toThrow(
        "'headers' has a name or a value that no header can have",
      )
      expect(server.asked).toEqual([])
    },
  )
})

describe('an answer is read', () => {
  const sent = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answer => {
    return (_, response) => {
      response.writeHead(200, headers).end(body)
    }
  }
  const ask = async (answer: Answer, options: FetchOptions = {}) => {
    server.answer = () => answer
    return createFetchJson({ allows: () => true })(new URL(server.url), options).then(
      (value) => JSON.stringify(value),
      (error: unknown) => (error as Error).message,
    )
  }
  const GOOD = '{"a":1}'

  test.each([
    ['application/json', true],
    ['Application/JSON ; charset=utf-8', true],
    ['application/jwk-set+json', true],
    ['text/json', true],
    ['text/plain;charset=utf-8', true],
    ['application/octet-stream', true],
    ['binary/octet-stream', true],
    ['text/html', false],
    ['image/json', false],
    ['application/jsonp', false],
    ['application/xml+jsonx', false],
    ['x-application/json', false],
    ['text/plainer', false],
  ])('of the type %s: %s', async (type, isRead) => {
    const answer = await ask(sent(GOOD, { 'content-type': type }))
    expect(answer).toBe(isRead ? GOOD : 'the answer is not of a type for JSON')
  })

  test('of no type, and of a status of 200 alone', async () => {
    expect(await ask(sent(GOOD))).toBe(GOOD)
    for (const code of [201, 204, 304, 302, 404, 500]) {
      expect(await ask(status(code, { location: server.url }))).toBe(
        `the request was answered with status ${String(code)}`,
      )
    }
  })

  test.each([
    ['identity', Buffer.from(GOOD), GOOD],
    ['gzip', gzipSync(GOOD), GOOD],
    ['GZIP', gzipSync(GOOD), GOOD],
    ['x-gzip', gzipSync(GOOD), GOOD],
    ['deflate', deflateSync(GOOD), GOOD],
    ['br', brotliCompressSync(GOOD), GOOD],
    ['zstd', Buffer.from(GOOD), 'the answer is compressed in a way that is not known'],
    ['gzip, gzip', gzipSync(gzipSync(GOOD)), 'the answer is compressed in a way that is not known'],
    ['gzip', Buffer.from(GOOD), 'incorrect header check'],
  ])('packed as %s', async (encoding, body, expected) => {
    expect(await ask(sent(body, { 'content-encoding': encoding }))).toBe(expected)
  })

  test.each([
    ['\uFEFF{"a":1}', GOOD],
    ['{"a":"\uFEFF"}', '{"a":"\uFEFF"}'],
    ['\uFEFF\uFEFF{"a":1}', 'the answer is no JSON object, or an ambiguous one'],
    ['[]', 'the answer is no JSON object, or an ambiguous one'],
    ['{"a":1,"a":2}', 'the answer is no JSON object, or an ambiguous one'],
    ['', 'the answer is no JSON object, or an ambiguous one'],
  ])('that is written so: %j', async (body, expected) => {
    expect(await ask(sent(body))).toBe(expected)
  })

  test('up to its bound, whatever it is packed in', async () => {
    const full = JSON.stringify({ a: 'x'.repeat(92) })
    expect(full).toHaveLength(100)
    for (const body of [full, gzipSync(full)]) {
      const headers = typeof body === 'string' ? {} : { 'content-encoding': 'gzip' }
      expect(await ask(sent(body, headers), { maxBytes: 100 })).toBe(full)
      expect(await ask(sent(body, headers), { maxBytes: 99 })).toBe(
        'the answer has more than 99 bytes',
      )
    }
    const most = JSON.stringify({ a: 'x'.repeat(524_280) })
    expect(await ask(sent(most))).toBe(most)
    expect(await ask(sent(`${most} `))).toBe('the answer has more than 524288 bytes')
  })
})

describe('a server is asked', () => {
  const fetchJson = (...given: Parameters<FetchJson>) =>
    createFetchJson({ allows: () => true, headers: { 'x-pod': 'a', accept: 'x' } })(...given)
  const seen: unknown[] = []
  const tell: Answer = (request, response) => {
    void text(request).then((body) => {
      const { method, headers } = request
      const { accept, authorization, 'x-pod': pod, 'accept-encoding': packed } = headers
      const { 'content-type': type, 'content-length': length } = headers
      seen.push({ method, accept, packed, authorization, pod, type, length, body })
      json({})(request, response)
    })
  }
  beforeEach(() => {
    seen.length = 0
    server.answer = () => tell
  })
  const ASKED = { accept: 'application/json', packed: 'identity', pod: 'a' }

  test('with the headers of the app, and its own before them', async () => {
    await fetchJson(new URL(server.url))
    expect(seen).toEqual([{ ...ASKED, method: 'GET', body: '' }])
  })

  test('with a form, by whoever posts it', async () => {
    const form = { body: 'token=\u00e9', authorization: 'Basic x' }
    await fetchJson(new URL(server.url), { form })
    expect(seen).toEqual([
      {
        ...{ ...ASKED, method: 'POST', ...form },
        ...{ type: 'application/x-www-form-urlencoded', length: '8' },
      },
    ])
  })

  test('through a fetch of the app in the same way', async () => {
    const calls: unknown[] = []
    const through = createFetchJson({
      allows: () => false,
      fetch: (to, { signal: _, ...request }) => {
        calls.push([to, request])
        return Promise.resolve(new Response('{}'))
      },
    })
    const url = 'https://127.0.0.1/keys'
    const headers = { accept: ASKED.accept, 'accept-encoding': ASKED.packed }
    const form = { body: 'a=b', authorization: 'Basic x' }
    await through(new URL(url))
    await through(new URL(url), { form })
    expect(calls).toEqual([
      [url, { method: 'GET', headers, redirect: 'manual' }],
      [
        url,
        {
          ...{ method: 'POST', redirect: 'manual', body: form.body },
          headers: {
            ...{ ...headers, authorization: form.authorization },
            'content-type': 'application/x-www-form-urlencoded',
          },
        },
      ],
    ])
  })

  test('by its name, whose addresses alone are looked at', async () => {
    const told: unknown[] = []
    const named = createFetchJson({ allows: (address) => told.push(address) > 0 })
    await named(new URL(server.url.replace('127.0.0.1', 'localhost')))
    expect(told.every((address) => typeof address === 'string')).toBe(true)
  })

  test('through a fetch of the app, of which a status of 200 alone counts', async () => {
    for (const code of [201, 404]) {
      const fetch = () => Promise.resolve(new Response('{}', { status: code }))
      const asked = createFetchJson({ allows: () => true, fetch })(new URL(server.url))
      await expect(asked).rejects.toMatchObject({ name: 'StatusError', status: code })
    }
  })

  test.each(['http://127.0.0.1', 'ftp://127.0.0.1', 'file:///etc/passwd', 'data:,{}'])(
    'over https alone: %s',
    async (url) => {
      const refused = createFetchJson({ allows: () => true, allowsPlain: () => url[0] === 'f' })
      await expect(refused(new URL(url))).rejects.toThrow('its URL is not https')
      const byDefault = createFetchJson({ allows: () => true })
      await expect(byDefault(new URL(url))).rejects.toThrow('its URL is not https')
    },
  )

  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '2130706433'])(
    'at no address that is not allowed, and is not connected to: %s',
    async (host) => {
      const told: string[] = []
      const none = createFetchJson({ allows: (address) => told.push(address) === 0 })
      const url = new URL(server.url.replace('127.0.0.1', host))
      await expect(none(url)).rejects.toThrow('is at a private address')
      expect([told.length, seen]).toEqual([1, []])
      expect(told[0]).not.toMatch(/[[\]]/)
    },
  )
})

describe('HTTPS_PROXY is mentioned where it could have helped:', () => {
  test.each(['HTTPS_PROXY', 'https_proxy'])('%s', async (name) => {
    process.env[name] = 'http://proxy.example:3128'
    try {
      const fetchJson = createFetchJson({ allows: () => false })
      const failed = fetchJson(new URL(server.url))
      await expect(failed).rejects.toThrow(/private address.* \(HTTPS_PROXY is set/)
      await expect(failed).rejects.toMatchObject({ cause: expect.any(Error) })
      server.answer = () => status(404)
      const answered = createFetchJson({ allows: () => true })(new URL(server.url))
      await expect(answered).rejects.toThrow(/^the request was answered with status 404$/)
      const fetch = () => Promise.reject(new Error('away'))
      const own = createFetchJson({ allows: () => true, fetch })(new URL(server.url))
      await expect(own).rejects.toThrow(/^away$/)
    } finally {
      Reflect.deleteProperty(process.env, name)
    }
  })
})
