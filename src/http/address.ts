import ipaddr from 'ipaddr.js'
import { parseAddress } from '../lib/ip-address.js'

/** Whether this is the machine itself: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string | undefined): boolean {
  const bytes = address === undefined ? undefined : parseAddress(address)
  if (bytes === undefined) return false
  if (bytes.length === 4) return bytes[0] === 127
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

/** 2000::/3 is all that has been given out of IPv6 (RFC 4291 section 2.4). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Whether this is an address of the public Internet, and none that is set aside for something else (RFC 6890). */
export function isPublic(address: string): boolean {
  const bytes = parseAddress(address)
  if (bytes === undefined) return false
  const parsed = ipaddr.fromByteArray([...bytes])
  if (parsed.range() !== 'unicast') return false
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6)
}
