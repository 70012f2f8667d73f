import type { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { placeName } from './missing.js'
import type { Place } from './places.js'

/** Says where the one credential goes. */
export function multipleOf(places: readonly Place[]): Refusal {
  const where = places.map((place) => placeName(place)).join(' or ')
  return severalOf(`Multiple credentials. Send one, once, ${where}.`)
}

function severalOf(detail: string): Refusal {
  return refuse(
    'multiple_credentials',
    {
      ...{ check: 'count', expected: 'one credential', got: told('several') },
      fix: "Does a proxy or an HTTP client add one? What 'credentials.from' does not name is not looked at.",
    },
    { detail },
  )
}

export const LIST = severalOf('Multiple credentials. Send one, once, without a comma.')

/** A client whose environment variable is not set sends these. */
export function emptyOf(what: string): Refusal {
  const finding = { check: 'empty', expected: 'a credential', got: told(what) } as const
  return refuse('missing_credentials', finding, { detail: `Missing credentials: ${what}.` })
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
