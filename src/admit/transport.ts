import { isLoopback } from '../net/address.js'
import type { Proxies } from '../net/proxies.js'
import { Refusal } from '../terms/denial.js'
import { fieldLines, type GateRequest } from '../terms/request.js'

/** TLS versions that a gate may ask for at least. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

const REFUSED = new Refusal('https_required')
const TLS_ORDER = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const FORWARDING_FIELD = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/i

/**
 * Refuses what did not come over HTTPS, to us or to the first of our proxies. A secret that went over the wire in
 * the clear is answered with a refusal, not a redirect, so that its sender notices.
 */
export function createTransportRule(
  proxies: Proxies,
  minTlsVersion: TlsVersion,
  allowLoopback: boolean,
): (request: GateRequest) => Refusal | undefined {
  const minimum = TLS_ORDER.indexOf(minTlsVersion)

  function isSecure(request: GateRequest): boolean {
    const { peer } = request
    if (proxies.trusts(peer.address)) {
      const protocols = fieldLines(request, 'x-forwarded-proto')
      // Every hop that tells must have been encrypted: a client can write the first entry itself.
      if (protocols.length > 0) return protocols.join(',').split(',').every(isHttps)
    }
    if (peer.encrypted) {
      return peer.tlsVersion === undefined || TLS_ORDER.indexOf(peer.tlsVersion) >= minimum
    }
    return allowLoopback && isLoopback(peer.address) && !isForwarded(request)
  }

  return (request) => (isSecure(request) ? undefined : REFUSED)
}

function isHttps(protocol: string): boolean {
  return protocol.trim().toLowerCase() === 'https'
}

function isForwarded({ rawHeaders }: GateRequest): boolean {
  return rawHeaders.some((name, index) => index % 2 === 0 && FORWARDING_FIELD.test(name))
}
