import { STATUS_CODES } from 'node:http'
import { REASON_NAMES, type Reason } from '../core/denial.js'
import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import { atOnce } from '../lib/maybe.js'
import { nearest } from '../lib/nearest.js'

/** What an error answer of your app says. */
export interface AnswerWords {
  /** For programs. Default: the name of the status, such as `not_found`. */
  readonly code?: string
  /** For people. Default: the name of the status, such as `Not Found`. */
  readonly message?: string
}

/** What a format may tell of a refusal, or of an error of the app. */
export interface ErrorContext {
  readonly status: number
  /** The true reason. Telling it apart for unknown, revoked and expired keys helps whoever tries keys. Absent for an error of the app. */
  readonly reason?: Reason
  /** The public code: the same for all credentials that do not work. */
  readonly code: string
  readonly message: string
  /** Of an error of the app: what `gate.answer` was given, or the text of its exception. It comes before all other words. */
  readonly stated?: AnswerWords
  readonly requestId: string
  /** The scopes that the route asks for and the caller does not have; absent for every other reason. */
  readonly missingScopes?: readonly string[]
  /** When to come back at the earliest, in whole seconds, as in `Retry-After`; absent where that is not said. */
  readonly retryAfter?: number
}

/** The body of an API's error answers. */
export interface ErrorFormat {
  /** For the Content-Type header. */
  readonly contentType: string
  /** Returns a value for `JSON.stringify`. */
  body(context: ErrorContext): unknown
}

/** An API's own words for a refusal. */
export interface ErrorWords {
  readonly code?: string
  readonly message?: string | ((context: ErrorContext) => string)
}

/** Words by reason, or by status (400 to 599) for all reasons and errors of the app that have it; the reason's come first. */
export type ErrorVocabulary = Readonly<Partial<Record<Reason, ErrorWords>>> &
  Readonly<Record<number, ErrorWords>>

export interface ProblemOptions {
  /** The start of each problem type's address; the code is added to it. Default: `about:blank` alone. */
  readonly typeBase?: string
}

export interface EnvelopeOptions {
  readonly words?: ErrorVocabulary
  /** Goes into each answer as `docsUrl`. */
  readonly docsUrl?: string
}

const JSON_TYPE = 'application/json; charset=utf-8'

/**
 * RFC 9457 problem details, with `code`, `requestId` and, for `insufficient_scope`, `missingScopes` as extensions: the default.
 * @throws {MisuseError}
 * @example createGate({ errorFormat: problemDetails({ typeBase: 'https://docs.acme.example/errors/' }), ...options })
 */
export function problemDetails(options: ProblemOptions = {}): ErrorFormat {
  checkNames(options, ['typeBase'], 'problemDetails', "{ typeBase: 'https://acme.example/' }")
  const { typeBase } = options
  return {
    contentType: 'application/problem+json',
    body: ({ status, code, message, requestId, missingScopes }) => ({
      type: typeBase === undefined ? 'about:blank' : typeBase + code,
      title: STATUS_CODES[status],
      status,
      detail: message,
      code,
      requestId,
      ...(missingScopes !== undefined && { missingScopes }),
    }),
  }
}

/**
 * `{"error": {"code", "message", "requestId", "docsUrl"?}}`
 * @throws {MisuseError}
 * @example createGate({ errorFormat: nestedErrors(), ...options })
 */
export function nestedErrors(options: EnvelopeOptions = {}): ErrorFormat {
  const { words, docsUrl } = readEnvelope(options, 'nestedErrors')
  return {
    contentType: JSON_TYPE,
    body: (context) => ({
      error: {
        ...worded(context, words),
        requestId: context.requestId,
        ...(docsUrl !== undefined && { docsUrl }),
      },
    }),
  }
}

/**
 * `{"error": code, "message", "docsUrl"?}`
 * @throws {MisuseError}
 * @example createGate({ errorFormat: flatErrors({ docsUrl: 'https://docs.acme.example/errors' }), ...options })
 */
export function flatErrors(options: EnvelopeOptions = {}): ErrorFormat {
  const { words, docsUrl } = readEnvelope(options, 'flatErrors')
  return {
    contentType: JSON_TYPE,
    body: (context) => {
      const { code: error, message } = worded(context, words)
      return { error, message, ...(docsUrl !== undefined && { docsUrl }) }
    },
  }
}

function worded(context: ErrorContext, words: ErrorVocabulary) {
  const { reason, status, code, stated } = context
  const own: ErrorWords = { ...words[status], ...(reason && words[reason]), ...stated }
  const { message = context.message } = own
  return {
    code: own.code ?? code,
    message:
      typeof message === 'function' ? atOnce(message(context), `words.message`, ignore) : message,
  }
}

/** The format fails, and that is told. */
function ignore(): void {
  // Nothing more to say.
}

function readEnvelope(options: EnvelopeOptions, where: string) {
  checkNames(options, ['words', 'docsUrl'], where, "{ docsUrl: 'https://acme.example/docs' }")
  const { words = {}, docsUrl } = options
  checkWords(words)
  return { words, docsUrl }
}

function checkWords(words: ErrorVocabulary): void {
  const known: readonly string[] = REASON_NAMES
  for (const [name, own] of Object.entries(words)) {
    checkNames(own, ['code', 'message'], `words.${name}`, "{ code: 'UNAUTHORIZED' }")
    if (known.includes(name) || /^[45]\d\d$/.test(name)) continue
    const meant = nearest(name, known)
    const advice =
      meant === undefined ? `use one of ${known.join(', ')}` : `did you mean '${meant}'?`
    throw new MisuseError(
      'unknown_reason',
      `words: '${name}' is no reason and no status; ${advice}`,
    )
  }
}
