import type { Credential } from '../core/credential.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { fieldLines, isField, queryOf, settledLine, type GateRequest } from '../core/request.js'
import {
  emptyCookieOf,
  emptyOf,
  LIST,
  malformedOf,
  multipleOf,
  queryTokenOf,
  unsetOf,
} from './credential-refusals.js'
import { refuseElsewhere } from './misplaced-credential.js'
import { fieldName } from './missing-credentials.js'
import {
  schemeOf,
  type CookiePlace,
  type HeaderPlace,
  type Place,
  type QueryPlace,
} from './places.js'
import { refuseCrossSite } from './same-site.js'

/** What Node takes where its server was not told otherwise. */
const MAX_HEADER_LINES = 1_000

/** RFC 6750 section 2.1, with the separator of RFC 9110 section 11.4: spaces, no tab. */
const BEARER = String.raw`[A-Za-z0-9\-._~+/]+=*`
/** Visible ASCII but comma, quote and backslash: these would make a list or a quoted string of it. */
const VALUE = String.raw`[!#-+\--[\]-~]+`
const ALONE = new RegExp(`^${VALUE}$`)
/** RFC 9110 section 5.6.2. */
const NAME = String.raw`[!#$%&'*+\-.^_\`|~0-9a-z]`

const DROPPED = refuse('malformed_request', {
  ...{ check: 'header_lines', expected: 'fewer header lines than the server keeps' },
  got: told('as many as it keeps, or more'),
})

/** What a value is: a credential, why it is none, or `undefined`: none of ours. */
type Reading = Credential | Refusal | undefined

/** One header, and how its value is read. */
interface HeaderReader {
  readonly name: string
  read(line: string): Reading
}

/** Finds exactly one credential: two are refused and not one of them picked (RFC 6750 section 2). What stands elsewhere is none of ours. */
export function createCredentialReader(
  places: readonly Place[],
): (request: GateRequest) => Credential | Refusal {
  const headers = headerReaders(places.filter((place) => place.kind === 'header'))
  const linesOf = createLineFinder(headers.map(({ name }) => name))
  const multiple = multipleOf(places)
  const alsoInQuery = queryTokenOf(places)
  const takesBearer =
    schemeOf(places)?.toLowerCase() === 'bearer' &&
    !places.some(({ kind, name }) => kind === 'query' && name === 'access_token')
  const cookies = places
    .filter((place) => place.kind === 'cookie')
    .map((place) => ({ ...withReader(place), empty: emptyCookieOf(whereOf(place)) }))
  const queries = places.filter((place) => place.kind === 'query').map(withReader)

  return function readCredential(request) {
    const { rawHeaders, maxHeaderLines = MAX_HEADER_LINES } = request
    // Node drops what is beyond without a word: a second credential, or a proxy's X-Forwarded-For.
    if (rawHeaders.length >= 2 * maxHeaderLines) return DROPPED
    const lines = linesOf(rawHeaders)
    if (lines === SEVERAL) return multiple
    const { headers: left } = request
    let found: Reading
    let empty: Refusal | undefined
    for (let at = 0; at < headers.length; at++) {
      const header = headers[at]
      const came = lines[at]
      const line = left === undefined ? came : settledLine(came, left[header?.name ?? ''])
      const reading = line === undefined ? undefined : header?.read(line)
      if (reading !== undefined && found !== undefined) return multiple
      found ??= reading
    }
    if (cookies.length + queries.length > 0) {
      for (const reading of [...readCookies(request, cookies), ...readQueries(request, queries)]) {
        if (isNone(reading)) empty = reading
        else if (found !== undefined) return multiple
        else found = reading
      }
    }
    if (found === undefined) return empty ?? refuseElsewhere(request, places)
    return takesBearer && hasQueryToken(request.url) ? alsoInQuery : found
  }
}

const SEVERAL = Symbol('several lines of one header')

/** Finds the one line of each header that has one of these names, which are in lower case. */
function createLineFinder(names: readonly string[]) {
  // Most lines have names of other lengths: they need no comparison.
  const lengths = new Set(names.map(({ length }) => length))
  const isLength = Array.from({ length: Math.max(0, ...lengths) + 1 }, (_, length) =>
    lengths.has(length),
  )
  return (rawHeaders: readonly string[]): readonly (string | undefined)[] | typeof SEVERAL => {
    const lines: (string | undefined)[] = []
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      if (isLength[name.length] !== true) continue
      for (let at = 0; at < names.length; at++) {
        if (!isField(name, names[at] ?? '')) continue
        if (lines[at] !== undefined) return SEVERAL
        lines[at] = rawHeaders[index + 1] ?? ''
      }
    }
    return lines
  }
}

function headerReaders(places: readonly HeaderPlace[]): readonly HeaderReader[] {
  const names = [...new Set(places.map(({ name }) => name))]
  return names.map((name) => {
    const own = places.filter((place) => place.name === name)
    const [{ scheme, accepts } = { scheme: undefined, accepts: 'either' as const }] = own
    const read =
      scheme === undefined
        ? readerOf(accepts, whereOf({ kind: 'header', name }))
        : schemeReader(own)
    return { name, read }
  })
}

/** A value that is nothing but the credential. */
function readerOf(
  accepts: Place['accepts'],
  where: string,
): (line: string) => Credential | Refusal {
  const empty = emptyOf(`${where} is empty`)
  const unset = unsetOf(where)
  const malformed = malformedOf('the credential and nothing else', where)
  return (line) => {
    const value = line.trim()
    if (value === '') return empty
    if (ALONE.test(value)) return isUnset(value) ? unset(value) : { value, accepts }
    return value.includes(',') ? LIST : malformed
  }
}

/** A value that begins with a scheme; that of somebody else is none of ours. */
function schemeReader(places: readonly HeaderPlace[]): (line: string) => Reading {
  const [{ name } = { name: '' }] = places
  const header = fieldName(name)
  const schemes = places.map(({ scheme = '', accepts }) => {
    const escaped = scheme.replace(/[^\w-]/g, String.raw`\$&`)
    const value = scheme.toLowerCase() === 'bearer' ? BEARER : VALUE
    return {
      accepts,
      escaped,
      whole: new RegExp(`^${escaped} +(${value})$`, 'i'),
      alone: new RegExp(`^${escaped} *$`, 'i'),
      empty: emptyOf(`the header \`${header}\` has nothing after \`${scheme}\``),
    }
  })
  const ours = schemes.map(({ escaped }) => escaped).join('|')
  const another = new RegExp(`^(?!(?:${ours})(?:(?!${NAME}).|$))${NAME}+(?: |$)`, 'is')
  const empty = emptyOf(`the header \`${header}\` is empty`)
  const unset = unsetOf(`the header \`${header}\``)
  const expected = places
    .map(({ scheme = '' }) => `${scheme}, spaces and the credential`)
    .join(' or ')
  const malformed = malformedOf(expected, header)
  return (line) => {
    for (const { whole, accepts } of schemes) {
      const value = whole.exec(line)?.[1]
      if (value !== undefined) return isUnset(value) ? unset(value) : { value, accepts }
    }
    if (line === '') return empty
    const alone = schemes.find((scheme) => scheme.alone.test(line))
    if (alone !== undefined) return alone.empty
    return another.test(line) ? undefined : malformed
  }
}

type Read = (line: string) => Credential | Refusal

function withReader<P extends Place>(place: P): P & { readonly read: Read } {
  return { ...place, read: readerOf(place.accepts, whereOf(place)) }
}

/** What a cookie has that was cleared: it is as good as not there. */
const CLEARED = /^[\t ]*(?:"")?[\t ]*$/

function isNone(reading: Reading): reading is Refusal {
  return isRefusal(reading) && reading.details.isAbsent === true
}

function* readCookies(
  request: GateRequest,
  places: readonly (CookiePlace & { readonly read: Read; readonly empty: Refusal })[],
): Generator<Reading> {
  if (places.length === 0) return
  // HTTP/2 may give them in several lines (RFC 9113 section 8.2.3).
  const pairs = fieldLines(request, 'cookie').flatMap((line) => line.split(';'))
  for (const { name, origins, read, empty } of places) {
    for (const pair of pairs) {
      const at = pair.indexOf('=')
      if (at === -1 || pair.slice(0, at).trim() !== name) continue
      const value = pair.slice(at + 1)
      const reading = CLEARED.test(value) ? empty : read(value)
      yield isRefusal(reading)
        ? reading
        : (refuseCrossSite(request, origins) ?? { ...reading, origins })
    }
  }
}

function* readQueries(
  { method, url }: GateRequest,
  places: readonly (QueryPlace & { readonly read: Read })[],
): Generator<Reading> {
  const query = queryOf(url)
  if (places.length === 0 || query === '' || method !== 'GET') return
  const given = new URLSearchParams(query)
  for (const { name, read } of places) {
    for (const value of given.getAll(name)) yield read(value)
  }
}

function whereOf({ kind, name }: Pick<Place, 'kind' | 'name'>): string {
  if (kind === 'header') return `the header \`${fieldName(name)}\``
  return `the ${kind === 'cookie' ? 'cookie' : 'query parameter'} \`${name}\``
}

/** Compared as they are: a table of them would have to hash each credential. */
function isUnset(value: string): value is 'undefined' | 'null' {
  return value === 'undefined' || value === 'null'
}

/** RFC 6750 section 2.3 lets tokens stand in the query. We never take one from there, and see one that does. */
function hasQueryToken(url: string): boolean {
  const at = url.indexOf('?')
  if (at === -1) return false
  if (!url.includes('access', at) && !url.includes('%', at)) return false
  return [...new URLSearchParams(url.slice(at + 1)).keys()].some((name) =>
    /^access_token(?:\[|$)/.test(name),
  )
}
