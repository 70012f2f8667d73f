import * as v from 'valibot'
import { addressesFor, addressIn, isPlainAllowed, type OutboundFetch } from './outbound.js'
import { functionOf } from '../lib/schema-kinds.js'
import { lazily } from '../lib/lazily.js'

/** How others are asked: fields of their options. */
export const outboundFields = lazily(() => ({
  allowHttp: v.optional(
    v.pipe(
      v.boolean(),
      v.check(
        (allowed) => !allowed || process.env['NODE_ENV'] !== 'production',
        'must not be set in production; use https',
      ),
    ),
    false,
  ),
  fetch: v.optional(functionOf<OutboundFetch>('must be a function such as fetch')),
}))

interface OutboundPermissions {
  readonly allowHttp: boolean
  readonly allowPrivateAddresses: boolean
}

/** Why a URL without TLS is not taken. */
export function whyNotPlain(text: string, allowHttp: boolean): string | undefined {
  if (URL.canParse(text) && isPlainAllowed(new URL(text), allowHttp)) return undefined
  if (process.env['NODE_ENV'] === 'production')
    return "must not be an http URL in production; write its https URL, such as 'https://login.example.com'"
  return "must not be an http URL; write its https URL, such as 'https://login.example.com', or set allowHttp: true for development"
}

/** Why nothing can be asked for at a URL. */
export function whyNotAsked(
  text: string,
  { allowHttp, allowPrivateAddresses }: OutboundPermissions,
  more = '',
): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && isPlainAllowed(url, allowHttp)
  if (url === undefined || (url.protocol !== 'https:' && !isPlain)) {
    return `must be an https URL${more}`
  }
  if (url.username !== '' || url.hash !== '') {
    return 'must be an https URL without user, query and fragment'
  }
  if (isPlain) return undefined
  const address = addressIn(url)
  if (address === undefined || addressesFor(url, allowPrivateAddresses)(address)) return undefined
  return "is at a private address; set 'allowPrivateAddresses' if that is meant"
}
