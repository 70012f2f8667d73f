import { randomBase62 } from '../lib/base62.js'
import { fieldLines, type GateRequest } from '../terms/request.js'

const ACCEPTABLE = /^[A-Za-z0-9._~-]{8,128}$/

/** `req_` and 22 base62 characters; or the id that came in `header`, where the API takes it over and it is fit to be. */
export function requestIdOf(request: GateRequest | undefined, header: string | undefined): string {
  if (request !== undefined && header !== undefined) {
    const [incoming = '', more] = fieldLines(request, header)
    if (more === undefined && ACCEPTABLE.test(incoming)) return incoming
  }
  return `req_${randomBase62(22)}`
}
