import type { Credential } from '../terms/credential.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { isField, type GateRequest } from '../terms/request.js'

/** Where an API takes its credentials from. */
export interface CredentialSources {
  readonly bearer: boolean
  /** In lower case; absent: no header of its own. */
  readonly header: string | undefined
}

const AUTHORIZATION = 'authorization'

/** What Node takes where its server was not told otherwise. */
const MAX_HEADER_LINES = 1_000

/** RFC 6750 section 2.1, with the separator of RFC 9110 section 11.4: spaces, no tab. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i
/** Another scheme: any token of RFC 9110 section 5.6.2 but Bearer, alone or before a space. */
const OTHER_SCHEME = /^(?!bearer(?:[^!#$%&'*+\-.^_`|~0-9a-z]|$))[!#$%&'*+\-.^_`|~0-9a-z]+(?: |$)/i
/** Visible ASCII but comma, quote and backslash: these would make a list or a quoted string of it. */
const KEY_VALUE = /^[!#-+\--[\]-~]+$/

const MISSING = new Refusal('missing_credentials')
const MULTIPLE = new Refusal('multiple_credentials')
const MALFORMED = new Refusal('malformed_request')

/** Finds exactly one credential: two are refused and not one of them picked (RFC 6750 section 2). */
export function createCredentialReader(
  sources: CredentialSources,
): (request: GateRequest) => Credential | Refusal {
  const { bearer, header = '' } = sources

  return function readCredential(request) {
    const { rawHeaders, maxHeaderLines = MAX_HEADER_LINES } = request
    // Node drops what is beyond without a word: a second credential, or a proxy's X-Forwarded-For.
    if (rawHeaders.length >= 2 * maxHeaderLines) return MALFORMED
    let authorization: string | undefined
    let key: string | undefined
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? ''
      if (name.length === AUTHORIZATION.length && isField(name, AUTHORIZATION)) {
        if (authorization !== undefined) return MULTIPLE
        authorization = rawHeaders[index + 1] ?? ''
      } else if (name.length === header.length && isField(name, header)) {
        if (key !== undefined) return MULTIPLE
        key = rawHeaders[index + 1] ?? ''
      }
    }
    if (authorization === undefined && key === undefined) return MISSING
    if (hasQueryToken(request.url)) return MULTIPLE
    if (authorization === undefined) return readKey(key ?? '')
    const presented = readBearer(authorization)
    if (presented === MISSING) return key === undefined ? MISSING : readKey(key)
    if (key !== undefined) return MULTIPLE
    return bearer || isRefusal(presented) ? presented : MISSING
  }
}

function readBearer(authorization: string): Credential | Refusal {
  const value = BEARER.exec(authorization)?.[1]
  if (value !== undefined) return { value, from: 'bearer' }
  return OTHER_SCHEME.test(authorization) ? MISSING : MALFORMED
}

function readKey(line: string): Credential | Refusal {
  const value = line.trim()
  if (KEY_VALUE.test(value)) return { value, from: 'header' }
  return value.includes(',') ? MULTIPLE : MALFORMED
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
