import type { Headers } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import type { Answer } from '../core/decision.js'
import type { Refusal } from '../core/denial.js'
import { withoutSecrets } from '../core/secrets.js'
import { atOnce } from '../lib/maybe.js'
import { challengeOf } from './challenge.js'
import { problemDetails, type ErrorContext, type ErrorFormat } from './error-formats.js'
import { REASONS } from './reasons.js'

export interface FormatOptions {
  readonly format: ErrorFormat
  /** Told when the error format throws. */
  readonly onError: (error: unknown) => void
}

/** What all responses to refused requests need. */
export interface RefusalOptions extends FormatOptions {
  /** Of `Authorization`, for challenges; `undefined`: none is accepted. */
  readonly scheme: string | undefined
  readonly realm: string
  /** What is said where there are no credentials: what is missing, and where it goes. */
  readonly missing: string
  /** What answers tell of the limits of whoever asked. */
  readonly limitHeaders: (charge: Charge) => Headers
}

const FALLBACK = problemDetails()

/** The whole response to a request that was refused. */
export function refusalAnswer(
  refusal: Refusal,
  requestId: string,
  options: RefusalOptions,
  charge: Charge | undefined,
): Required<Answer> {
  const row = REASONS[refusal.reason]
  const { code } = row
  const { missing: missingScopes, retryAfter = row.retryAfter } = refusal.details
  const { detail = refusal.reason === 'missing_credentials' ? options.missing : undefined } =
    refusal.details
  // It may quote what a client has sent.
  const message = detail === undefined ? row.message : withoutSecrets(detail)
  const { status = row.status } = refusal.details
  const told = {
    ...{ status, reason: refusal.reason, code, message, requestId },
    ...(missingScopes !== undefined && { missingScopes }),
  }
  const challenge = challengeOf(row, message, options.scheme, options.realm, refusal.details.scopes)
  return errorAnswer({ ...told, ...(retryAfter && { retryAfter }) }, options, {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    ...(charge && options.limitHeaders(charge)),
    ...refusal.details.headers,
  })
}

/** A whole error answer, in the format of the app. `more`: headers beside those that each has. */
export function errorAnswer(
  context: ErrorContext,
  options: FormatOptions,
  more: Headers,
): Required<Answer> {
  const { type, body } = formatted(context, options)
  const headers = {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-request-id': context.requestId,
    ...more,
  }
  return { status: context.status, headers, body }
}

/** The body of an error. A format that fails must not turn a refusal into a crash: the default format answers then. */
export function formatted(
  context: ErrorContext,
  { format, onError }: FormatOptions,
): { readonly type: string; readonly body: string } {
  try {
    const body: unknown = JSON.stringify(atOnce(format.body(context), 'errorFormat.body', onError))
    if (typeof body !== 'string') throw new TypeError('The error format made nothing for a body.')
    return { type: format.contentType, body }
  } catch (error) {
    onError(error)
    return { type: FALLBACK.contentType, body: JSON.stringify(FALLBACK.body(context)) }
  }
}
