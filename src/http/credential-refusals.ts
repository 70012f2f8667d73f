import type { Refusal, RefusalDetails } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { placeName } from './missing-credentials.js'
import type { Place } from './places.js'

/** Says where the one credential goes. */
export function multipleOf(places: readonly Place[]): Refusal {
  return severalOf(sendOne(places))
}

/** One that RFC 6750 section 2.3 has in the query counts beside a bearer token, though it is not read there. */
export function queryTokenOf(places: readonly Place[]): Refusal {
  return severalOf(sendOne(places), {
    got: told('another in the query parameter `access_token`'),
    fix: "Take it out of the URL: beside 'Authorization: Bearer' it counts, whatever 'credentials.from' names.",
  })
}

function sendOne(places: readonly Place[]): string {
  const where = places.map((place) => placeName(place)).join(' or ')
  return `Multiple credentials. Send one, once, ${where}.`
}

const SEVERAL = {
  got: told('several'),
  fix: "Does a proxy or an HTTP client add one? What is in no place of 'credentials.from' does not count.",
}

function severalOf(detail: string, { got, fix } = SEVERAL): Refusal {
  const finding = { check: 'count', expected: 'one credential', got, fix } as const
  return refuse('multiple_credentials', finding, { detail })
}

export const LIST = severalOf('Multiple credentials. Send one, once, without a comma.')

/** A client whose environment variable is not set sends these. */
export function emptyOf(what: string, details: RefusalDetails = {}): Refusal {
  const finding = { check: 'empty', expected: 'a credential', got: told(what) } as const
  const detail = `Missing credentials: ${what}.`
  return refuse('missing_credentials', finding, { detail, ...details })
}

/** What signing out leaves in a browser, which did not choose to send it: nobody, and not somebody with a bad credential. */
export function emptyCookieOf(where: string): Refusal {
  return emptyOf(`${where} is empty`, { isAbsent: true })
}

/** Of what JavaScript writes for a variable that is not set: clients send it where they build the header. */
export function unsetOf(where: string): (value: 'undefined' | 'null') => Refusal {
  const refusals = {
    undefined: emptyOf(`${where} says \`undefined\``),
    null: emptyOf(`${where} says \`null\``),
  }
  return (value) => refusals[value]
}

export function malformedOf(expected: string, where: string): Refusal {
  const got = told(`something else in ${where}`)
  return refuse('malformed_request', { check: 'syntax', expected, got })
}
