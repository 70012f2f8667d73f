import { MisuseError } from './errors.js'

/** What says who a caller is: an `Auth`, or what an audit record has of one. */
export interface CallerFacts {
  readonly environment?: string
  readonly ownerId?: string
  /** The key that was presented, or that the token was made from. */
  readonly keyId?: string
  /** `iss`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly clientId?: string
  /** Of a caller of your app, who it is within the owner. */
  readonly subject?: string
  /** `'app'` of an `Auth` whose caller `otherwise` of a guard named. */
  readonly kind?: string
  /** The same of an audit record. */
  readonly app?: true
}

/** What an `Auth` has at least. */
type Known = CallerFacts &
  ({ readonly keyId: string } | { readonly issuer: string } | { readonly kind: 'app' })

/**
 * Who a caller is, as a text that two callers never share; `undefined` where nothing says who it is. A key is its environment and its id, and a token
 * that was made from a key is that key. Any other token is its environment, issuer, client, subject and owner: one user is another caller in each client
 * and for each organization, and a client without a user is another caller than a user of the same name (RFC 9068 section 5). A caller of your app is its environment, owner and subject.
 *
 * @example
 * log.info({ caller: callerId(authOf(req)) }, 'export started')
 */
export function callerId(caller: Known): string
export function callerId(caller: CallerFacts): string | undefined
export function callerId(caller: CallerFacts): string | undefined {
  const given = caller as CallerFacts | null | undefined
  if (given === null || given === undefined) {
    const message = 'callerId: a caller must be given; write callerId(authOf(req))'
    throw new MisuseError('invalid_option', message)
  }
  const { environment = '', keyId, issuer, clientId = null, subject = null } = caller
  const { ownerId = null } = caller
  if (keyId !== undefined) return `${environment}:key:${keyId}`
  if (caller.kind === 'app' || caller.app === true) {
    return `${environment}:app:${JSON.stringify([ownerId, subject])}`
  }
  if (issuer === undefined) return undefined
  return `${environment}:token:${JSON.stringify([issuer, clientId, subject, ownerId])}`
}
