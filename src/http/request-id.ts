import { fieldLines, type GateRequest } from '../core/request.js'
import { hasSecret } from '../core/secrets.js'
import { randomBase62 } from '../lib/base62.js'

const ACCEPTABLE = /^[A-Za-z0-9._~-]{8,128}$/

/**
 * `req_` and 22 base62 characters; or the id that came in `header`, where the API takes it over and it is fit to be: it will stand in answers, records and
 * logs, where nothing may stand that is also in a header for credentials.
 */
export function requestIdOf(
  request: GateRequest | undefined,
  header: string | undefined,
  credentialHeaders: readonly string[],
): string {
  if (request !== undefined && header !== undefined) {
    const [incoming = '', more] = fieldLines(request, header)
    const isFit = more === undefined && ACCEPTABLE.test(incoming) && !hasSecret(incoming)
    const presented = (name: string) =>
      fieldLines(request, name).some((line) => line.includes(incoming))
    if (isFit && !credentialHeaders.some(presented)) return incoming
  }
  return `req_${randomBase62(22)}`
}
