import type { ReasonRow } from './reasons.js'

/** RFC 9110 section 5.6.4: backslash and quote are escaped. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, String.raw`\$&`)}"`
}

/**
 * The value of WWW-Authenticate (RFC 6750 section 3), or `undefined` where the reason calls for none.
 * `scheme` is `Bearer`, or `ApiKey` where the API takes its keys from a header of its own only.
 */
export function challengeOf(
  row: ReasonRow,
  scheme: string,
  realm: string,
  scopes: readonly string[] = [],
): string | undefined {
  if (row.challenge === undefined) return undefined
  const start = `${scheme} realm=${quoted(realm)}`
  if (row.challenge === null) return start
  const scope = scopes.length === 0 ? '' : `, scope=${quoted(scopes.join(' '))}`
  return `${start}, error=${quoted(row.challenge)}, error_description=${quoted(row.message)}${scope}`
}
