import { spelled } from '../lib/ip-address.js'
import type { AnyGrant } from './decision.js'
import { MisuseError } from './errors.js'
import type { FrameworkRequest, GateRequest, NodeResponse } from './request.js'

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
    readonly encrypted?: boolean
    getProtocol?(): string | null
  }
  [GRANT]?: AnyGrant
}

/**
 * A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. With the response, the gate
 * knows when the request is over, and how it was answered.
 */
export function gateRequestOf(
  message: NodeMessage,
  url: string = message.url ?? '',
  response?: NodeResponse,
  framework?: FrameworkRequest,
): GateRequest {
  const { method = '', rawHeaders: wire = [], headers: joined } = message
  const socket = (message.socket as NodeMessage['socket'] | null | undefined) ?? NO_SOCKET
  const tlsVersion = socket.getProtocol?.() ?? undefined
  const { remoteAddress } = socket
  const address = remoteAddress && spelled(remoteAddress)
  const unix = remoteAddress === undefined && isUnixSocket(socket)
  const peer = { address, unix, encrypted: socket.encrypted === true, tlsVersion }
  const maxHeaderLines = lineLimit(socket)
  const grant = message[GRANT]
  const isWire = wire.length > 0
  return {
    method,
    url,
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

/**
 * `server.maxHeadersCount` of Node: `null` stands for its default, 0 for no limit. Node's types declare the server of a socket in some versions only,
 * each time as another class: so it is read here, and is not part of `NodeMessage`.
 */
function lineLimit(socket: object): number | undefined {
  const { server } = socket as { readonly server?: { readonly maxHeadersCount?: unknown } | null }
  const count = server?.maxHeadersCount
  if (typeof count !== 'number') return undefined
  return count > 0 ? count : Infinity
}

/** A peer without an address is that of a closed connection, unless the server listens on a path. */
function isUnixSocket(socket: object): boolean {
  const { server } = socket as { readonly server?: { address?(): unknown } | null }
  return typeof server?.address?.() === 'string'
}

/** For adapters: what their functions are given first must be a gate. @throws {MisuseError} `invalid_option` */
export function checkGate(gate: unknown, where: string): void {
  if (typeof (gate as { check?: unknown } | null | undefined)?.check === 'function') return
  throw new MisuseError(
    'invalid_option',
    `${where}: must be given a gate first, as createGate returns it`,
  )
}
