import { describe, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { readVectors } from '../vectors/read.js'

interface Case {
  readonly name: string
  readonly remoteAddr: string
  readonly trustedProxies: readonly string[]
  readonly rawHeaders: readonly (readonly [string, string])[]
  readonly want: string
}

interface Arrival {
  readonly trustProxy?: readonly string[]
  readonly peer: string | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly allowedIps: readonly string[]
}

const cases = readVectors('xff/trust-proxy-cases.json') as readonly Case[]

const EVERYWHERE = ['0.0.0.0/0', '::/0']
const CLIENT = '203.0.113.9'
const PROXIES = ['10.0.0.0/8']

/** The status for a request with a key that works from these addresses only. */
async function arrive({ trustProxy, peer, headers, allowedIps }: Arrival): Promise<number> {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    ...(trustProxy !== undefined && { trustProxy: [...trustProxy] }),
  })
  const key = { name: 'CI', ownerId: 'org_1', allowedIps: [...allowedIps] }
  const { secret } = await gate.keys.create(key)
  const decision = await gate.check({
    method: 'GET',
    url: '/',
    rawHeaders: ['Authorization', `Bearer ${secret}`, ...headers.flat()],
    peer: { address: peer, encrypted: true },
  })
  if (decision.allowed) return 200
  expect(decision.reason).toBe('address_not_allowed')
  return decision.status
}

function forwarded(...lines: readonly string[]): Omit<Arrival, 'allowedIps'> {
  const headers = lines.map((line) => ['X-Forwarded-For', line] as const)
  return { trustProxy: PROXIES, peer: '10.0.0.1', headers }
}

/** Every other IPv4 address that the request mentions, and one that it does not. */
function othersThan(client: string, vector: Case): string[] {
  const text = JSON.stringify([vector.remoteAddr, vector.rawHeaders])
  const mentioned = text.match(/\d+(?:\.\d+){3}/g) ?? []
  return [...mentioned, '198.51.100.99'].filter((address) => address !== client)
}

describe('the client behind proxies:', () => {
  test('cases are read', () => {
    expect(cases).toHaveLength(9)
  })

  test.each(cases.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
    const { remoteAddr, trustedProxies: trustProxy, rawHeaders: headers, want } = vector
    // A Unix socket has no address. An empty element is ignored, where the vector leaves a choice.
    const arrival = { trustProxy, peer: remoteAddr || undefined, headers }
    const client = want.split(' ')[0] ?? ''
    if (client === 'ERROR') {
      expect(await arrive({ ...arrival, allowedIps: EVERYWHERE })).toBe(403)
      return
    }
    expect(await arrive({ ...arrival, allowedIps: [client] })).toBe(200)
    expect(await arrive({ ...arrival, allowedIps: othersThan(client, vector) })).toBe(403)
  })
})

describe('X-Forwarded-For', () => {
  const hops = (count: number) => `${CLIENT}${', 10.0.0.2'.repeat(count - 1)}`

  test.each([
    ['32 hops', [hops(32)], 200],
    ['33 hops', [hops(33)], 403],
    ['32 hops in two lines', [hops(16), hops(16).replace(CLIENT, '10.0.0.3')], 200],
    ['33 hops in two lines', [hops(16), hops(17).replace(CLIENT, '10.0.0.3')], 403],
    ['33 hops, of which 32 are empty', [CLIENT + ','.repeat(32)], 403],
    ['2,048 characters', [CLIENT.padEnd(2_048)], 200],
    ['2,049 characters', [CLIENT.padEnd(2_049)], 403],
    ['2,048 characters in two lines', [CLIENT.padEnd(1_000), '10.0.0.2'.padEnd(1_047)], 200],
    ['2,049 characters in two lines', [CLIENT.padEnd(1_000), '10.0.0.2'.padEnd(1_048)], 403],
  ])('%s', async (_, lines, status) => {
    expect(await arrive({ ...forwarded(...lines), allowedIps: [CLIENT] })).toBe(status)
    const everywhere = await arrive({ ...forwarded(...lines), allowedIps: EVERYWHERE })
    expect(everywhere).toBe(status)
  })

  test.each(['unknown', '_hidden', '203.0.113.9:', '[2001:db8::1', '0313.0.0161.9'])(
    '"%s" is no address, and the client is nobody',
    async (hop) => {
      expect(await arrive({ ...forwarded(hop), allowedIps: EVERYWHERE })).toBe(403)
    },
  )

  test.each([
    ['alone with it', (hop: string) => `${CLIENT}, ${hop}`],
    ['with a proxy to the right of it', (hop: string) => `${CLIENT}, ${hop}, 10.0.0.2`],
    ['with a proxy on both sides of it', (hop: string) => `${CLIENT}, 10.0.0.3, ${hop}, 10.0.0.2`],
  ])('an address to the left of what is none counts for nobody: %s', async (_, line) => {
    for (const hop of ['unknown', '_hidden', '999.0.0.1', '203.0.113.9:99999']) {
      for (const allowedIps of [[CLIENT], EVERYWHERE]) {
        expect(await arrive({ ...forwarded(line(hop)), allowedIps })).toBe(403)
      }
    }
    // The control: with an address in the same place, the first that is none of ours is the client.
    const proven = await arrive({ ...forwarded(line('10.0.0.4')), allowedIps: [CLIENT] })
    expect(proven).toBe(200)
  })

  test.each(['fe80::1%br-12', 'fe80::1%eth0.100', '::ffff:10.0.0.1%a:b'])(
    '"%s" is decided about like any other, and does not throw',
    async (hop) => {
      expect(await arrive({ ...forwarded(hop), allowedIps: [CLIENT] })).toBe(403)
    },
  )

  test('is ignored without trustProxy, and from a peer that is none of ours', async () => {
    const { headers } = forwarded(CLIENT)
    const peer = '198.51.100.7'
    for (const trust of [{}, { trustProxy: [] }, { trustProxy: PROXIES }]) {
      expect(await arrive({ ...trust, peer, headers, allowedIps: [CLIENT] })).toBe(403)
      expect(await arrive({ ...trust, peer, headers, allowedIps: [peer] })).toBe(200)
    }
  })

  test('is missed where a proxy says nothing: the client is nobody, and not the proxy', async () => {
    expect(await arrive({ ...forwarded(), allowedIps: EVERYWHERE })).toBe(403)
  })
})
