import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { LRUCache } from 'lru-cache'

/**
 * The bits of an IP address: 4 bytes or 16. An IPv4-mapped IPv6 address is the IPv4 address, however it is written.
 * `undefined` for anything else: octal, short and hexadecimal forms, white space.
 */
export function parseAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text).toByteArray()
  if (!isIPv6(text)) return undefined
  const address = ipaddr.IPv6.parse(withoutDots(withoutZone(text)))
  return address.isIPv4MappedAddress()
    ? address.toIPv4Address().toByteArray()
    : address.toByteArray()
}

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

/** Connections come from few addresses: each is read once. */
const spellings = new LRUCache<string, string>({ max: 1_024 })
/** A zone may be of any length. */
const MAX_SPELLING = 64

/** How an address is told to apps, in records and in warnings: IPv4 for mapped ones, IPv6 as in RFC 5952, no zone. What is no address stays as it is. */
export function spelled(text: string): string {
  if (isIPv4(text)) return text
  const known = spellings.get(text)
  if (known !== undefined) return known
  const bytes = parseAddress(text)
  if (bytes === undefined) return text
  const spelling = ipaddr.fromByteArray([...bytes]).toString()
  if (text.length <= MAX_SPELLING) spellings.set(text, spelling)
  return spelling
}

/** A zone (RFC 4007 section 11) says on which link of this machine an address is, and is no part of its bits. */
function withoutZone(text: string): string {
  const zone = text.indexOf('%')
  return zone === -1 ? text : text.slice(0, zone)
}

/** ipaddr.js reads `::10.0.0.1` as if it were IPv4-mapped. It is an IPv6 address of its own (RFC 4291 section 2.5.5.1). */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_, a, b, c, d) => {
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
    return `${high.toString(16)}:${low.toString(16)}`
  })
}
