import * as v from 'valibot'

const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /^(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** A day of the calendar, such as `2030-01-31`: dates in JavaScript take the 31st of any month for one of the next. */
export function isDay(text: string): boolean {
  const ms = DAY.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

/** An instant of ISO 8601 (RFC 3339), to the second or closer. */
export function isInstant(text: string): boolean {
  return text[10] === 'T' && isDay(text.slice(0, 10)) && TIME.test(text.slice(11))
}

/** An instant as `JSON.stringify` writes it. */
export function storedInstant() {
  return v.pipe(
    v.string(),
    v.check((text) => text.endsWith('Z') && isInstant(text)),
    v.transform((text) => new Date(text)),
  )
}

/** An instant that a client has written. */
export function writtenInstant() {
  const write = 'must be an ISO 8601 instant, such as 2030-01-31T00:00:00Z'
  return v.pipe(
    v.string(write),
    v.check(isInstant, write),
    v.transform((text) => new Date(text)),
  )
}
