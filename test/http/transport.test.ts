import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate, gateRequestOf, type Peer, type TlsVersion } from 'sallyport'

const environment = process.env['NODE_ENV']

afterEach(() => {
  process.env['NODE_ENV'] = environment
})

/** What a gate behind 10.0.0.0/8 says of a good key that comes like this. */
async function decide(...came: Parameters<typeof check>) {
  const decision = await check(...came)
  return decision.allowed ? 'allowed' : decision.reason
}

async function check(
  peer: Peer,
  fields: readonly string[] = [],
  minTlsVersion: TlsVersion = 'TLSv1.2',
) {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    trustProxy: ['10.0.0.0/8'],
    minTlsVersion,
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const rawHeaders = ['Authorization', `Bearer ${secret}`, ...fields]
  return gate.check({ method: 'GET', url: '/', rawHeaders, peer })
}

const PROXY = { address: '10.0.0.1', encrypted: false }
const STRANGER = { address: '203.0.113.9', encrypted: false }
const proto = (...values: string[]) => values.flatMap((value) => ['X-Forwarded-Proto', value])

describe('behind a proxy of ours', () => {
  test.each([
    ['https', proto('https'), 'allowed'],
    ['HTTPS', proto('HTTPS'), 'allowed'],
    ['https all the way', proto('https, https'), 'allowed'],
    ['http', proto('http'), 'https_required'],
    ['http before the last hop', proto('http, https'), 'https_required'],
    [
      'http on the last hop, and a client that wrote https before it',
      proto('https, http'),
      'https_required',
    ],
    ['two lines that disagree', proto('https', 'http'), 'https_required'],
    ['nothing in it', proto(''), 'https_required'],
    ['no word of it', [], 'https_required'],
  ])('%s', async (_, fields, expected) => {
    expect(await decide(PROXY, fields)).toBe(expected)
  })

  test('an encrypted connection to us does not hide a plain one to the proxy', async () => {
    expect(await decide({ ...PROXY, encrypted: true }, proto('http'))).toBe('https_required')
  })
})

test('what a stranger says of its own connection is not believed', async () => {
  expect(await decide(STRANGER, proto('https'))).toBe('https_required')
})

describe('TLS', () => {
  test.each([
    ['TLSv1.1', 'TLSv1.2', 'tls_version_not_allowed'],
    ['TLSv1.2', 'TLSv1.2', 'allowed'],
    ['TLSv1.2', 'TLSv1.3', 'tls_version_not_allowed'],
    ['TLSv1.3', 'TLSv1.3', 'allowed'],
    ['SSLv3', 'TLSv1.2', 'tls_version_not_allowed'],
    [undefined, 'TLSv1.3', 'allowed'],
  ] as const)('%s where at least %s is asked: %s', async (tlsVersion, least, expected) => {
    const peer = { address: '203.0.113.9', encrypted: true, tlsVersion }
    expect(await decide(peer, [], least)).toBe(expected)
  })
})

describe('plain HTTP on the machine itself', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])(
    'is fine from %s',
    async (address) => {
      expect(await decide({ address, encrypted: false })).toBe('allowed')
    },
  )

  test.each([['Forwarded'], ['Via'], ['X-Real-IP'], ['x-forwarded-for'], ['X-Forwarded-Host']])(
    'is not, with %s: somebody else sent it',
    async (name) => {
      const peer = { address: '127.0.0.1', encrypted: false }
      expect(await decide(peer, [name, '203.0.113.9'])).toBe('https_required')
    },
  )

  test('is not in production', async () => {
    process.env['NODE_ENV'] = 'production'
    expect(await decide({ address: '127.0.0.1', encrypted: false })).toBe('https_required')
  })

  test.each(['203.0.113.9', '::7f00:1', '::2', undefined])('is not from %s', async (address) => {
    expect(await decide({ address, encrypted: false })).toBe('https_required')
  })
})

test.each<[Peer, string[], Partial<Record<'check' | 'expected' | 'got', string>>]>([
  [
    PROXY,
    proto('http', 'https'),
    { check: 'https', expected: 'https in each X-Forwarded-Proto', got: "'http, https'" },
  ],
  [PROXY, [], { check: 'https', got: 'plain HTTP from 10.0.0.1' }],
  [{ encrypted: false }, [], { check: 'https', got: 'plain HTTP from a peer without an address' }],
  [
    { ...STRANGER, encrypted: true, tlsVersion: 'TLSv1.1' },
    [],
    { check: 'tls_version', expected: 'TLSv1.2', got: "'TLSv1.1'" },
  ],
])('the cause of a denial says how it came: %j %j', async (peer, fields, cause) => {
  const denial = await check(peer, fields)
  if (denial.allowed) throw new Error('allowed')
  expect(denial.cause).toMatchObject(cause)
})

test('an answer says which TLS to use', async () => {
  const peer = { ...STRANGER, encrypted: true, tlsVersion: 'TLSv1.2' }
  const denial = await check(peer, [], 'TLSv1.3')
  expect(denial.allowed || JSON.parse(denial.body)).toMatchObject({
    detail: 'Use TLS 1.3 or later.',
  })
})

test.each([
  ['was destroyed', { destroyed: true }, 'connection_closed'],
  ['was reset, which Node has not read yet', { localAddress: '10.1.2.3' }, 'connection_closed'],
  ['never was one, as in a test', { destroyed: false }, 'allowed'],
  ['is still there', { localAddress: '10.1.2.3', remoteAddress: '203.0.113.9' }, 'allowed'],
  [
    'is one of a Unix socket that has ended',
    { destroyed: true, server: { address: () => '/run/app.sock' } },
    'allowed',
  ],
])('a connection that %s', async (_how, socket, expected) => {
  const message = { method: 'GET', url: '/', socket: { encrypted: true, ...socket } }
  const { peer } = gateRequestOf(message)
  expect(await decide(peer)).toBe(expected)
})

test('a proxy of ours tells who the client is, whether or not its connection is still there', async () => {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    trustProxy: { hops: 1 },
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const rawHeaders = ['Authorization', `Bearer ${secret}`, ...proto('https')]
  const peer = { closed: true, encrypted: false }
  expect(await gate.check({ method: 'GET', url: '/', rawHeaders, peer })).toMatchObject({
    allowed: true,
  })
})
