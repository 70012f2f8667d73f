import { InvalidArgumentError } from 'commander'
import { IDENTIFIER_RULE, isDuration, isIdentifier, milliseconds, type Duration } from 'sallyport'
import { UsageError } from './exit.js'

/** An option that may be given several times; `false` where it was taken back before. */
export function collect(value: string, before: readonly string[] | false = []): readonly string[] {
  return [...(before || []), value]
}

export function parseCount(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number
  throw new InvalidArgumentError('It must be a whole number of at least 1.')
}

export function parseDuration(text: string): Duration {
  if (isDuration(text)) return text
  throw new InvalidArgumentError("It must be a number with its unit, such as '24h' or '14d'.")
}

/** So many days, as options of the library have them. @throws {UsageError} */
export function days(number: number): Duration {
  const text = `${String(number)}d`
  if (isDuration(text)) return text
  throw new UsageError(`${text} is too long: give at most 36500 days`)
}

/** A day, an instant, or a time from now. */
export function parseEnd(text: string): Date {
  if (isDuration(text)) return new Date(Date.now() + milliseconds(text))
  return dateOf(text) ?? refuseTime("a time from now such as '90d'")
}

/** A day, an instant, or a time ago. */
export function parseMoment(text: string): Date {
  if (isDuration(text)) return new Date(Date.now() - milliseconds(text))
  return dateOf(text) ?? refuseTime("a time ago such as '7d'")
}

function dateOf(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const date = new Date(text)
  // A day that is not there, such as 30 February, becomes another one.
  return !Number.isNaN(date.getTime()) && isRealDay(text) ? date : undefined
}

function refuseTime(other: string): never {
  throw new InvalidArgumentError(
    `It must be a day such as '2030-01-31', an instant such as '2030-01-31T12:00:00Z', or ${other}.`,
  )
}

/** What no owner, tenant or key can be called finds nothing, which must not pass for "nothing happened". */
export function parseName(text: string): string {
  if (isIdentifier(text)) return text
  throw new InvalidArgumentError(`It ${IDENTIFIER_RULE}.`)
}

/** What is wrong is not repeated: it may be a secret. */
export function parseId(text: string): string {
  if (/^key_[0-9A-Za-z]{1,64}$/.test(text)) return text
  throw new UsageError("an id begins with 'key_'; a secret is no id")
}

/** `key=value`; there may be a `=` in the value. */
export function parsePair(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new InvalidArgumentError("It must be a name and a value, such as 'team=billing'.")
}

export function parseMetadata(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Said below.
  }
  throw new UsageError('--metadata must be a JSON object')
}

function isRealDay(text: string): boolean {
  const [day = ''] = text.split('T', 1)
  return new Date(day).toISOString().startsWith(day)
}
