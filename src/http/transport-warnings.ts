import type { GateRequest } from '../core/request.js'
import { isLoopback, spelled } from '../lib/ip-address.js'

type Code =
  | 'SALLYPORT_PLAIN_HTTP'
  | 'SALLYPORT_UNTRUSTED_PROXY'
  | 'SALLYPORT_HTTPS_REQUIRED'
  | 'SALLYPORT_CLIENT_UNKNOWN'

const VIA = 'via'
const FORWARDING_FIELD = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/i

/** Codes that this process has been warned with: anybody can send what leads to them. */
const told = new Set<Code>()

function warnOnce(code: Code, message: string): void {
  if (told.has(code)) return
  told.add(code)
  process.emitWarning(message, { code })
}

/** The development exception has let in a request over plain HTTP. */
export function warnOfPlainHttp(): void {
  warnOnce(
    'SALLYPORT_PLAIN_HTTP',
    "A request over plain HTTP was accepted: it came from this machine, and NODE_ENV is not 'production'. Set NODE_ENV=production where others can reach this app: a proxy on this machine that sends no X-Forwarded-Proto looks the same.",
  )
}

/** Whether a request has a field that proxies write. Over TLS, `Via` may be that of a proxy on the side of the client. */
export function isForwarded({ rawHeaders, peer }: GateRequest): boolean {
  return rawHeaders.some(
    (name, index) =>
      index % 2 === 0 &&
      FORWARDING_FIELD.test(name) &&
      !(peer.encrypted && name.length === VIA.length),
  )
}

/** Such a field from a peer that is none of ours is told once. No value of a field is told: anybody could have written it. */
export function warnOfUntrustedProxy(request: GateRequest): void {
  if (told.has('SALLYPORT_UNTRUSTED_PROXY') || !isForwarded(request)) return
  const { peer } = request
  const address = peer.address === undefined ? undefined : spelled(peer.address)
  const [who, line] =
    address !== undefined
      ? [address, isLoopback(address) ? 'loopback' : address]
      : peer.unix === true
        ? ['a Unix socket', 'unix']
        : ['a peer without an address', '10.0.0.0/8']
  warnOnce(
    'SALLYPORT_UNTRUSTED_PROXY',
    `A request has the header fields of a proxy, and trustProxy does not name who sent it: ${who}. They were ignored: such requests are rejected over plain HTTP (https_required), and all clients count as one address. If that is your reverse proxy, write trustProxy: ['${line}'] in createGate; see docs/proxies.md.`,
  )
}

/** Rejected for plain HTTP. `fault`: what the proxy that sent it does or does not do; absent: it was no proxy that is named. */
export function warnOfMissingHttps(fault: string | undefined): void {
  warnOnce(
    'SALLYPORT_HTTPS_REQUIRED',
    fault !== undefined
      ? `A request was rejected with https_required: the proxy that trustProxy names ${fault}. Let it send 'https' for requests that came over HTTPS. Was it you, who called the app without the proxy? Send X-Forwarded-Proto: https, or set trustProxy in production alone. See docs/proxies.md.`
      : 'A request over plain HTTP was rejected with https_required. If your reverse proxy sent it, let it set X-Forwarded-Proto and X-Forwarded-For, and name it in trustProxy; see docs/proxies.md. For development, call the app from the machine or container in which it runs, without NODE_ENV=production.',
  )
}

/** A proxy that is named does not say who its client is. */
export function warnOfUnknownClient(field: string): void {
  warnOnce(
    'SALLYPORT_CLIENT_UNKNOWN',
    `The address of a client is not known: a proxy that trustProxy names sent a request without an address in ${field} that can be read, or with fewer than 'hops'. Keys with an address list are then rejected (address_not_allowed). If it was no request of the proxy's own, such as a health check, let the proxy set ${field}: one that does not passes on what clients write there, and they choose their own address. See docs/proxies.md.`,
  )
}
