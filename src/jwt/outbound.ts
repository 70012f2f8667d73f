import { isIP } from 'node:net'
import { isLoopback } from '../lib/ip-address.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { AddressCheck } from './https-agent.js'
import { isPublic } from './public-address.js'

/** What is read of an answer. That of `fetch` has it. */
export interface OutboundResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /** The pieces of the body, as bytes: what `for await` can read. */
  readonly body: unknown
}

/** What a request asks for. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string>
  readonly body?: string
  /** Redirects are not to be followed. */
  readonly redirect: 'manual'
  /** Aborted where the time is over. */
  readonly signal: AbortSignal
}

/** A function in place of the gate's own client, with the form of `fetch`: for a proxy or an agent of your own. */
export type OutboundFetch = (url: string, request: OutboundRequest) => Promise<OutboundResponse>

/** Headers of requests for keys and metadata, or a function that is called for each of them. */
export type OutboundHeaders =
  Readonly<Record<string, string>> | (() => MaybePromise<Readonly<Record<string, string>>>)

/** Whether a URL without TLS may be asked: of this machine, or one that the option allows; never in production. */
export function isPlainAllowed(url: URL, allowHttp: boolean): boolean {
  if (url.protocol !== 'http:' || process.env['NODE_ENV'] === 'production') return false
  return allowHttp || isLocal(url)
}

/** Whether a URL that the app has named leads to this machine, and may: in development, with TLS as without. */
function isLocalAllowed(url: URL): boolean {
  return process.env['NODE_ENV'] !== 'production' && isLocal(url)
}

/** The addresses that may be connected to for a URL that the app has named, and for those that it leads to. */
export function addressesFor(named: URL, allowPrivate: boolean): AddressCheck {
  return (address) =>
    allowPrivate || isPublic(address) || (isLoopback(address) && isLocalAllowed(named))
}

/** `localhost` (RFC 6761 section 6.3), 127.0.0.0/8 and ::1, in the way that a URL is understood. */
export function isLocal(url: URL): boolean {
  return /^(?:[\w-]+\.)*localhost$/i.test(url.hostname) || isLoopback(addressIn(url))
}

/** The address that stands in the URL itself, in the way that a URL is understood: `0x7f.1` is 127.0.0.1. */
export function addressIn({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? undefined : host
}
