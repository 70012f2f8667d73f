import type { Place } from './places.js'

/** What is missing and where it goes: `Missing credentials. Send an API key in `X-API-Key` or as `Authorization: Bearer <key>`.` */
export function missingMessage(places: readonly Place[], tokens: boolean): string {
  return `Missing credentials. Send ${whatAndWhere(places, tokens)}.`
}

function whatAndWhere(places: readonly Place[], tokens: boolean): string {
  const ofTokens = tokens ? places.filter(({ accepts }) => accepts !== 'key') : []
  const ofKeys = places.filter(({ accepts }) => accepts !== 'token')
  const inTokens = listOf(ofTokens, 'token')
  if (ofTokens.length === 0) return `an API key ${listOf(ofKeys, 'key')}`
  if (ofKeys.length === 0) return `an access token ${inTokens}`
  const others = ofKeys.filter((place) => !ofTokens.includes(place))
  if (others.length === 0 && ofKeys.length === ofTokens.length) {
    return `an API key or an access token ${inTokens}`
  }
  return `an API key ${listOf(ofKeys, 'key')}, or an access token ${inTokens}`
}

function listOf(places: readonly Place[], what: string): string {
  // A header of its own comes first: it is the simplest to write.
  const plain = places.filter((place) => placeName(place).startsWith('in'))
  const all = [...plain, ...places.filter((place) => !plain.includes(place))]
  return all.map((place) => placeName(place, what)).join(' or ')
}

/** A place as people write it: ``in `X-API-Key` ``. */
export function placeName(place: Place, what = 'credential'): string {
  const { kind, name } = place
  if (kind === 'cookie') return `in the cookie \`${name}\``
  if (kind === 'query') return `in the query parameter \`${name}\` (GET only)`
  const header = fieldName(name)
  return place.scheme === undefined
    ? `in \`${header}\``
    : `as \`${header}: ${place.scheme} <${what}>\``
}

/** A header as people write it: `X-API-Key`. */
export function fieldName(header: string): string {
  return header
    .split('-')
    .map((part) => (part === 'api' ? 'API' : part.charAt(0).toUpperCase() + part.slice(1)))
    .join('-')
}
