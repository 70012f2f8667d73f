/** What a sign-in page or an authorization server of your own does in the course of OAuth 2.0. */
export const OAUTH_STEPS = ['sign_in', 'consent', 'token', 'revocation'] as const

export type OAuthStepName = (typeof OAUTH_STEPS)[number]

/** A step that a handler has taken, or refused, for the record of its request. */
export interface OAuthStep {
  /** `'token'`: a code, a refresh token or another grant was exchanged for a token. */
  readonly step: OAuthStepName
  /** Why it was refused, such as `'invalid_grant'` of RFC 6749 section 5.2, or `'access_denied'`: 1 to 64 lower-case letters and `_`. Absent: it was done. */
  readonly error?: string
  /** The account, by its id in your app. Leave it out where nobody has proven to be it and it may be something else, such as a password in the wrong field. */
  readonly subject?: string
  /** The organization of the account: it finds the record in its own view of the log. */
  readonly ownerId?: string
  readonly clientId?: string
  /** Those that were asked for, and with `'consent'` and `'token'` those that were given. At most 100. */
  readonly scopes?: readonly string[]
}
