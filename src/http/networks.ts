import { isIPv6 } from 'node:net'
import type { AddressRules } from '../core/auth.js'
import { parseAddress } from '../lib/ip-address.js'

interface Network {
  readonly bytes: readonly number[]
  readonly bits: number
}

/** A prefix of 96 bits is where the IPv4-mapped addresses begin. */
const MAPPED_BITS = 96

/** Whether this is an IP address or a network in CIDR notation. */
export function isNetwork(rule: string): boolean {
  return parseNetwork(rule) !== undefined
}

/** Whether a network has all addresses of IPv4, or of IPv6. */
export function isWholeFamily(rule: string): boolean {
  return parseNetwork(rule)?.bits === 0
}

/**
 * A set of addresses and CIDR networks. An IPv4 rule never admits an IPv6 address or the other way round; an
 * IPv4-mapped address counts as IPv4 on both sides. No rules: no address.
 * @throws {RangeError} for a rule that is none.
 */
export function createAddressRules(rules: readonly string[]): AddressRules {
  const networks = rules.map((rule) => {
    const network = parseNetwork(rule)
    if (network === undefined)
      throw new RangeError(`Not an IP address or a CIDR network: '${rule.slice(0, 64)}'`)
    return network
  })
  return {
    includes(address) {
      if (networks.length === 0) return false
      const bytes = address === undefined ? undefined : parseAddress(address)
      return bytes !== undefined && networks.some((network) => contains(network, bytes))
    },
  }
}

/** A set of addresses and networks that can be asked whether another rule is within it. */
export interface NetworkSet {
  /** Whether one of the rules admits all that this one admits. What is no rule is not covered. */
  covers(rule: string): boolean
}

export function createNetworkSet(rules: readonly string[]): NetworkSet {
  const networks = rules.map(parseNetwork)
  return {
    covers(rule) {
      const inner = parseNetwork(rule)
      if (inner === undefined) return false
      return networks.some(
        (outer) => outer !== undefined && outer.bits <= inner.bits && contains(outer, inner.bytes),
      )
    },
  }
}

function parseNetwork(rule: string): Network | undefined {
  const [address = '', prefix, more] = rule.split('/')
  // A zone names an interface of this machine: no caller comes from one.
  if (more !== undefined || address.includes('%')) return undefined
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  if (prefix === undefined) return { bytes, bits: bytes.length * 8 }
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefix)) return undefined
  const mapped = bytes.length === 4 && isIPv6(address)
  // A mapped network wider than the mapped range would straddle both families.
  const bits = Number(prefix) - (mapped ? MAPPED_BITS : 0)
  return bits < 0 || bits > bytes.length * 8 ? undefined : { bytes, bits }
}

function contains({ bytes, bits }: Network, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false
  for (let index = 0, left = bits; left > 0; index++, left -= 8) {
    const differing = (bytes[index] ?? 0) ^ (address[index] ?? 0)
    if (differing >> Math.max(0, 8 - left) !== 0) return false
  }
  return true
}
