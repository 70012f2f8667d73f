import { expect, test } from '@jest/globals'
import { Room } from '../../../cli/audit/report/room.js'
import { Sources } from '../../../cli/audit/report/sources.js'

const ipv6 = (network: number, host: number) =>
  `2001:db8:${network.toString(16)}:${host.toString(16)}::1`
const often = (sources: Sources, address: string, times: number, isProven = true) => {
  for (let time = 0; time < times; time++) sources.add(address, 1, isProven)
}

test('one customer with 65,536 addresses leaves room for those of others, and is counted whole', () => {
  const sources = new Sources()
  for (let host = 0; host < 2_000; host++) often(sources, ipv6(1, host), 1)
  often(sources, '203.0.113.9', 5)
  often(sources, ipv6(2, 1), 3)
  expect(sources.counts.get('203.0.113.9')).toBe(5)
  expect(sources.counts.get(ipv6(2, 1))).toBe(3)
  expect(sources.counts.get('2001:db8:1::/48')).toBe(2_000 - 64)
  expect(sources.counts.size).toBe(64 + 1 + 2)
})

test('an address that is told apart goes on being counted where there is no room for more', () => {
  const sources = new Sources()
  for (let at = 0; at < 1_001; at++) {
    often(sources, `10.0.${String(at >> 8)}.${String(at & 255)}`, 1)
  }
  expect(sources.counts.size).toBe(1_000)
  often(sources, '10.0.0.0', 9)
  expect(sources.counts.get('10.0.0.0')).toBe(10)
})

test('names that no checkpoint vouches for take half of the room', () => {
  const room = new Room(10)
  const take = (times: number, isProven: boolean) =>
    Array.from({ length: times }, () => room.take(isProven)).filter(Boolean).length
  expect([take(9, false), take(9, true), take(1, false)]).toEqual([5, 5, 0])
  expect(new Room(4).take(true)).toBe(true)
})

test('addresses that no checkpoint vouches for give way to those that one does', () => {
  const sources = new Sources()
  for (let at = 0; at < 1_000; at++) {
    often(sources, `10.0.${String(at >> 8)}.${String(at & 255)}`, 9, false)
  }
  often(sources, '198.51.100.1', 1, false)
  expect(sources.counts.has('198.51.100.1')).toBe(false)
  often(sources, '203.0.113.9', 2)
  expect(sources.counts.get('203.0.113.9')).toBe(2)
  expect(sources.counts.size).toBe(1_000)
})
