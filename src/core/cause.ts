/** Every check that a denial can name, once. docs/reasons.md says what each one is. */
export const DENIAL_CHECKS = [
  'place',
  'empty',
  'count',
  'syntax',
  'header_lines',
  'origin',
  'https',
  'host',
  'tls_version',
  'kind',
  'length',
  'prefix',
  'environment',
  'checksum',
  'stored',
  'size',
  'format',
  'typ',
  'alg',
  'kid',
  'signature',
  'iss',
  'aud',
  'client_id',
  'sub',
  'jti',
  'exp',
  'nbf',
  'iat',
  'lifetime',
  'cnf',
  'id_token',
  'scope',
  'claims',
  'active',
  'token_type',
  'identify',
  'account',
  'replay',
  'client',
  'request',
  'address',
  'resource',
  'tenant',
  'policy',
  'plan',
  'limit',
] as const

/** What was checked when a request was rejected: one of `DENIAL_CHECKS`. */
export type DenialCheck = (typeof DENIAL_CHECKS)[number]

/**
 * Why a request was rejected, for logs: its reason may stand for several causes. The client is not told.
 *
 * @example
 * { check: 'aud', expected: "'https://api.example.com'", got: "'https://api.example.com/'" }
 */
export interface DenialCause {
  readonly check: DenialCheck
  /** At most 256 characters. */
  readonly expected: string
  /**
   * What came instead, at most 256 characters of printable ASCII; everything else is escaped. It never has a credential in it. It ends with `(signature not verified)`
   * where anyone could have written it into a token.
   */
  readonly got: string
}
