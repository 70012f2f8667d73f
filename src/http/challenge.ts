import type { ReasonRow } from './reasons.js'

/** RFC 9110 section 5.6.4: backslash and quote are escaped. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, String.raw`\$&`)}"`
}

/** RFC 6750 section 3 allows printable ASCII only. */
function describe(row: ReasonRow, message: string): string {
  return /^[ -~]+$/.test(message) ? message : row.message
}

/**
 * The value of WWW-Authenticate (RFC 6750 section 3), or `undefined` where the reason calls for none.
 * `scheme` is one that is accepted in `Authorization`; without one there is nothing that a challenge could ask for.
 */
export function challengeOf(
  row: ReasonRow,
  message: string,
  scheme: string | undefined,
  realm: string,
  scopes: readonly string[] = [],
): string | undefined {
  if (row.challenge === undefined || scheme === undefined) return undefined
  const start = `${scheme} realm=${quoted(realm)}`
  if (row.challenge === null) return start
  const scope = scopes.length === 0 ? '' : `, scope=${quoted(scopes.join(' '))}`
  return `${start}, error=${quoted(row.challenge)}, error_description=${quoted(describe(row, message))}${scope}`
}
