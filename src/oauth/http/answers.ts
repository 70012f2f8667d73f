import type { Headers } from '../../core/auth.js'
import type { DenialCause } from '../../core/cause.js'
import type { Answer } from '../../core/decision.js'
import type { Reason } from '../../core/denial.js'
import { withoutSecrets } from '../../core/secrets.js'
import { quoted } from '../../http/challenge.js'
import type { IssuedToken } from '../issue.js'

/** RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8693 section 2.2.2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'

/** What is recorded of a fault whose true reason is not known better. */
const REASON_OF: Readonly<Record<OAuthErrorCode, Reason>> = {
  invalid_request: 'invalid_input',
  invalid_client: 'missing_credentials',
  invalid_grant: 'token_invalid',
  unauthorized_client: 'address_not_allowed',
  unsupported_grant_type: 'invalid_input',
  unsupported_token_type: 'invalid_input',
  invalid_scope: 'insufficient_scope',
  invalid_target: 'invalid_input',
}

/** Why an OAuth endpoint says no: a value, never thrown. */
export class OAuthFault {
  readonly code: OAuthErrorCode
  readonly description: string
  /** The true one, for records alone. */
  readonly reason: Reason
  /** That of the credential that was denied; absent: the description says it. */
  readonly cause: DenialCause | undefined

  constructor(
    code: OAuthErrorCode,
    description: string,
    {
      reason = REASON_OF[code],
      cause,
    }: { readonly reason?: Reason; readonly cause?: DenialCause | undefined } = {},
  ) {
    this.code = code
    this.description = withoutSecrets(description)
    this.reason = reason
    this.cause = cause
    Object.freeze(this)
  }
}

export function isFault(value: object): value is OAuthFault {
  return value instanceof OAuthFault
}

/** RFC 6749 section 5.1: nobody keeps an answer with a token in it. */
const UNKEPT = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** RFC 6749 section 5.2: 401 where the client could not be authenticated, else 400. */
export function answerFault(
  { code, description }: OAuthFault,
  realm: string,
  headers: Headers,
): Answer {
  const unknown = code === 'invalid_client'
  const challenge = { 'www-authenticate': `Basic realm=${quoted(realm)}, charset="UTF-8"` }
  const body = { error: code, error_description: description }
  return answerJson(unknown ? 401 : 400, body, { ...headers, ...(unknown && challenge) })
}

/** RFC 6749 section 5.1; `issued_at` beside it. */
export function answerToken(token: IssuedToken, more: object, headers: Headers): Answer {
  const { accessToken, tokenType, expiresIn, scopes, issuedAt } = token
  const body = {
    ...{ access_token: accessToken, token_type: tokenType, expires_in: expiresIn },
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    // Whole seconds, as `iat` of the token.
    issued_at: issuedAt.toISOString().replace('.000Z', 'Z'),
    ...more,
  }
  return answerJson(200, body, headers)
}

export function answerEmpty(headers: Headers): Answer {
  return { status: 200, headers: { ...headers, ...UNKEPT, 'content-length': '0' }, body: '' }
}

function answerJson(status: number, value: object, headers: Headers): Answer {
  const body = JSON.stringify(value)
  return {
    status,
    headers: {
      ...headers,
      ...UNKEPT,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
    },
    body,
  }
}
