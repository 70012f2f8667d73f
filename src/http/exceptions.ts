import { STATUS_CODES } from 'node:http'
import type { GateRequest } from '../core/request.js'
import { withoutSecrets } from '../core/secrets.js'
import type { AnswerWords } from './error-formats.js'
import { parserDetail } from './parser-errors.js'

/** What is called of an exception of NestJS. */
interface NestException {
  getStatus(): unknown
  getResponse(): unknown
}

/** Its `response` is its own; that of an HTTP client's error is somebody else's. */
export function isNestException(error: object): error is NestException {
  const { getStatus, getResponse } = error as Readonly<Record<string, unknown>>
  return typeof getStatus === 'function' && typeof getResponse === 'function'
}

/**
 * What the app itself has written into an exception of NestJS or an error of http-errors. `undefined`: nothing that clients may be told, or no more than what the status is called.
 * @throws what the error throws where it is looked at
 */
export function exceptionWords(
  error: unknown,
  status: number,
  { method, url }: Pick<GateRequest, 'method' | 'url'>,
): AnswerWords | undefined {
  if (status >= 500 || typeof error !== 'object' || error === null) return undefined
  // What a parser says may quote the body.
  if (parserDetail(error) !== undefined) return undefined
  const text = textOf(error)
  // So NestJS says that there is no route.
  if (text === undefined || text === '' || text === `Cannot ${method} ${url}`) return undefined
  const isName = text.toLowerCase() === STATUS_CODES[status]?.toLowerCase()
  return isName ? undefined : { message: withoutSecrets(text) }
}

function textOf(error: object): string | undefined {
  if (isNestException(error)) return nestText(error.getResponse())
  const { expose, message } = error as Readonly<Record<string, unknown>>
  // http-errors has `expose` in its classes, and sets it on an error of others that it is given: that text is nobody's answer.
  const isMeant = expose === true && !Object.hasOwn(error, 'expose')
  return isMeant && typeof message === 'string' ? message : undefined
}

/** A text, or an object with one or, of a pipe, with several. */
function nestText(response: unknown): string | undefined {
  if (typeof response === 'string') return response
  if (typeof response !== 'object' || response === null) return undefined
  const { message } = response as { readonly message?: unknown }
  if (typeof message === 'string') return message
  const texts: readonly unknown[] = Array.isArray(message) ? message : []
  return texts.filter((text) => typeof text === 'string').join('; ')
}
