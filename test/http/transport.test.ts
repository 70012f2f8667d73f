import { afterEach, describe, expect, test } from '@jest/globals'
import { createGate, type Peer, type TlsVersion } from 'sallyport'

const environment = process.env['NODE_ENV']

afterEach(() => {
  process.env['NODE_ENV'] = environment
})

/** What a gate behind 10.0.0.0/8 says of a good key that comes like this. */
async function decide(
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
  const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
  return decision.allowed ? 'allowed' : decision.reason
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
