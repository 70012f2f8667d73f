import { describe, expect, test } from '@jest/globals'
import { createGate, type Peer, type TrustedProxies } from 'sallyport'

const CLIENT = '203.0.113.9'

/** What a gate says of a key that works from one address alone. */
async function come(trustProxy: TrustedProxies, peer: Partial<Peer>, line: string | undefined) {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxy },
  })
  const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', allowedIps: [CLIENT] })
  const rawHeaders = [
    ...['X-API-Key', key.secret, 'X-Forwarded-Proto', 'https'],
    ...(line === undefined ? [] : ['X-Forwarded-For', line]),
  ]
  const whole = { encrypted: false, ...peer }
  const decision = await gate.check({ method: 'GET', url: '/', rawHeaders, peer: whole })
  return decision.allowed ? 'allowed' : decision.reason
}

describe('networks that have a name', () => {
  test.each([
    ['loopback', '127.0.0.1', true],
    ['loopback', '127.9.9.9', true],
    ['loopback', '::1', true],
    ['loopback', '10.0.0.1', false],
    ['linklocal', '169.254.1.1', true],
    ['linklocal', 'fe80::1', true],
    ['linklocal', '169.253.1.1', false],
    ['uniquelocal', '10.255.0.1', true],
    ['uniquelocal', '172.16.0.1', true],
    ['uniquelocal', '172.31.255.255', true],
    ['uniquelocal', '172.32.0.1', false],
    ['uniquelocal', '192.168.1.1', true],
    ['uniquelocal', 'fd00::1', true],
    ['uniquelocal', 'fe80::1', false],
    ['uniquelocal', '198.51.100.1', false],
    ['unix', '127.0.0.1', false],
  ])('%s has %s: %j', async (name, address, has) => {
    expect(await come([name], { address }, CLIENT)).toBe(has ? 'allowed' : 'https_required')
  })

  test('in the chain as well, beside addresses', async () => {
    const line = `${CLIENT}, 192.168.7.7, 198.51.100.1`
    const peer = { address: '127.0.0.1' }
    expect(await come(['loopback', 'uniquelocal', '198.51.100.1'], peer, line)).toBe('allowed')
    expect(await come(['loopback', '198.51.100.1'], peer, line)).toBe('address_not_allowed')
  })
})

describe("'unix'", () => {
  test.each<[Partial<Peer>, string]>([
    [{ unix: true }, 'allowed'],
    // The peer of a connection that is closed has no address either.
    [{ unix: false }, 'https_required'],
    [{}, 'https_required'],
  ])('the peer %j: %s', async (peer, expected) => {
    expect(await come(['unix'], peer, CLIENT)).toBe(expected)
  })

  test('is not trusted by another word', async () => {
    expect(await come(['loopback'], { unix: true }, CLIENT)).toBe('https_required')
  })
})

describe('proxies that are counted', () => {
  const peer = { address: '198.51.100.1' }

  test.each<[number, string | undefined, string]>([
    [1, CLIENT, 'allowed'],
    [1, `192.0.2.1, ${CLIENT}`, 'allowed'],
    [1, `${CLIENT}, 192.0.2.1`, 'address_not_allowed'],
    [2, `${CLIENT}, 192.0.2.1`, 'allowed'],
    [2, `192.0.2.7, ${CLIENT}:443, 192.0.2.1`, 'allowed'],
    [2, `${CLIENT}, , 192.0.2.1`, 'allowed'],
    // Somebody has come past one of them.
    [2, CLIENT, 'address_not_allowed'],
    [1, undefined, 'address_not_allowed'],
    [1, 'unknown', 'address_not_allowed'],
  ])('%i, X-Forwarded-For %j: %s', async (hops, line, expected) => {
    expect(await come({ hops }, peer, line)).toBe(expected)
  })
})

const FORMS =
  "createGate: 'trustProxy' must list your proxies, such as ['10.0.0.0/8'], ['loopback'], ['uniquelocal'] or ['unix'], or count them, such as { hops: 1 }: see docs/proxies.md. Who is trusted here can write any client address"
const ALL =
  "createGate: 'trustProxy.0' trusts every client, and each could write its own address; list the networks of your proxies alone"

test.each<[unknown, string]>([
  ...[true, 1, 'loopback', {}, null, [1]].map((given): [unknown, string] => [given, FORMS]),
  ...['0.0.0.0/0', '::/0', '::ffff:0:0/96'].map((given): [unknown, string] => [[given], ALL]),
  [
    ['::1', 'proxy'],
    "createGate: 'trustProxy.1' must be an IP address, a CIDR network such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal' or 'unix'",
  ],
  [{ hops: 0 }, "createGate: 'trustProxy.hops' must be at least 1"],
  [{ hops: 11 }, "createGate: 'trustProxy.hops' must be at most 10"],
  [{ hops: 1, hop: 1 }, "createGate: 'trustProxy.hop' is not known; did you mean 'hops'?"],
])('%j is refused, and told what to write', (trustProxy, message) => {
  const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxy }
  expect(() => createGate(options as never)).toThrow(new Error(message))
})
