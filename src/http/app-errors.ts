import { STATUS_CODES } from 'node:http'
import type { Answer, Denial } from '../core/decision.js'
import { DeniedError } from '../core/errors.js'
import type { GateRequest } from '../core/request.js'
import { withoutSecrets } from '../core/secrets.js'
import { earlierContext, idOf, type AnswerOptions } from './answers.js'
import { isErrorStatus, STATED } from './app-answer.js'
import type { AnswerWords } from './error-formats.js'
import { errorAnswer } from './error-answer.js'
import { exceptionWords, isNestException } from './exceptions.js'
import { parserDetail } from './parser-errors.js'

/** The answer to a request that failed behind the gate. */
export interface FailureAnswer extends Answer {
  /** Headers of the answer that the app had begun: they tell of another body. */
  readonly stale: readonly string[]
}

const STALE = [
  ...['content-encoding', 'content-language', 'content-range', 'content-disposition'],
  ...['etag', 'expires', 'last-modified'],
]
/** Statuses that name themselves differently in versions of Node. */
const CODES: Readonly<Record<number, string>> = { 413: 'body_too_large' }
/** Of a body that was refused without words. */
const DETAILS: Readonly<Record<number, string>> = {
  413: 'The body is too large.',
  415: 'The Content-Type or the Content-Encoding of the body is not supported.',
}

/** For adapters: the answer for what an app has thrown. Faults are told to `onError`. */
export function failureAnswer(
  gate: { readonly endpoints: { readonly answers: AnswerOptions } },
  request: GateRequest,
  error: unknown,
): FailureAnswer {
  const { answers } = gate.endpoints
  const { status, stated, denial } = readFailure(error, request)
  if (denial !== undefined) {
    const { headers, body } = denial
    return { status, headers, body, stale: STALE }
  }
  if (status >= 500 && stated === undefined) answers.onError(error)
  const name = STATUS_CODES[status] ?? 'Error'
  const detail = (status < 500 && (parserDetail(error) ?? DETAILS[status])) || name
  const { code = CODES[status] ?? name.toLowerCase().replace(/\W+/g, '_'), message = detail } = {
    ...stated,
  }
  const requestId = idOf(request, answers)
  const charge = earlierContext(request, answers)?.charge
  const told = { status, code, message, requestId, ...(stated && { stated }) }
  const limitHeaders = charge ? answers.limitHeaders(charge) : {}
  return { ...errorAnswer(told, answers, limitHeaders), stale: STALE }
}

/** What an error says of itself. */
interface Failure {
  readonly status: number
  readonly stated?: AnswerWords | undefined
  readonly denial?: Denial
}

/** One that throws where it is looked at says nothing: a framework would show what that throws. */
function readFailure(error: unknown, request: GateRequest): Failure {
  try {
    if (error instanceof DeniedError) return { status: error.denial.status, denial: error.denial }
    const status = statusOf(error)
    return { status, stated: wordsOf(error) ?? exceptionWords(error, status, request) }
  } catch {
    return { status: 500 }
  }
}

/** Body parsers, routers and exceptions of NestJS say whose fault it is. The error of an HTTP client has the status of somebody else's answer, to us. */
function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500
  if ('response' in error && !isNestException(error)) return 500
  const { status, statusCode = status } = error as Readonly<Record<string, unknown>>
  return isErrorStatus(statusCode) ? statusCode : 500
}

/** What `gate.answer` was given; it may quote what a client has sent. */
function wordsOf(error: unknown): AnswerWords | undefined {
  if (!(error instanceof Error && STATED in error)) return undefined
  const { code, message } = error[STATED] as AnswerWords
  return { ...(code && { code }), ...(message && { message: withoutSecrets(message) }) }
}
