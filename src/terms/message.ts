import type { Grant } from './decision.js'
import type { FrameworkRequest, GateRequest, NodeResponse } from './request.js'

/** Where a request carries its grant, for guards after the first: `req.auth` is claimed by other libraries too. */
export const GRANT = Symbol.for('sallyport.grant')

/** What is used of Node's IncomingMessage. */
export interface NodeMessage {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly rawHeaders: readonly string[]
  readonly socket: {
    readonly remoteAddress?: string | undefined
    readonly encrypted?: boolean
    getProtocol?(): string | null
    readonly server?: { readonly maxHeadersCount?: number | null } | null
  }
  [GRANT]?: Grant
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
  const { method = '', rawHeaders, socket } = message
  const tlsVersion = socket.getProtocol?.() ?? undefined
  const peer = { address: socket.remoteAddress, encrypted: socket.encrypted === true, tlsVersion }
  const maxHeaderLines = lineLimit(socket.server?.maxHeadersCount)
  const grant = message[GRANT]
  return { method, url, rawHeaders, peer, maxHeaderLines, framework, grant, response }
}

/** `server.maxHeadersCount` of Node: `null` stands for its default, 0 for no limit. */
function lineLimit(count: number | null | undefined): number | undefined {
  if (typeof count !== 'number') return undefined
  return count > 0 ? count : Infinity
}
