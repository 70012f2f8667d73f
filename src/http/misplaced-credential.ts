import { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { fieldLines, queryOf, type GateRequest } from '../core/request.js'
import { placeName } from './missing-credentials.js'
import type { Place } from './places.js'

const ABSENT = { isAbsent: true } as const
const MISSING = new Refusal('missing_credentials', ABSENT)

/** Where others put their credentials. */
const HEADERS = [
  ...[
    'x-api-key',
    'api-key',
    'apikey',
    'x-apikey',
    'x-api-token',
    'x-auth-token',
    'x-access-token',
  ],
  ...['access-token', 'cf-access-jwt-assertion', 'x-goog-iap-jwt-assertion', 'x-amzn-oidc-data'],
]
const PARAMETERS = ['access_token', 'api_key', 'apikey', 'key', 'token']
/** Another text that stands there may be the credential itself. */
const SCHEMES =
  /^(?:basic|bearer|apikey|api-key|token|jwt|digest|dpop|negotiate|aws4-hmac-sha256)(?= )/i

/** There is no credential in these places. One that stands elsewhere is told to the operator: by the place alone. */
export function refuseElsewhere(request: GateRequest, places: readonly Place[]): Refusal {
  const query = queryOf(request.url)
  const given = query === '' ? undefined : new URLSearchParams(query)
  const unread = places.find(({ kind, name }) => kind === 'query' && given?.has(name))
  const seen = unread ? `the query parameter '${unread.name}'` : seenIn(request, given)
  if (seen === undefined) return MISSING
  const finding = {
    ...{
      check: 'place' as const,
      got: told(unread ? `${seen} of a request that is no GET` : seen),
    },
    expected: `one ${places.map((place) => placeName(place)).join(' or ')}`,
    fix: unread
      ? 'A query parameter is read from GET requests only, and websocket upgrades are such: send the credential in a header.'
      : "Send the credential there, or name its place in 'credentials.from'.",
  }
  return refuse('missing_credentials', finding, ABSENT)
}

function seenIn(request: GateRequest, given: URLSearchParams | undefined): string | undefined {
  const [authorization] = fieldLines(request, 'authorization')
  if (authorization !== undefined) {
    const scheme = SCHEMES.exec(authorization)?.[0]
    return `Authorization, ${scheme === undefined ? 'with no scheme that is known' : `with the scheme ${scheme}`}`
  }
  const header = HEADERS.find((name) => fieldLines(request, name).length > 0)
  if (header !== undefined) return `the header '${header}'`
  const parameter = given && PARAMETERS.find((name) => given.has(name))
  return parameter && `the query parameter '${parameter}'`
}
