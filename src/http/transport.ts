import { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import type { GateRequest, Peer } from '../core/request.js'
import { isLoopback } from '../lib/ip-address.js'
import type { ProxyTrust } from './forwarded.js'
import {
  isConnection,
  isForwarded,
  warnOfMissingHttps,
  warnOfPlainHttp,
  warnOfUntrustedProxy,
} from './transport-warnings.js'

/** TLS versions that a gate may ask for at least. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** Nobody knows from where it came, so nobody could be held to an address, or be counted by it. */
const CLOSED = new Refusal('connection_closed')

const TLS_ORDER = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/**
 * Refuses what did not come over HTTPS, to us or to the first of our proxies. A secret that went over the wire in
 * the clear is answered with a refusal, not a redirect, so that its sender notices. With `isDevelopment`, plain HTTP from the machine itself is let in,
 * unless a proxy has sent it. Refuses also whoever was gone before it was asked from where it came.
 */
export function createTransportRule(
  proxies: ProxyTrust,
  minTlsVersion: TlsVersion,
  isDevelopment: boolean,
): (request: GateRequest) => Refusal | undefined {
  const minimum = TLS_ORDER.indexOf(minTlsVersion)
  const detail = `Use ${minTlsVersion.replace('v', ' ')} or later.`
  const tooOld = (got: unknown) =>
    refuse(
      'tls_version_not_allowed',
      { check: 'tls_version', expected: minTlsVersion, got },
      { detail },
    )

  return (request) => {
    const { peer } = request
    const isProxy = proxies.trusts?.(peer) === true
    if (peer.closed === true && !isProxy) return CLOSED
    const protocols = isProxy ? proxies.fields.protocols(request) : []
    // Every hop that tells must have been encrypted: a client can write the first entry itself.
    if (protocols.length > 0) {
      if (protocols.every(isHttps)) return undefined
      warnOfMissingHttps(`says in ${proxies.fields.name} that the request came over plain HTTP`)
      return refuseForwarded(protocols, proxies)
    }
    if (peer.encrypted) return isRecent(peer, minimum) ? undefined : tooOld(peer.tlsVersion)
    if (!isProxy && isConnection(peer) && isForwarded(request)) {
      warnOfUntrustedProxy(request)
      return refusePeer(peer, isProxy)
    }
    // A proxy is no laptop.
    if (isDevelopment && !isProxy && isLoopback(peer.address)) {
      warnOfPlainHttp()
      return undefined
    }
    warnOfMissingHttps(isProxy ? `does not set ${proxies.fields.name}` : undefined)
    return refusePeer(peer, isProxy)
  }
}

function isRecent({ tlsVersion }: Peer, minimum: number): boolean {
  return tlsVersion === undefined || TLS_ORDER.indexOf(tlsVersion) >= minimum
}

function refuseForwarded(protocols: readonly string[], { fields }: ProxyTrust): Refusal {
  return refuse('https_required', {
    ...{ check: 'https', expected: `https in each ${fields.name}`, got: protocols.join(', ') },
    fix: 'Requests must come to the first proxy over HTTPS.',
  })
}

function refusePeer({ address = 'a peer without an address' }: Peer, isProxy: boolean): Refusal {
  return refuse('https_required', {
    ...{ check: 'https', expected: 'a request over HTTPS' },
    got: told(`plain HTTP from ${address}`),
    fix: isProxy
      ? 'The proxy must say that the request came to it over HTTPS.'
      : "If this is your reverse proxy, add its address to 'trustProxy'.",
  })
}

function isHttps(protocol: string): boolean {
  return protocol.trim().toLowerCase() === 'https'
}
