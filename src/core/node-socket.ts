/** What a socket says of its own end. */
interface Ends {
  readonly localAddress?: string | undefined
  readonly destroyed?: boolean
}

/**
 * `server.maxHeadersCount` of Node: `null` stands for its default, 0 for no limit. Node's types declare the server of a socket in some versions only,
 * each time as another class: so it is read here, and is not part of `NodeMessage`.
 */
export function lineLimit(socket: object): number | undefined {
  const { server } = socket as { readonly server?: { readonly maxHeadersCount?: unknown } | null }
  const count = server?.maxHeadersCount
  if (typeof count !== 'number') return undefined
  return count > 0 ? count : Infinity
}

/**
 * Of a socket that does not tell who is at its other end. Where the client has reset a connection of TCP, Node knows our end alone until it has read
 * that. A stand-in for a socket has neither end, and is not destroyed.
 */
export function isClosedConnection({ destroyed, localAddress }: Ends): boolean {
  return destroyed === true || localAddress !== undefined
}

/** A peer without an address is that of a closed connection, unless the server listens on a path. */
export function isUnixSocket(socket: object): boolean {
  const { server } = socket as { readonly server?: { address?(): unknown } | null }
  return typeof server?.address?.() === 'string'
}
