import type { AnswerOptions } from '../respond/answers.js'
import type { checkOptions } from './check.js'

/** How a gate with these options answers. */
export function answerOptionsOf(
  given: ReturnType<typeof checkOptions>,
  onError: (error: unknown) => void,
): AnswerOptions {
  const { header } = given.credentials
  return Object.freeze({
    format: given.errors,
    scheme: given.credentials.bearer ? 'Bearer' : 'ApiKey',
    realm: given.realm,
    incomingId: given.requestIdHeader,
    credentialHeaders: header ? ['authorization', header] : ['authorization'],
    rateFields: given.limits.headers,
    onError,
  })
}
