import { isClosed, type NodeConnection, type NodeResponse } from './request.js'

type Act = () => void

/** RFC 9113, section 7. Without an error, what was sent so far would look like the whole answer. */
const CANCEL = 8

interface Open {
  readonly acts: Act[]
  readonly over: Act
}

/** Responses that are open on a connection, by their connection: one listener for all of them. */
const waiting = new WeakMap<NodeConnection, Set<Act>>()

/**
 * The one place of a gate that knows when a request is over: its response has closed, its connection has ended before its turn came, or the gate
 * closes. Node gives a response its socket when those before it on the connection are answered; until then, and once a handler has taken the socket away from
 * it, it never emits `close`.
 */
export class Endings {
  readonly #open = new Map<NodeResponse, Open>()

  /** Calls `act` once, when the request that `response` answers is over; immediately where it is over already. */
  follow(response: NodeResponse, act: Act): void {
    if (this.isOver(response)) {
      act()
      return
    }
    const known = this.#open.get(response)
    if (known === undefined) this.#watch(response, act)
    else known.acts.push(act)
  }

  isOver(response: NodeResponse): boolean {
    return isClosed(response) || connectionOf(response)?.destroyed === true
  }

  /** Ends what carries an answer that nobody is to wait for any longer: its connection, or its stream of HTTP/2. */
  end(response: NodeResponse): void {
    const { stream } = response
    if (stream !== undefined) stream.close?.(CANCEL)
    else (connectionOf(response) ?? response).destroy?.()
  }

  /** Takes every request that is in progress for over. */
  close(): void {
    for (const { over } of this.#open.values()) over()
  }

  #watch(response: NodeResponse, act: Act): void {
    const connection = connectionOf(response)
    const over = () => {
      if (connection !== undefined) waiting.get(connection)?.delete(over)
      const acts = this.#open.get(response)?.acts ?? []
      this.#open.delete(response)
      for (const each of acts) each()
    }
    this.#open.set(response, { acts: [act], over })
    response.once('close', over)
    if (connection !== undefined) othersOn(connection).add(over)
  }
}

/** A stream of HTTP/2 always emits `close` itself. */
function connectionOf({ req, stream }: NodeResponse): NodeConnection | undefined {
  if (stream !== undefined) return undefined
  // A stand-in for a socket tells nothing.
  return typeof req?.socket?.once === 'function' ? req.socket : undefined
}

function othersOn(connection: NodeConnection): Set<Act> {
  const known = waiting.get(connection)
  if (known !== undefined) return known
  const acts = new Set<Act>()
  waiting.set(connection, acts)
  connection.once('close', () => {
    for (const act of acts) act()
  })
  return acts
}
