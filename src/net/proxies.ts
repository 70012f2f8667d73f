import { LRUCache } from 'lru-cache'
import { fieldLines, type GateRequest } from '../terms/request.js'
import type { AddressRules } from '../terms/auth.js'
import { parseAddress } from './address.js'
import { createAddressRules } from './networks.js'

/** X-Forwarded-For beyond this is not read, and the client counts as unknown. */
const MAX_HOPS = 32
const MAX_LENGTH = 2_048
const REMEMBERED_PEERS = 1_024

/** What lies between us and the client. */
export interface Proxies {
  /** Whether the connection comes from a proxy of ours, whose X-Forwarded fields may be believed. */
  trusts(address: string | undefined): boolean
  /** The client's address, or `undefined` where it cannot be known; never a guess. */
  clientOf(request: GateRequest): string | undefined
  /**
   * Who handed the request to the outermost of our proxies, where what stands further left of X-Forwarded-For makes the client unknown: it was
   * written by that very sender.
   */
  senderOf(request: GateRequest): string | undefined
}

export function createProxies(trustProxy: readonly string[]): Proxies {
  const rules = createAddressRules(trustProxy)
  const trusted = trustProxy.length === 0 ? rules : remembering(rules)
  return {
    trusts: (address) => trusted.includes(address),
    clientOf(request) {
      const peer = request.peer.address
      return trusted.includes(peer) ? forwardedFor(request, trusted) : peer
    },
    senderOf(request) {
      const peer = request.peer.address
      if (!trusted.includes(peer)) return peer
      const hops = fieldLines(request, 'x-forwarded-for').join(',').slice(-MAX_LENGTH).split(',')
      return outermost(hops.slice(-MAX_HOPS), trusted)
    },
  }
}

/**
 * From the right, the first address that is not a proxy of ours: what stands further left, anybody could have written.
 * Where all are ours, the leftmost.
 */
function forwardedFor(request: GateRequest, trusted: AddressRules): string | undefined {
  const text = fieldLines(request, 'x-forwarded-for').join(',')
  if (text.length > MAX_LENGTH) return undefined
  const hops = text.split(',')
  return hops.length > MAX_HOPS ? undefined : outermost(hops, trusted)
}

function outermost(hops: readonly string[], trusted: AddressRules): string | undefined {
  let client: string | undefined
  for (const hop of hops.toReversed()) {
    const address = hop.trim()
    // RFC 9110 section 5.6.1.2: empty list elements are ignored.
    if (address === '') continue
    if (parseAddress(address) === undefined) return undefined
    client = address
    if (!trusted.includes(address)) break
  }
  return client
}

/** Connections come from few proxies: each is judged once. */
function remembering(rules: AddressRules): AddressRules {
  const verdicts = new LRUCache<string, boolean>({ max: REMEMBERED_PEERS })
  return {
    includes(address) {
      if (address === undefined) return false
      let verdict = verdicts.get(address)
      if (verdict === undefined) {
        verdict = rules.includes(address)
        verdicts.set(address, verdict)
      }
      return verdict
    },
  }
}
