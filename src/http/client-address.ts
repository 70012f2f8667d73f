import type { ClientAddresses } from '../core/request-context.js'
import type { GateRequest } from '../core/request.js'
import { parseAddress, spelled } from '../lib/ip-address.js'
import { forwardedFields, type ProxyHeaders, type ProxyTrust } from './forwarded.js'
import { createAddressRules } from './networks.js'
import { networksOf, UNIX, type TrustedProxies } from './proxy-schema.js'
import { networkOf, sourceOf } from './source.js'
import { warnOfUnknownClient, warnOfUntrustedProxy } from './transport-warnings.js'

const REMEMBERED_PEERS = 1_024

/** The reverse proxies between this server and its clients. */
export interface Proxies extends ClientAddresses, ProxyTrust {}

/** Which peers are proxies, and which of what they write is the client. */
interface Trust extends Pick<ProxyTrust, 'trusts'> {
  /** `undefined`: it cannot be known. */
  readonly clientIn: (hops: readonly string[]) => string | undefined
}

export function createProxies(
  trustProxy: TrustedProxies,
  headers: ProxyHeaders = 'x-forwarded',
): Proxies {
  const fields = forwardedFields(headers)
  const { trusts, clientIn } =
    'hops' in trustProxy ? trustByCount(trustProxy.hops) : trustByAddress(trustProxy)

  /** Who connected to us, and is no proxy that we know. */
  function stranger(request: GateRequest): string | undefined {
    warnOfUntrustedProxy(request)
    return request.peer.address
  }

  /** What a proxy of ours says. */
  function told(request: GateRequest): string | undefined {
    const hops = fields.hops(request)
    const client = hops && clientIn(hops)
    if (client === undefined) warnOfUnknownClient(fields.clientName)
    return client
  }

  return {
    ...{ trusts, fields },
    clientOf(request) {
      const client = trusts?.(request.peer) === true ? told(request) : stranger(request)
      return client === undefined ? undefined : spelled(client)
    },
    senderOf(request) {
      return trusts?.(request.peer) === true
        ? clientIn(fields.lastHops(request))
        : stranger(request)
    },
    networkOf(address) {
      const source = sourceOf(address)
      return source && networkOf(source)
    },
    hostOf: (address) => sourceOf(address)?.block,
  }
}

/**
 * From the right, the first address that is not a proxy of ours: what stands further left, anybody could have written.
 * Where all are ours, the leftmost.
 */
function trustByAddress(trustProxy: readonly string[]): Trust {
  const networks = networksOf(trustProxy)
  const includes = remembering(networks)
  const unix = trustProxy.includes(UNIX)
  return {
    trusts:
      trustProxy.length === 0
        ? undefined
        : ({ address, unix: isUnix }) =>
            address === undefined ? unix && isUnix === true : includes(address),
    clientIn(hops) {
      let client: string | undefined
      for (const hop of hops.toReversed()) {
        // RFC 9110 section 5.6.1.2: empty list elements are ignored.
        if (hop.trim() === '') continue
        const address = addressOf(hop)
        if (address === undefined) return undefined
        client = address
        if (!includes(address)) break
      }
      return client
    },
  }
}

/** So many proxies have written an address each: where fewer are there, somebody has come past one of them. */
function trustByCount(count: number): Trust {
  return {
    trusts: () => true,
    clientIn(hops) {
      const hop = hops.filter((each) => each.trim() !== '').at(-count)
      return hop === undefined ? undefined : addressOf(hop)
    },
  }
}

/** An address as proxies write it: alone, with the port of the client, or IPv6 in brackets with or without one. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim()
  const [, ipv6, ipv4, port = '0'] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  if (Number(port) > 65_535 || (ipv6 !== undefined && !ipv6.includes(':'))) return undefined
  const address = ipv6 ?? ipv4 ?? text
  return parseAddress(address) === undefined ? undefined : address
}

/** Connections come from few proxies: each is judged once. */
function remembering(networks: readonly string[]): (address: string) => boolean {
  const rules = createAddressRules(networks)
  if (networks.length === 0) return () => false
  const verdicts = new Map<string, boolean>()
  return (address) => {
    let verdict = verdicts.get(address)
    if (verdict === undefined) {
      verdict = rules.includes(address)
      if (verdicts.size >= REMEMBERED_PEERS) verdicts.clear()
      verdicts.set(address, verdict)
    }
    return verdict
  }
}
