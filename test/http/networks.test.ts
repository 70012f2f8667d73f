import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError } from 'sallyport'
import { isLoopback, parseAddress } from '../../src/lib/ip-address.js'
import {
  createAddressRules,
  createNetworkSet,
  isNetwork,
  isWholeFamily,
} from '../../src/http/networks.js'
import { readVectors } from '../vectors/read.js'

interface AddressCase {
  readonly input: string
  readonly strict: 'accept' | 'reject'
  readonly canonical?: string
  /** The IPv4 address that a mapped one is. */
  readonly identity?: string
  readonly zone?: string
}

interface PrefixCase {
  readonly input: string
  readonly strict: 'accept' | 'reject'
  readonly network?: string
}

interface ContainmentCase {
  readonly rule: string
  readonly ip: string
  readonly match: boolean | string
}

const addresses = readVectors('ip/ip-addresses.json') as { readonly tests: readonly AddressCase[] }
const prefixes = readVectors('ip/ip-prefixes.json') as { readonly tests: readonly PrefixCase[] }
const containment = readVectors('ip/allowlist-containment.json') as readonly ContainmentCase[]

/** The bytes of an address in canonical form, read without the library under test. */
function bytesOf(canonical: string): number[] {
  if (!canonical.includes(':')) return canonical.split('.').map(Number)
  const [head, tail] = canonical
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
    .map((groups) =>
      groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
    )
  const start = head ?? []
  const end = tail ?? []
  return [...start, ...Array<number>(16 - start.length - end.length).fill(0), ...end]
}

function quietly<T>(work: () => T): T | string {
  try {
    return work()
  } catch (error) {
    return String(error)
  }
}

describe('addresses', () => {
  // A zone is dropped here: the socket of a link-local peer names one, and the address is the same.
  test('are read to the byte or refused', () => {
    expect(addresses.tests).toHaveLength(611)
    const mismatches = addresses.tests.flatMap(({ input, strict, canonical, identity }) => {
      const wanted = strict === 'accept' ? bytesOf(identity ?? canonical ?? '') : undefined
      const got = quietly(() => parseAddress(input))
      return JSON.stringify(got) === JSON.stringify(wanted) ? [] : [{ input, wanted, got }]
    })
    expect(mismatches).toEqual([])
  })

  test('are rules for themselves, except with a zone', () => {
    const bare = addresses.tests.filter(({ input }) => !input.includes('/'))
    expect(bare.filter(({ zone }) => zone !== undefined).length).toBeGreaterThan(40)
    const mismatches = bare.flatMap(({ input, strict, zone }) => {
      const wanted = strict === 'accept' && zone === undefined
      const got = quietly(() => isNetwork(input))
      return got === wanted ? [] : [{ input, wanted, got }]
    })
    expect(mismatches).toEqual([])
  })

  test.each(['fe80::1%eth0.100', 'fe80::1%br-12', '::1%a:b', '::ffff:1.2.3.4%veth1-2'])(
    '%s, with a zone that is no plain word, is no reason to throw',
    (address) => {
      expect(() => parseAddress(address)).not.toThrow()
      expect(() => isLoopback(address)).not.toThrow()
      expect(() => createAddressRules(['::/0']).includes(address)).not.toThrow()
      expect(isNetwork(address)).toBe(false)
    },
  )
})

/** Where a rule is more, or less, than a prefix of the vectors. */
const DEVIATIONS: Readonly<Record<string, boolean>> = {
  // A mapped network wider than /96 would straddle IPv4 and IPv6.
  '::ffff:192.168.140.255/8': false,
  // A rule may also be an address alone.
  '10.5.0.1': true,
  '2001:db8:F53A::1': true,
  '2001:db8:f53a::1': true,
}

describe('networks', () => {
  test('are accepted or refused', () => {
    expect(prefixes.tests).toHaveLength(258)
    const mismatches = prefixes.tests.flatMap(({ input, strict }) => {
      const wanted = DEVIATIONS[input] ?? strict === 'accept'
      const got = quietly(() => isNetwork(input))
      return got === wanted ? [] : [{ input, wanted, got }]
    })
    expect(mismatches).toEqual([])
  })

  test('have host bits without meaning: the first address of the network is in it', () => {
    const accepted = prefixes.tests.filter(({ input }) => isNetwork(input))
    expect(accepted.length).toBeGreaterThan(150)
    const mismatches = accepted.filter(({ input, network = input }) => {
      const start = network.split('/')[0]
      return !createAddressRules([input]).includes(start)
    })
    expect(mismatches).toEqual([])
  })
})

describe('the address list of a key', () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })

  async function issue(allowedIps?: readonly string[]): Promise<string> {
    const list = allowedIps === undefined ? {} : { allowedIps: [...allowedIps] }
    return (await gate.keys.create({ name: 'CI', ownerId: 'org_1', ...list })).secret
  }

  async function outcome({ rule, ip }: ContainmentCase): Promise<boolean | string> {
    try {
      const decision = await gate.verify(await issue([rule]), ip)
      if (decision.allowed || decision.reason === 'address_not_allowed') return decision.allowed
      return decision.reason
    } catch (error) {
      return error instanceof MisuseError ? 'CONFIG-ERROR' : String(error)
    }
  }

  test('contains what it says', async () => {
    const cases = containment.filter(({ rule }) => rule !== '(empty list)')
    expect(cases).toHaveLength(21)
    const mismatches: unknown[] = []
    for (const vector of cases) {
      const got = await outcome(vector)
      if (got !== vector.match) mismatches.push({ ...vector, got })
    }
    expect(mismatches).toEqual([])
  })

  // IPv4 is one family and IPv6 another, also where one is written as the other.
  test.each([
    ['::/0', '1.2.3.4', false],
    ['::/0', '::ffff:1.2.3.4', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/64', '2001:db8:0:1::1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::ffff:a01:203', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['::ffff:1.2.3.4/128', '1.2.3.5', false],
    ['::ffff:0:0/96', '2001:db8::1', false],
    ['203.0.113.0/31', '203.0.113.2', false],
  ])('%s and %s: %s', async (rule, ip, match) => {
    expect(await outcome({ rule, ip, match })).toBe(match)
  })

  test('denies all where it is empty, and admits all where there is none', async () => {
    const closed = await issue([])
    const open = await issue()
    for (const address of ['10.0.0.1', '::1', '', 'nonsense', undefined]) {
      expect(await gate.verify(closed, address)).toMatchObject({ reason: 'address_not_allowed' })
      expect(await gate.verify(open, address)).toMatchObject({ allowed: true })
    }
  })
})

describe('a set of networks covers', () => {
  test.each<[readonly string[], string, boolean]>([
    [['10.0.0.0/8'], '10.0.0.0/8', true],
    [['10.0.0.0/8'], '10.1.0.0/16', true],
    [['10.0.0.0/8'], '10.1.2.3', true],
    [['10.0.0.0/8'], '10.0.0.0/7', false],
    [['10.0.0.0/8'], '11.0.0.0/16', false],
    [['10.1.2.3'], '10.1.2.3', true],
    [['10.1.2.3'], '10.1.2.2/31', false],
    [['0.0.0.0/0'], '::/0', false],
    [['::/0'], '192.0.2.1', false],
    [['::ffff:0:0/96'], '192.0.2.1', true],
    [['2001:db8::/32'], '2001:db8:1::/48', true],
    [['2001:db8::/33'], '2001:db8:8000::/48', false],
    [['nothing', '10.0.0.0/8'], '10.1.2.3', true],
    [['nothing'], 'nothing', false],
    [['10.0.0.0/8'], 'nothing', false],
    [[], '10.1.2.3', false],
  ])('%j: %s is %p', (rules, rule, expected) => {
    expect(createNetworkSet(rules).covers(rule)).toBe(expected)
  })
})

test.each([
  ['0.0.0.0/0', true],
  ['::/0', true],
  ['::ffff:0:0/96', true],
  ['0.0.0.0/1', false],
  ['::/1', false],
  ['0.0.0.0', false],
  ['everything', false],
])('%s is a whole family: %p', (rule, expected) => {
  expect(isWholeFamily(rule)).toBe(expected)
})

test('one rule of several is enough', () => {
  const rules = createAddressRules(['10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'])
  for (const inside of ['10.1.2.3', '192.0.2.9', '2001:db8::1']) {
    expect(rules.includes(inside)).toBe(true)
  }
  for (const outside of ['11.0.0.1', '2001:db9::1', undefined]) {
    expect(rules.includes(outside)).toBe(false)
  }
})

test('a rule that is none is told of, and no more of it than is of use', () => {
  expect(() => createAddressRules(['10.0.0.0/8', `x${'y'.repeat(100)}`])).toThrow(
    new RangeError(`Not an IP address or a CIDR network: 'x${'y'.repeat(63)}'`),
  )
})
