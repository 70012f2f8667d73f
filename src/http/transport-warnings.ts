import type { GateRequest, Peer } from '../core/request.js'
import { isLoopback, spelled } from '../lib/ip-address.js'
import { lazily } from '../lib/lazily.js'
import { createAddressRules } from './networks.js'
import { networksOf } from './proxy-schema.js'

type Code =
  | 'SALLYPORT_PLAIN_HTTP'
  | 'SALLYPORT_UNTRUSTED_PROXY'
  | 'SALLYPORT_HTTPS_REQUIRED'
  | 'SALLYPORT_CLIENT_UNKNOWN'

const VIA = 'via'
const FORWARDING_FIELD = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/i

/** Codes that this process has been warned with: anybody can send what leads to them. */
const told = new Set<string>()

/** @param key where a code has several messages: anybody could use up the one that tells of a proxy */
function warnOnce(code: Code, message: string, key: string = code): void {
  if (told.has(key)) return
  told.add(key)
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

/**
 * Whether a peer is a connection that a proxy may have made. An adapter of a serverless platform has no connection: it puts the client in the place of the peer. A real connection
 * over TLS knows its version.
 */
export function isConnection({ address, unix, encrypted, tlsVersion }: Peer): boolean {
  if (encrypted && tlsVersion === undefined) return false
  return address !== undefined || unix === true
}

/** The networks that clients of the internet do not come from. */
const inside = lazily(() =>
  createAddressRules(networksOf(['loopback', 'linklocal', 'uniquelocal'])),
)

const IGNORED =
  'They were ignored: such requests are rejected over plain HTTP (https_required), and their client is taken to be at the address of the peer.'

/**
 * Such a field from a peer that is none of ours is told once. No value of a field is told: anybody could have written it. An address of the internet may be that of a client, which
 * would choose its own address if it were trusted.
 */
export function warnOfUntrustedProxy(request: GateRequest): void {
  const { peer } = request
  if (!isConnection(peer) || !isForwarded(request)) return
  const address = peer.address === undefined ? undefined : spelled(peer.address)
  if (address !== undefined && !inside().includes(address)) {
    warnOfStranger(address)
    return
  }
  const [who, line] =
    address === undefined
      ? ['a Unix socket', 'unix']
      : isLoopback(address)
        ? [`${address}, which is this machine`, 'loopback']
        : [`${address}, an address of a private network`, address]
  warnOnce(
    'SALLYPORT_UNTRUSTED_PROXY',
    `A request has the header fields of a proxy, and trustProxy does not name the peer that sent it: ${who}. ${IGNORED} If that is your reverse proxy, write trustProxy: ['${line}'] in createGate. Do not write it if clients connect from there themselves: they could choose their own address. See docs/proxies.md.`,
  )
}

function warnOfStranger(address: string): void {
  warnOnce(
    'SALLYPORT_UNTRUSTED_PROXY',
    `A request has the header fields of a proxy, and came from ${address}, which trustProxy does not name. ${IGNORED} It seems to be a client that wrote them itself: then do nothing. Name it in trustProxy only if you know it as an address of your own proxy or CDN. See docs/proxies.md.`,
    'SALLYPORT_UNTRUSTED_PROXY: of the internet',
  )
}

/** Rejected for plain HTTP. `fault`: what the proxy that sent it does or does not do; absent: it was no proxy that is named. */
export function warnOfMissingHttps(fault: string | undefined): void {
  warnOnce(
    'SALLYPORT_HTTPS_REQUIRED',
    fault !== undefined
      ? `A request was rejected with https_required: the proxy that trustProxy names ${fault}. Let it send 'https' for requests that came over HTTPS. Was it you, who called the app without the proxy? Send X-Forwarded-Proto: https, or set trustProxy in production alone. See docs/proxies.md.`
      : 'A request over plain HTTP was rejected with https_required. If your reverse proxy sent it, let it set X-Forwarded-Proto and X-Forwarded-For, and name it in trustProxy; see docs/proxies.md. On a serverless platform, the adapter must say that the request was encrypted (req.socket.encrypted). For development, call the app from the machine or container in which it runs, without NODE_ENV=production.',
  )
}

/** A proxy that is named does not say who its client is. */
export function warnOfUnknownClient(field: string): void {
  warnOnce(
    'SALLYPORT_CLIENT_UNKNOWN',
    `The address of a client is not known: a proxy that trustProxy names sent a request without an address in ${field} that can be read, or with fewer than 'hops'. Keys with an address list are then rejected (address_not_allowed). If it was no request of the proxy's own, such as a health check, let the proxy set ${field}: one that does not passes on what clients write there, and they choose their own address. See docs/proxies.md.`,
  )
}
