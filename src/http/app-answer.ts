import { STATUS_CODES } from 'node:http'
import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { AnswerWords } from './error-formats.js'

/**
 * An error answer of your app, as `gate.answer` makes it: thrown in a handler, `errors(gate)` sends it in the format of the gate's own errors. `status`, `statusCode` and `expose` are what
 * other error handling looks for.
 */
export interface AnswerError extends Error {
  readonly status: number
  readonly statusCode: number
  readonly expose: true
}

/** What the app has stated itself; another copy of this package finds it as well. */
export const STATED = Symbol.for('sallyport.stated')

/**
 * An error answer of the app, with `status` from 400 to 599.
 * @throws {MisuseError} `invalid_option`, `unknown_option`
 */
export function createAnswer(status: number, words: AnswerWords = {}): AnswerError {
  if (!isErrorStatus(status)) {
    throw new MisuseError(
      'invalid_option',
      "gate.answer: 'status' must be from 400 to 599, such as gate.answer(404)",
    )
  }
  checkNames(words, ['code', 'message'], 'gate.answer', "{ code: 'out_of_stock' }")
  const { code = '', message = '' } = words
  if (typeof (code as unknown) !== 'string' || typeof (message as unknown) !== 'string') {
    throw new MisuseError('invalid_option', "gate.answer: 'code' and 'message' must be texts")
  }
  const error = new Error(words.message ?? STATUS_CODES[status])
  return Object.assign(error, {
    ...{ status, statusCode: status, expose: true as const },
    [STATED]: words,
  })
}

export function isErrorStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}
