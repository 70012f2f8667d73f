/** The longest owner of a token, in characters. */
export const MAX_OWNER = 1_024

/** What `isIdentifier` asks for, for messages. */
export const IDENTIFIER_RULE =
  'must not begin or end with white space, and must not have control characters'

/**
 * Whether text is the one spelling of an owner, a tenant or another thing that is compared character by character: 1 to `max` characters, no
 * white space or byte order mark around it, no control character and no half of a surrogate pair. What is not is refused, never cut: cut
 * after it was judged, it would name somebody else.
 * @example if (!isIdentifier(ownerId)) throw new Error('no id of an owner')
 */
export function isIdentifier(text: unknown, max = MAX_OWNER): text is string {
  if (typeof text !== 'string' || text === '' || text.length > max) return false
  return text === text.trim() && !/[\p{Cc}\p{Cs}]/u.test(text)
}
