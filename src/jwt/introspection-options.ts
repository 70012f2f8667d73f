import type { Duration } from '../lib/duration.js'
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
