import type { Grant } from './decision.js'
import { MisuseError } from './misuse.js'
import type { GateRequest, NodeResponse, Place } from './request.js'

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
 * A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. The audit trail asks for the
 * response, and where a router has brought the request.
 */
export function gateRequestOf(
  message: NodeMessage,
  url: string = message.url ?? '',
  response?: NodeResponse,
  place?: () => Place,
): GateRequest {
  const { method = '', rawHeaders, socket } = message
  const tlsVersion = socket.getProtocol?.() ?? undefined
  const peer = { address: socket.remoteAddress, encrypted: socket.encrypted === true, tlsVersion }
  const maxHeaderLines = lineLimit(socket.server?.maxHeadersCount)
  return { method, url, rawHeaders, peer, maxHeaderLines, grant: message[GRANT], response, place }
}

/** What let a request in, for adapters; `call` is what asks. @throws {MisuseError} `not_guarded` */
export function grantOf(message: NodeMessage, call: string): Grant {
  const grant = message[GRANT]
  if (grant !== undefined) return grant
  throw new MisuseError(
    'not_guarded',
    `${call}: no guard let this request in; put guard(gate) before this handler`,
  )
}

/** `server.maxHeadersCount` of Node: `null` stands for its default, 0 for no limit. */
function lineLimit(count: number | null | undefined): number | undefined {
  if (typeof count !== 'number') return undefined
  return count > 0 ? count : Infinity
}
