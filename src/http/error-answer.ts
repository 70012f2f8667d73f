import type { Headers } from '../core/auth.js'
import type { Answer } from '../core/decision.js'
import { atOnce } from '../lib/maybe.js'
import { problemDetails, type ErrorContext, type ErrorFormat } from './error-formats.js'

export interface FormatOptions {
  readonly format: ErrorFormat
  /** Told when the error format throws. */
  readonly onError: (error: unknown) => void
}

const FALLBACK = problemDetails()

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
