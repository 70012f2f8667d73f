import { isIPv4 } from 'node:net'
import { parseAddress } from '../lib/ip-address.js'

/** What one caller can be taken to have: an IPv4 address, or an IPv6 network of 64 bits, within which a host chooses its address itself. */
export interface Source {
  readonly family: 'v4' | 'v6'
  /** The same for all addresses of the source, however they are written. */
  readonly block: string
}

/**
 * Where an address is from; `undefined` for what is none. An IPv4-mapped IPv6 address is the IPv4 address.
 * @example sourceOf('2001:db8:1:2::9') // the network of 64 bits
 */
export function sourceOf(address: string): Source | undefined {
  // It is written in one way only, and most are.
  if (isIPv4(address)) return { family: 'v4', block: address }
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  const family = bytes.length === 4 ? 'v4' : 'v6'
  return { family, block: bytes.slice(0, family === 'v4' ? 4 : 8).join('.') }
}

/** What one organization can be taken to have: an IPv4 address, or an IPv6 network of 48 bits (RFC 6177), which has 65,536 sources. */
export function networkOf({ family, block }: Source): string {
  return family === 'v4' ? block : block.split('.', 6).join('.')
}
