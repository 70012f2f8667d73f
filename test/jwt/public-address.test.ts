import { describe, expect, test } from '@jest/globals'
import ipaddr from 'ipaddr.js'
import { isPublic } from '../../src/jwt/public-address.js'

/** What another library says of an address: of the Internet, and of the part of IPv6 that has been given out. */
function isPublicElsewhere(address: string): boolean {
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  return parsed instanceof ipaddr.IPv4 || parsed.match(ipaddr.IPv6.parseCIDR('2000::/3'))
}

type Range = [first: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** Every range that the other library knows by name: one or several of a name. */
const RANGES = [ipaddr.IPv4, ipaddr.IPv6].flatMap(({ prototype }) => {
  const { SpecialRanges: named } = prototype as unknown as {
    SpecialRanges: Record<string, Range | Range[]>
  }
  return Object.entries(named).flatMap(([name, ranges]) =>
    (Array.isArray(ranges[0]) ? (ranges as Range[]) : [ranges as Range]).map(
      ([first, bits]) => [name, first.toByteArray(), bits] as const,
    ),
  )
})

const spelled = (bytes: readonly number[]) => ipaddr.fromByteArray([...bytes]).toString()

/** The address that is `by` further. */
function moved(bytes: readonly number[], by: bigint): readonly number[] {
  const all = 1n << BigInt(bytes.length * 8)
  let value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  value = (value + by + all) % all
  return bytes.map((_, at) => Number((value >> BigInt((bytes.length - 1 - at) * 8)) & 0xffn))
}

// What is made when it is first needed is made for all tests.
const google = isPublic('8.8.8.8')
test('an address of the Internet is one', () => {
  expect(google).toBe(true)
})

test('the other library knows enough ranges to compare with', () => {
  expect(RANGES.length).toBeGreaterThan(30)
})

test.each(RANGES)('%s at %j/%i begins and ends where others say', (_name, first, bits) => {
  const size = 1n << BigInt(first.length * 8 - bits)
  for (const by of [-1n, 0n, 1n, size / 2n, size - 1n, size]) {
    const address = spelled(moved(first, by))
    expect([address, isPublic(address)]).toEqual([address, isPublicElsewhere(address)])
  }
})

describe('addresses all over', () => {
  // The golden ratio: no two are near each other.
  const STEP = { 4: 0x9e3779b1n, 16: 0x9e3779b97f4a7c15f39cc0605cedc835n }

  test.each([4, 16] as const)('of %i bytes are what others say', (length) => {
    let bytes: readonly number[] = Array<number>(length).fill(0)
    const differ: string[] = []
    for (let n = 0; n < 4_000; n += 1) {
      bytes = moved(bytes, STEP[length])
      // Half of those of IPv6 in the part that has been given out.
      const tried = length === 16 && n % 2 === 0 ? [0x20, ...bytes.slice(1)] : bytes
      if (isPublic(spelled(tried)) !== isPublicElsewhere(spelled(tried)))
        differ.push(spelled(tried))
    }
    expect(differ).toEqual([])
  })
})

test.each(['', 'localhost', '8.8.8', '2606:4700::1111::', '08.8.8.8'])(
  '%j, which is no address, is none of the Internet',
  (text) => {
    expect(isPublic(text)).toBe(false)
  },
)
