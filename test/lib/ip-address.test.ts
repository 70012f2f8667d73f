import { expect, test } from '@jest/globals'
import ipaddr from 'ipaddr.js'
import { parseAddress, spelled } from '../../src/lib/ip-address.js'

const ADDRESSES = [
  ...['::', '::1', '1::', '2001:db8::1', '2001:DB8:0:0:1:0:0:1', '1:2:3:4:5:6:7:8'],
  ...['::2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', 'fe80::1%eth0', '64:ff9b::203.0.113.9'],
  ...['::ffff:0:1', '::ffff:203.0.113.9', '0:0:0:0:0:FFFF:cb00:7109', '203.0.113.9', '0.0.0.0'],
]

test.each(ADDRESSES)('%s has the bytes that others read', (address) => {
  const known = ipaddr.process(address.replace(/%.*/, ''))
  expect(parseAddress(address)).toEqual(known.toByteArray())
})

test('an IPv4 address at the end of an IPv6 address that is not mapped is two groups', () => {
  expect(parseAddress('::10.0.0.1')).toEqual([...Array<number>(12).fill(0), 10, 0, 0, 1])
})

test.each(['', '1', '010.0.0.1', '1.2.3', '0x7f.0.0.1', ' ::1', '1::2::3', ':::', '12345::'])(
  '%j is no address',
  (text) => {
    expect([parseAddress(text), spelled(text)]).toEqual([undefined, text])
  },
)

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  // RFC 5952: one group of zeros is written, and of two runs as long the first is left out.
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['0:0:1:2:3:0:0:4', '::1:2:3:0:0:4'],
  ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
  ['::10.0.0.1', '::a00:1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'fe80::1'],
])('%s is spelled %s', (address, spelling) => {
  expect([spelled(address), spelled(address)]).toEqual([spelling, spelling])
})
