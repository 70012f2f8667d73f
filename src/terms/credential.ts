/** What the caller presented. It is a secret: it never goes into an error, a log or a record. */
export interface Credential {
  readonly value: string
  /** Where it stood: `Authorization: Bearer`, or the API's own header. */
  readonly from: 'bearer' | 'header'
}
