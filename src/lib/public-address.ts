import ipaddr from 'ipaddr.js'
import { parseAddress } from './ip-address.js'

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
