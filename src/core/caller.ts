/** What says who a caller is: an `Auth`, or what an audit record has of one. */
export interface CallerFacts {
  readonly environment?: string
  readonly ownerId?: string
  /** The key that was presented, or that the token was made from. */
  readonly keyId?: string
  /** `iss`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly clientId?: string
  readonly subject?: string
}

/** What an `Auth` has at least. */
type Known = CallerFacts & ({ readonly keyId: string } | { readonly issuer: string })

/**
 * Who a caller is, as a text that two callers never share; `undefined` where nothing says who it is. A key is its environment and its id, and a token
 * that was made from a key is that key. Any other token is its environment, issuer, client, subject and owner: one user is another caller in each client
 * and for each organization, and a client without a user is another caller than a user of the same name (RFC 9068 section 5).
 *
 * @example
 * log.info({ caller: callerId(authOf(req)) }, 'export started')
 */
export function callerId(caller: Known): string
export function callerId(caller: CallerFacts): string | undefined
export function callerId(caller: CallerFacts): string | undefined {
  const { environment = '', keyId, issuer } = caller
  if (keyId !== undefined) return `${environment}:key:${keyId}`
  if (issuer === undefined) return undefined
  const { clientId = null, subject = null, ownerId = null } = caller
  return `${environment}:token:${JSON.stringify([issuer, clientId, subject, ownerId])}`
}
