import { describe, expect, test } from '@jest/globals'
import { sourceOf } from '../../src/http/source.js'
import { readVectors } from '../vectors/read.js'

interface Bucket {
  readonly ip: string
  readonly ipv6Subnet: number
  readonly sameBucketAs: string
}

// Ours are always of 64 bits; IPv4 addresses are themselves whatever the vectors say of IPv6.
const vectors = (readVectors('ip/ratelimit-ip-keys.json') as readonly Bucket[]).filter(
  ({ ipv6Subnet, sameBucketAs }) => ipv6Subnet === 64 || !sameBucketAs.includes(':'),
)

describe('the source of an address', () => {
  test.each(vectors)('$ip is that of $sameBucketAs', ({ ip, sameBucketAs }) => {
    const [other = ''] = sameBucketAs.split('/')
    expect(sourceOf(ip)).toBeDefined()
    expect(sourceOf(ip)).toEqual(sourceOf(other))
  })

  test.each([
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8::1', '2001:db8:0:1::1'],
    // All of IPv4 would be one network, were a mapped address taken for one of IPv6.
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['::192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
  ])('%s is not that of %s', (one, other) => {
    expect(sourceOf(one)).not.toEqual(sourceOf(other))
  })

  test.each(['', 'localhost', '192.0.2', '0300.0.2.1', '192.0.2.1:80', '2001:db8::/64'])(
    'there is none of %j',
    (text) => {
      expect(sourceOf(text)).toBeUndefined()
    },
  )
})
