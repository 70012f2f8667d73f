/** What the caller presented. It is a secret: it never goes into an error, a log or a record. */
export interface Credential {
  readonly value: string
  /** What stands in the place where it stood. */
  readonly accepts: 'key' | 'token' | 'either'
  /** Of a cookie: the pages that may send requests with it, beside those of the request's own origin; `false`: all. */
  readonly origins?: readonly string[] | false
}

/** A credential, without a place where it did not come over HTTP. */
export type PresentedCredential = Pick<Credential, 'value'> & Partial<Credential>
