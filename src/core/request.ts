import { spelled } from '../lib/ip-address.js'
import { recover } from '../lib/maybe.js'
import type { AnyGrant } from './decision.js'
import { checkNodeMessage } from './given-request.js'
import { isClosedConnection, isUnixSocket, lineLimit } from './node-socket.js'

/** The other end of the connection: the client itself, or the last proxy before us. */
export interface Peer {
  /** IP address: IPv4 also where the socket is IPv6 and the client is not, no zone (`gateRequestOf` spells it so); absent for a Unix socket or a closed connection. */
  readonly address?: string | undefined
  /** Whether it is the other end of a Unix socket. Without it, a peer without an address is nobody. Default false. */
  readonly unix?: boolean | undefined
  /** Whether the connection had ended before its address was asked for, which nobody can tell any more. The request is then refused: `connection_closed`. Default false. */
  readonly closed?: boolean | undefined
  /** Whether this very connection is TLS. */
  readonly encrypted: boolean
  /** As Node names it (`'TLSv1.2'`, `'TLSv1.3'`); absent where the socket does not tell. */
  readonly tlsVersion?: string | undefined
}

/** What is used of the socket below a request. */
export interface NodeConnection {
  readonly destroyed?: boolean
  once(event: 'close', listener: () => void): unknown
  destroy?(): unknown
}

interface ResponseStream {
  readonly closed?: boolean
  readonly aborted?: boolean
  close?(code: number): unknown
}

/** What is used of Node's ServerResponse, and of its Http2ServerResponse, where the stream below it knows more. */
export interface NodeResponse {
  readonly statusCode: number
  readonly writableFinished: boolean
  /** Whether its head was written. */
  readonly headersSent?: boolean
  /** Whether `close` was emitted. */
  readonly closed?: boolean
  readonly stream?: ResponseStream | undefined
  /** Its request, which leads to the connection. */
  readonly req?: { readonly socket?: NodeConnection | null | undefined } | undefined
  once(event: 'close', listener: () => void): unknown
  destroy?(): unknown
}

/** Whether it has what a gate judges: code that no compiler has checked may give anything. */
export function isGateRequest(given: { rawHeaders?: unknown; peer?: unknown } | null | undefined) {
  const { rawHeaders, peer } = given ?? {}
  const isPeer = typeof peer === 'object' && peer !== null && !Array.isArray(peer)
  return isPeer && Array.isArray(rawHeaders)
}

/** Whether `close` was emitted: whoever listens for it now waits for ever. */
export function isClosed({ closed, stream }: NodeResponse): boolean {
  return (closed ?? stream?.closed) === true
}

/**
 * The status of an answer that is over; `undefined` where the app has set what is none, and nothing could be sent, and where no head was written: what Node has set by itself is no
 * answer.
 */
export function statusOf({ statusCode, headersSent }: NodeResponse): number | undefined {
  return headersSent !== false &&
    Number.isInteger(statusCode) &&
    statusCode >= 100 &&
    statusCode <= 999
    ? statusCode
    : undefined
}

/** Whether the whole answer was handed on. A stream of HTTP/2 is finished when its client gives it up, too. */
export function isFinished({ writableFinished, stream }: NodeResponse): boolean {
  return writableFinished && stream?.aborted !== true
}

/** What a framework knows of a request. */
export interface FrameworkRequest {
  /** Its own request, which functions in requirements are given. */
  readonly native: unknown
  /** The pattern of its path, such as `/patients/:id`. */
  route?(): string | undefined
  /** An object of this match of a route alone: each other match, also of the same request, has another. Default: what `params` returns. */
  match?(): unknown
  /** The parts of the path that the route names, by name. */
  params(): unknown
  /** As a parser has left it. */
  body(): unknown
}

/** All that the core may know of an HTTP request. */
export interface GateRequest {
  /** In capitals, as received. */
  readonly method: string
  /** Path and query as the client sent them, before any router cut them. */
  readonly url: string
  /**
   * Names and values in turn, in the order of the wire: Node's `rawHeaders`. The joined form
   * (`headers`) is not enough, it hides the second of two Authorization lines.
   */
  readonly rawHeaders: readonly string[]
  /**
   * The joined form beside it, by names in lower case, where code before the gate may have changed it: a header that it has set, replaced or deleted counts as it left it. A
   * header that came more than once counts as it came. Absent: `rawHeaders` is all there is.
   */
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly peer: Peer
  /**
   * How many header lines the server takes at most; it may have dropped others without a word. `Infinity`: it takes
   * all. Default 1,000, as in Node.
   */
  readonly maxHeaderLines?: number | undefined
  /** What a framework knows of the request beyond this, for requirements that ask for it. */
  readonly framework?: FrameworkRequest | undefined
  /** What an earlier guard on this request decided; it is then not decided, counted or recorded again. */
  readonly grant?: AnyGrant | undefined
  /** Where its answer goes. Absent: it is recorded when it is decided, with the status of the decision, and nobody knows when it is over, but for whoever calls `end` of its grant. */
  readonly response?: NodeResponse | undefined
}

/** Where a request carries its grant, for guards after the first: `req.auth` is claimed by other libraries too. */
export const GRANT = Symbol.for('sallyport.grant')

/** What is used of Node's IncomingMessage. */
export interface NodeMessage {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Absent, or empty, where a host without sockets makes the request: `headers` is then all there is. */
  readonly rawHeaders?: readonly string[] | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  readonly socket: {
    readonly remoteAddress?: string | undefined
    readonly localAddress?: string | undefined
    readonly destroyed?: boolean
    readonly encrypted?: boolean
    getProtocol?(): string | null
  }
  [GRANT]?: AnyGrant
}

/**
 * A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. With the response, the gate
 * knows when the request is over, and how it was answered.
 * @throws {MisuseError} `invalid_option` for anything else, such as a `Request` of fetch: its headers cannot be read as they came
 * @example const decision = await gate.check(gateRequestOf(req, req.url, res))
 */
export function gateRequestOf(
  message: NodeMessage,
  url?: string,
  response?: NodeResponse,
  framework?: FrameworkRequest,
): GateRequest {
  // Every request passes here: only one that Node has not made is looked at closely.
  if ((message as Partial<NodeMessage> | undefined)?.rawHeaders === undefined)
    checkNodeMessage(message)
  const { method = '', url: whole = '', rawHeaders: wire = [], headers: joined } = message
  const socket = (message.socket as NodeMessage['socket'] | null | undefined) ?? NO_SOCKET
  const tlsVersion = socket.getProtocol?.() ?? undefined
  const { remoteAddress } = socket
  const address = remoteAddress && spelled(remoteAddress)
  const unix = remoteAddress === undefined && isUnixSocket(socket)
  const closed = remoteAddress === undefined && !unix && isClosedConnection(socket)
  const peer = { address, unix, closed, encrypted: socket.encrypted === true, tlsVersion }
  const maxHeaderLines = lineLimit(socket)
  const grant = message[GRANT]
  const isWire = wire.length > 0
  return {
    method,
    url: url ?? whole,
    peer,
    maxHeaderLines,
    framework,
    grant,
    rawHeaders: isWire ? wire : linesOf(joined ?? {}),
    headers: isWire ? joined : undefined,
    response: typeof response?.once === 'function' ? response : undefined,
  }
}

/** Of a stand-in for a request: nobody knows where it came from, and it was no HTTPS. */
const NO_SOCKET: NodeMessage['socket'] = {}

function linesOf(headers: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().flatMap((line) => (typeof line === 'string' ? [name, line] : [])),
  )
}

/** The values of one header, one for each line that has this name. `name` is in lower case. */
export function fieldLines(request: GateRequest, name: string): string[] {
  const { rawHeaders } = request
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isField(rawHeaders[index], name)) lines.push(rawHeaders[index + 1] ?? '')
  }
  const { headers } = request
  if (headers === undefined || lines.length > 1) return lines
  const line = settledLine(lines[0], headers[name])
  return line === undefined ? [] : [line]
}

/** A header that came once at most, as code before the gate has left it: `came` on the wire, `left` among the joined headers. */
export function settledLine(came: string | undefined, left: unknown): string | undefined {
  return typeof left === 'string' || left === undefined ? left : came
}

/** The path of a request target, which a client may also send with scheme and host (RFC 9112 section 3.2). */
export function pathOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  return path.startsWith('/') ? path : `/${path}`
}

/** The pattern of its path, where the framework tells. One that fails at it does not tell: no request and no record is lost for its name. */
export function routeOf({ framework }: GateRequest): string | undefined {
  const route: unknown = recover(
    () => framework?.route?.(),
    () => undefined,
  )
  return typeof route === 'string' ? route : undefined
}

/** An object that is the same for two guards in one match of a route. Without a framework, one request is one match. */
export function matchOf(request: GateRequest | undefined): object | undefined {
  if (request?.framework === undefined) return request?.rawHeaders
  const { framework } = request
  const match: unknown = recover(
    () => (framework.match === undefined ? framework.params() : framework.match()),
    () => undefined,
  )
  return typeof match === 'object' && match !== null ? match : undefined
}

/** The query of a request target, without its question mark. */
export function queryOf(url: string): string {
  return /^[^?#]*\?([^#]*)/.exec(url)?.[1] ?? ''
}

/** Header names compare without case (RFC 9110 section 5.1); most differ in length already. */
export function isField(name: string | undefined, lowerCase: string): boolean {
  return (
    name !== undefined &&
    name.length === lowerCase.length &&
    (name === lowerCase || name.toLowerCase() === lowerCase)
  )
}
