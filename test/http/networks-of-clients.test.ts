import { expect, test } from '@jest/globals'
import { createProxies } from '../../src/http/client-address.js'

const { networkOf, hostOf } = createProxies([])

test('addresses of one organization are of one network, and others are not', () => {
  const own = networkOf('2001:db8:1:2::3')
  expect(own).toEqual(expect.any(String))
  expect(networkOf('2001:db8:1:ffff::9')).toBe(own)
  expect(networkOf('2001:db8:2:2::3')).not.toBe(own)
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('::ffff:203.0.113.9')).toBe(networkOf('203.0.113.9'))
})

test.each(['', 'unknown', '203.0.113'])(
  'what is no address is of no network, and no host: "%s"',
  (text) => {
    expect(networkOf(text)).toBeUndefined()
    expect(hostOf(text)).toBeUndefined()
  },
)
