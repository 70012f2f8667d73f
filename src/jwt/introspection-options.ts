import type { Duration } from '../lib/duration.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimValue } from './claim-rules.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import type { OutboundFetch } from './outbound.js'

/**
 * An authorization server that is asked what opaque tokens are (RFC 7662). It is asked about what stands in `Authorization: Bearer`, is no JWT of one of the
 * `issuers`, and does not begin as keys of the gate do.
 */
export interface IntrospectionOptions {
  /** Its introspection endpoint: an `https:` URL; while `NODE_ENV` is not `production`, also an `http:` URL of this machine. */
  readonly endpoint: string
  /** What it is called: `auth.issuer`, and `iss` of its answers where they have one. 1 to 256 visible ASCII characters. */
  readonly issuer: string
  /**
   * What this API is called in `aud`, or several such names, 1 to 16. An answer for none of them, or without `aud`, is refused. `false`: the server answers
   * for this API alone, and has seen to it.
   */
  readonly audience: string | readonly string[] | false
  /** The clients whose tokens are accepted, 1 to 64, as those of `issuers`: what `client_id` says. `'named'`: any client, if the answer names one. Default: all clients. */
  readonly clients?: readonly string[] | 'named'
  /** Members of the answer that must have a value, or one of several, as those of `issuers`. Default: none. */
  readonly claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
  /** The members that scopes are read from, as those of `issuers`. Default: `scope`, else `scp`. */
  readonly scopes?: string | readonly string[]
  /** How large a token and its answer may be, as those of `issuers`. */
  readonly bounds?: Partial<TokenBounds>
  /** This API's own credentials at the server, sent as HTTP Basic (RFC 6749 section 2.3.1). */
  readonly clientId: string
  readonly clientSecret: string
  /** How its opaque tokens begin, such as `'oat_'`: what begins otherwise is a key. Default: whatever does not begin as keys of the gate do. */
  readonly prefix?: string
  /** How far its clock may be from ours: up to five minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** For how long an answer is believed, a token that was revoked meanwhile included: up to a minute. Default `'10s'`. */
  readonly cacheFor?: Duration
  /** Which of the gate's environments its tokens are for. Default: the first. */
  readonly environment?: string
  /** As that of `issuers`; it is given the whole answer. */
  readonly identify?: IdentifyToken
  /** As that of `issuers`. */
  readonly isRevoked?: IsTokenRevoked
  /** Lets it be asked at an address that is not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
  /** Lets it be asked without TLS, for development in a network of containers. Refused in production. Default false. */
  readonly allowHttp?: boolean
  /** As that of `issuers`. */
  readonly fetch?: OutboundFetch
}
