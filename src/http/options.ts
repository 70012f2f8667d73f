import type { Duration } from '../lib/duration.js'

/** How addresses that try keys are slowed down. */
export interface BruteForceOptions {
  /** How many unknown keys in a row an address may present before it is refused: 0 to 1,000. Default 3. */
  readonly attempts?: number
  /** What each unknown key adds to the penalty of its address; so fast it is also forgiven. `'1s'` to `'1h'`. Default `'5s'`. */
  readonly penalty?: Duration
  /** The longest that an address is refused: `'1s'` to `'24h'`. Default: the penalty of all attempts and of the one after them, `'20s'`. */
  readonly maxPenalty?: Duration
  /** Addresses and CIDR networks that are never refused, such as that of your own monitoring. Default: none. */
  readonly exempt?: readonly string[]
}

/** What a place has: an API key, an access token, or either. Default `'either'`. */
export type CredentialKind = 'key' | 'token' | 'either'

/**
 * Where a credential stands. Name one of `header`, `cookie` and `query`.
 *
 * @example
 * const places: CredentialPlace[] = [
 *   { header: 'Authorization', scheme: 'ApiKey', accepts: 'key' },
 *   { header: 'Cf-Access-Jwt-Assertion', accepts: 'token' },
 *   { cookie: 'session', accepts: 'token' },
 * ]
 */
export interface CredentialPlace {
  /** A header: letters, digits and single hyphens between them, in any case. Not `cookie` or `host`; `authorization` with a `scheme` only. */
  readonly header?: string
  /** What stands before the credential in the header, such as `'Bearer'`. Default: nothing does. */
  readonly scheme?: string
  /**
   * A cookie. Requests that may change something, and upgrades, must then come from a page of your own: `Sec-Fetch-Site` says `same-origin` or `none`, or `Origin` has the
   * host of the request or is one of `origins`. Else 403 `origin_not_allowed`.
   */
  readonly cookie?: string
  /** A parameter of the query. Read from `GET` requests alone, which upgrades are too. URLs are logged by proxies and kept by browsers: use short-lived tokens. */
  readonly query?: string
  readonly accepts?: CredentialKind
  /** With `cookie`: other origins whose pages may use it, such as `'https://app.example.com'`. `false`: any, which is safe only where you check that yourself. Default: none. */
  readonly origins?: readonly string[] | false
}

/** Where callers present their credentials. */
export interface CredentialOptions {
  /** Take keys and tokens from `Authorization: Bearer` (RFC 6750). Default true. */
  readonly bearer?: boolean
  /**
   * The API's own header for keys, or `false` for none: letters, digits and single hyphens between them, in any case. Not
   * `authorization`, `cookie` or `host`. Default `'x-api-key'`.
   */
  readonly header?: string | false
  /**
   * All places, 1 to 8, in place of `bearer` and `header`. What stands elsewhere does not count, but for `access_token` in the query beside `Authorization: Bearer`. Default: `Authorization: Bearer` for either, and `X-API-Key` for keys.
   */
  readonly from?: readonly CredentialPlace[]
}
