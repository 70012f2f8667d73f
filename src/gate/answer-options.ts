import type { Charge } from '../core/charge.js'
import type { AnswerOptions } from '../http/answers.js'
import { fieldName, missingMessage } from '../http/missing-credentials.js'
import { headersOf, schemeOf } from '../http/places.js'
import { createUnaudited } from '../http/without-audit.js'
import { rateLimitHeaders } from '../limits/rate-limit-headers.js'
import type { CheckedOptions } from './check-options.js'

/** How a gate with these options answers. */
export function answerOptionsOf(
  given: CheckedOptions,
  onError: (error: unknown) => void,
  environmentHeaders: AnswerOptions['environmentHeaders'],
): AnswerOptions {
  const { from } = given.credentials
  const { issuers, introspection, tokens: own } = given
  const tokens = issuers.length > 0 || introspection !== undefined || own !== undefined
  const vary = headersOf(from).map(fieldName)
  const kinds = given.limits.headers
  return Object.freeze({
    format: given.errorFormat,
    scheme: schemeOf(from),
    realm: given.realm,
    incomingId: given.requestIdHeader,
    credentialHeaders: [...new Set(['authorization', ...headersOf(from)])],
    vary: vary.join(', '),
    varyWithSession: [...new Set([...vary, 'Cookie'])].join(', '),
    environmentHeaders,
    limitHeaders: (charge: Charge) => rateLimitHeaders(charge, kinds),
    unaudited: createUnaudited(given.isWithoutPhi),
    missing: missingMessage(from, tokens),
    onError,
  })
}
