import type { JSONWebKeySet } from 'jose'
import type { IdentifyToken } from '../identify/token.js'
import type { Duration } from '../lib/duration.js'
import type { Algorithm } from '../tokens/algorithms.js'
import type { TokenProfile } from '../tokens/claims.js'

/**
 * One issuer whose tokens are taken. Its keys are given by `jwks`, `publicKey` or `secret`, fetched from `jwksUri`, or found by discovery from `issuer`
 * where it has none of these.
 */
export interface IssuerOptions {
  /** What `iss` of its tokens is, character by character: an `https:` URL, or another name where its keys are given. */
  readonly issuer: string
  /** What this API is called in `aud`, or several such names, 1 to 16. A token for none of them is refused. */
  readonly audience: string | readonly string[]
  /** How its tokens may be signed. Either all with public keys, or one with a secret. */
  readonly algorithms: readonly Algorithm[]
  /** Where its keys are: an `https:` URL of a JWK Set. */
  readonly jwksUri?: string
  /** Its public keys. */
  readonly jwks?: JSONWebKeySet
  /** Its one public key, in PEM (SPKI). With one algorithm. */
  readonly publicKey?: string
  /** What HMAC tokens are signed with: at least 32 bytes, 48 for HS384, 64 for HS512. With one algorithm. */
  readonly secret?: string | Uint8Array
  /**
   * `'rfc9068'`: its tokens are JWT access tokens of type `at+jwt`, with the claims that RFC 9068 asks for. `'any'`: of type `JWT` or none, with `iss`,
   * `aud` and `exp` at least. Default `'rfc9068'`.
   */
  readonly profile?: TokenProfile
  /** How far its clock may be from ours: up to two minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** The longest time from `iat` to `exp` that is believed. Default `'24h'`. */
  readonly maxLifetime?: Duration
  /** Which of the gate's environments its tokens are for. Default: the first. */
  readonly environment?: string
  /**
   * Who the caller is, from the verified claims; `undefined` refuses the token. It must answer at once. Default: the owner is issuer and subject
   * together, `https://issuer.example#user-1`.
   */
  readonly identify?: IdentifyToken
  /** Lets keys be fetched from addresses that are not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
}
