/** What V8 takes for JSON values, in bytes, as it was measured; for each part rather too much than too little. */
const LIST = 200
const ITEM = 60
const OBJECT = 72
/** A name that no other object has needs a place of its own. */
const MEMBER = 180
const VALUE = 24

/** About how many bytes a list of texts takes, and a set of them. */
export function weightOfTexts(texts: readonly string[]): number {
  if (texts.length === 0) return 0
  return texts.reduce((sum, text) => sum + ITEM + bytesOf(text), LIST)
}

/** About how many bytes a JSON value takes. */
export function weightOfJson(value: unknown): number {
  if (typeof value === 'string') return VALUE + bytesOf(value)
  if (typeof value !== 'object' || value === null) return VALUE
  if (Array.isArray(value)) {
    return value.reduce((sum: number, item) => sum + weightOfJson(item), OBJECT)
  }
  return Object.entries(value).reduce(
    (sum, [name, member]) => sum + MEMBER + bytesOf(name) + weightOfJson(member),
    OBJECT,
  )
}

/** V8 has one byte for each character of a text in Latin-1, and two for each of another. */
export function bytesOf(text: unknown): number {
  const { length } = String(text)
  return /[^\0-\xff]/.test(String(text)) ? 2 * length : length
}
