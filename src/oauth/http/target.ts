import { OAuthFault } from './answers.js'
import type { Form } from './form.js'

const NO_TARGET = new OAuthFault('invalid_target', 'No tokens are issued for this audience.')
const NO_URI = new OAuthFault(
  'invalid_request',
  "'resource' must be an absolute URI without fragment.",
)

/** For whom the token is to be, by `audience` (RFC 8693 section 2.1) or `resource` (RFC 8707 section 2): some of those held, or all of them. */
export function targetOf(
  { all }: Pick<Form, 'all'>,
  held: readonly string[],
): readonly string[] | OAuthFault {
  const resources = all('resource')
  if (!resources.every((uri) => URL.canParse(uri) && !uri.includes('#'))) {
    return NO_URI
  }
  const wanted = [...new Set([...all('audience'), ...resources])]
  if (!wanted.every((name) => held.includes(name))) return NO_TARGET
  return wanted.length > 0 ? wanted : held
}
