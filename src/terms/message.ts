import type { Grant } from './decision.js'
import type { GateRequest } from './request.js'

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
  }
  [GRANT]?: Grant
}

/** A request of `node:http` as a gate sees it. `url` is as the client sent it, where a router has cut the message's own. */
export function gateRequestOf(message: NodeMessage, url: string = message.url ?? ''): GateRequest {
  const { method = '', rawHeaders, socket } = message
  const tlsVersion = socket.getProtocol?.() ?? undefined
  const peer = { address: socket.remoteAddress, encrypted: socket.encrypted === true, tlsVersion }
  return { method, url, rawHeaders, peer, grant: message[GRANT] }
}
