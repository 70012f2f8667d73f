import { isIPv4, isIPv6 } from 'node:net'

/**
 * The bits of an IP address: 4 bytes or 16. An IPv4-mapped IPv6 address is the IPv4 address, however it is written.
 * `undefined` for anything else: octal, short and hexadecimal forms, white space.
 */
export function parseAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text)) return undefined
  const bytes = bytesOfIPv6(withoutDots(withoutZone(text)))
  return isMapped(bytes) ? bytes.slice(12) : bytes
}

/** @param text with colons alone */
function bytesOfIPv6(text: string): readonly number[] {
  const [left = [], right] = text.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array<string>(8 - left.length - (right?.length ?? 0)).fill('0')
  const groups = [...left, ...zeros, ...(right ?? [])].map((group) => Number.parseInt(group, 16))
  return groups.flatMap((group) => [group >> 8, group & 0xff])
}

/** ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 0xff))
}

/** Whether this is the machine itself: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string | undefined): boolean {
  const bytes = address === undefined ? undefined : parseAddress(address)
  if (bytes === undefined) return false
  if (bytes.length === 4) return bytes[0] === 127
  return bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
}

/** Connections come from few addresses: each is read once. */
const spellings = new Map<string, string>()
const MAX_SPELLINGS = 1_024
/** A zone may be of any length. */
const MAX_SPELLING = 64

/** How an address is told to apps, in records and in warnings: IPv4 for mapped ones, IPv6 as in RFC 5952, no zone. What is no address stays as it is. */
export function spelled(text: string): string {
  if (isIPv4(text)) return text
  const known = spellings.get(text)
  if (known !== undefined) return known
  const bytes = parseAddress(text)
  if (bytes === undefined) return text
  const spelling = bytes.length === 4 ? bytes.join('.') : spelledIPv6(withoutZone(text))
  if (spellings.size >= MAX_SPELLINGS) spellings.clear()
  if (text.length <= MAX_SPELLING) spellings.set(text, spelling)
  return spelling
}

/** URLs have hosts in that form (WHATWG URL section 3.5). */
function spelledIPv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

/** A zone (RFC 4007 section 11) says on which link of this machine an address is, and is no part of its bits. */
function withoutZone(text: string): string {
  const zone = text.indexOf('%')
  return zone === -1 ? text : text.slice(0, zone)
}

/** The last two groups may be written as an IPv4 address (RFC 4291 section 2.2). */
function withoutDots(text: string): string {
  return text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)/, (_, a, b, c, d) => {
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
    return `${high.toString(16)}:${low.toString(16)}`
  })
}
