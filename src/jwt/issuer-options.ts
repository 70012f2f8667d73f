import type { Tenants } from './tenants.js'
import type { Duration } from '../lib/duration.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Algorithm } from './algorithms.js'
import type { IdentifyToken, IsTokenRevoked } from './authenticate.js'
import type { TokenBounds } from './bounds.js'
import type { ClaimValue, TokenProfile } from './claim-rules.js'
import type { JwkSet } from './jwk.js'
import type { OutboundFetch, OutboundHeaders } from './outbound.js'

/**
 * One issuer whose tokens are taken. Its keys are given by `jwks`, `publicKey` or `secret`, fetched from `jwksUri`, or found by discovery from `issuer`
 * where it has none of these.
 */
export interface IssuerOptions {
  /**
   * The exact value of `iss`, including any trailing slash: an `https:` URL, or another name where its keys are given. `{tenant}` stands for a tenant, with
   * `tenants`. While `NODE_ENV` is not `production`, also an `http:` URL of this machine. `false`: tokens without `iss`, signed with a `secret` of the app's own; then
   * `audience` must be `false`, and neither who made a token nor for whom is checked.
   */
  readonly issuer: string | false
  /** Other values of `iss` that mean this issuer, 0 to 16. Default: none. */
  readonly aliases?: readonly string[]
  /**
   * What this API is called in `aud`, or several such names, 1 to 16. A token for none of them is rejected. `false`: for issuers that put no `aud` into access
   * tokens. `clients` is required then, and ID tokens are rejected: those whose `aud` is their own client, and those with `at_hash` or `c_hash`.
   */
  readonly audience: string | readonly string[] | false
  /**
   * The clients whose tokens are accepted, 1 to 64: what `client_id` says, else `azp`, `cid` or `appid`. Required with `audience: false`. `'named'`: any client, if
   * the token names one, which ID tokens of some issuers do not. `false`, with `audience: false`: the keys, which must be given, are for this API's own client alone.
   * Default: all clients that the issuer gives tokens for this API.
   */
  readonly clients?: readonly string[] | 'named' | false
  /** Accepts ID tokens that are for `audience`, which have `at_hash` or `c_hash` at times. Default false. */
  readonly idTokens?: boolean
  /**
   * Claims that must have a value, or one of several: `{ token_use: 'access' }`. A claim within another is named with a dot. 1 to 16 values each. Default:
   * none.
   */
  readonly claims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>
  /**
   * The claims that scopes are read from: `'permissions'`, `'realm_access.roles'`, or several of them, 1 to 16. Each is a text with spaces, a list of texts, or an
   * object whose names are the scopes; other forms give no scopes. Default: `scope`, else `scp`.
   */
  readonly scopes?: string | readonly string[]
  /** How large its tokens may be. Default: 16,384 bytes, 64 audiences, 512 scopes that the gate knows, ids of 1,024 bytes. */
  readonly bounds?: Partial<TokenBounds>
  /** How its tokens may be signed. Either all with public keys, or one with a secret. */
  readonly algorithms: readonly Algorithm[]
  /** Where its keys are: an `https:` URL of a JWK Set. */
  readonly jwksUri?: string
  /** Its public keys. */
  readonly jwks?: JwkSet
  /** Its public key in PEM (SPKI), or up to 8 of them while it changes. With one algorithm. */
  readonly publicKey?: string | readonly string[]
  /** What HMAC tokens are signed with: at least 32 bytes, 48 for HS384, 64 for HS512; or up to 8 such secrets while it changes. With one algorithm. */
  readonly secret?: string | Uint8Array | readonly (string | Uint8Array)[]
  /**
   * `'rfc9068'`: its tokens are JWT access tokens of type `at+jwt`, with the claims that RFC 9068 asks for. `'any'`: of type `JWT` or none, with `iss`,
   * `aud` and `exp` at least; `sub` may be a whole number, which counts as its text, or empty, which counts as absent. Default `'rfc9068'`.
   */
  readonly profile?: TokenProfile
  /**
   * The claim that names the user, in the place of `sub`: `'id'` for tokens of `jwt.sign({ id }, secret)`, `'oid'` for those of Entra ID. Dots lead into objects. It becomes `auth.subject`,
   * and is written where the audit log and keys say who did something. Default `'sub'`.
   */
  readonly subjectClaim?: string
  /** How far its clock may be from ours: up to five minutes. Default `'30s'`. */
  readonly clockTolerance?: Duration
  /** The longest time from `iat` to `exp` that is believed. Default `'24h'`. */
  readonly maxLifetime?: Duration
  /** Which of the gate's environments its tokens are for; where that has hosts, they work there alone. Default: the first. */
  readonly environment?: string
  /**
   * Who the caller is, from the verified claims; `undefined` rejects the token with 401. May be async, within 250 ms; an error or the time limit is 503. Called once for each
   * token, and again after 5 minutes or `gate.tokens.forget`. Default: the owner is issuer and subject together, `https://issuer.example#user-1`.
   */
  readonly identify?: IdentifyToken
  /** Whether a token was revoked: `true` rejects it with 401 `token_revoked`. Called with each request; may be async, as `identify`. Default: none is. */
  readonly isRevoked?: IsTokenRevoked
  /** The tenants whose tokens are accepted, where `issuer` has `{tenant}` in it: a list, or a function, which may be async, within 250 ms. Default: no tenants. */
  readonly tenants?: Tenants
  /** The claim that must have the tenant of `issuer`. Default `'tid'`. */
  readonly tenantClaim?: string
  /** Lets keys be fetched from addresses that are not of the public Internet. Default false. */
  readonly allowPrivateAddresses?: boolean
  /** Lets the issuer be asked without TLS, for development in a network of containers. Refused in production. Default false. */
  readonly allowHttp?: boolean
  /** Headers of requests for its keys, or a function that returns them, which may be async. Default: none. */
  readonly headers?: OutboundHeaders
  /** What fetches its keys in place of the gate's own client, such as a `fetch` through a proxy. Addresses are not checked then. Default: that of the gate. */
  readonly fetch?: OutboundFetch
}

/**
 * Finds the options of the issuer of a token by its `iss`, which is not proven yet; `undefined`: the app knows none. Within 250 ms. What it returns is remembered
 * for 5 minutes, `undefined` for 30 seconds.
 */
export type FindIssuer = (iss: string) => MaybePromise<IssuerOptions | undefined>
