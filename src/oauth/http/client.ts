import type { Credential } from '../../core/credential.js'
import { isRefusal, type Refusal } from '../../core/denial.js'
import { fieldLines, queryOf, type GateRequest } from '../../core/request.js'
import { OAuthFault } from './answers.js'
import type { Form } from './form.js'

/** How a client says who it is: a key's id and its secret. */
export interface ClientCredentials {
  readonly id: string
  readonly secret: string
}

/** RFC 7617 section 2. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const SECRETS = ['client_secret', 'client_assertion', 'assertion', 'subject_token', 'token']

/**
 * The client's id and secret, from `Authorization: Basic` or from the body (RFC 6749 section 2.3.1); `undefined` where it does not say who it is. Two ways
 * at once are one too many.
 */
export function readClient(
  request: GateRequest,
  form: Form,
  presented: Credential | Refusal,
): ClientCredentials | OAuthFault | undefined {
  if (isRefusal(presented) && presented.reason !== 'missing_credentials') {
    return fault('invalid_request', 'The Authorization header cannot be understood.')
  }
  if (hasSecretIn(queryOf(request.url))) {
    return fault('invalid_request', 'What is secret must not stand in the URL.')
  }
  const [authorization = ''] = isRefusal(presented) ? fieldLines(request, 'authorization') : []
  const secret = form.get('client_secret')
  const assertion = form.get('client_assertion')
  const ways = [authorization !== '', !isRefusal(presented), secret, assertion].filter(Boolean)
  if (ways.length > 1) return fault('invalid_request', 'Authenticate the client in one way.')
  if (assertion !== undefined || !isRefusal(presented)) {
    return fault('invalid_client', 'Authenticate the client with its id and secret.')
  }
  const id = form.get('client_id')
  if (authorization !== '') return readBasic(authorization, id)
  if (secret === undefined) return undefined
  return id === undefined ? fault('invalid_request', "'client_id' is missing.") : { id, secret }
}

/** `named` is the id in the body, which may say it again. */
function readBasic(authorization: string, named: string | undefined) {
  const [, encoded = ''] = BASIC.exec(authorization) ?? []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  const id = formDecoded(text.slice(0, Math.max(0, colon)))
  const secret = formDecoded(text.slice(colon + 1))
  if (colon < 1 || id === undefined || !secret) {
    return fault('invalid_client', 'Authorization: Basic needs an id and a secret.')
  }
  if (named === undefined || named === id) return { id, secret }
  return fault('invalid_request', "'client_id' is another than in Authorization.")
}

/** RFC 6749 section 2.3.1: id and secret are form-encoded, each for itself. */
function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function hasSecretIn(query: string): boolean {
  const names = new URLSearchParams(query)
  return SECRETS.some((name) => names.has(name))
}

function fault(code: OAuthFault['code'], description: string): OAuthFault {
  return new OAuthFault(code, description)
}
