/** How a JSON object begins: with a name, or with its end. */
const OBJECT = /^[\t\n\r ]*\{[\t\n\r ]*(?:"|\}[\t\n\r ]*$)/
/** It is not known yet what comes. */
const UNDECIDED = /^[\t\n\r ]*\{?[\t\n\r ]*$/
/** Whole groups of four characters, which are three bytes each: most headers say in the first of them what they are. */
const [MOST, ALL] = [16, 4_096]

/**
 * Whether a text is a JSON object in base64url, as the header of every JWT is (RFC 7515 section 7.1): with any names, and with white space before and after
 * the brace or without. What the gate takes for a token, and what must not be written anywhere, is decided by this one test.
 */
export function isObjectLike(part: string): boolean {
  const start = decoded(part, MOST)
  return OBJECT.test(part.length > MOST && UNDECIDED.test(start) ? decoded(part, ALL) : start)
}

function decoded(part: string, length: number): string {
  return Buffer.from(part.slice(0, length), 'base64url').toString('latin1')
}
