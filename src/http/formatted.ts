import { atOnce } from '../lib/maybe.js'
import { problemDetails, type ErrorContext, type ErrorFormat } from './error-formats.js'

interface FormatOptions {
  readonly format: ErrorFormat
  /** Told when the error format throws. */
  readonly onError: (error: unknown) => void
}

const FALLBACK = problemDetails()

/** The body of an error, by the format of the app. One that fails must not turn a refusal into a crash: the default format answers then. */
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
