import * as v from 'valibot'
import { shortList } from '../lib/schema-kinds.js'
import { lazily } from '../lib/lazily.js'

/** How many names in `aud` a gate may have. */
export const MAX_OWN_NAMES = 16

/** As it stands in `iss` and `aud`. */
export const tokenName = lazily(() =>
  v.pipe(v.string(), v.regex(/^[!-~]{1,256}$/, 'must be 1 to 256 visible ASCII characters')),
)

/** RFC 8414 section 2. The default owner of a token is its issuer, `#` and its subject: two issuers must not come to the same. */
export const NO_FRAGMENT =
  "must not have a '#'; write the issuer without its fragment, such as 'https://login.example.com'"

export function hasNoFragment(issuer: string): boolean {
  return !issuer.includes('#')
}

/** RFC 8414 section 2: https, without query and fragment. */
export const issuerUrl = lazily(() =>
  v.pipe(
    v.string("must be given, such as 'https://api.example.com'"),
    v.regex(/^[!-~]{1,256}$/, 'must be 1 to 256 visible ASCII characters'),
    v.check(
      isIssuerUrl,
      "must be an https URL without user, query and fragment, such as 'https://api.example.com'",
    ),
  ),
)

function isIssuerUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' && url.username === '' && !/[?#]/.test(text)
}

/** What this API is called in `aud`, or several such names; `false`: `aud` is not what counts. @param write what to write */
export function audienceField(write: string) {
  return v.pipe(
    v.union(
      [
        v.literal(false),
        tokenName(),
        v.pipe(shortList(tokenName(), MAX_OWN_NAMES), v.minLength(1)),
      ],
      write,
    ),
    v.transform((audience) => audience !== false && [audience].flat()),
  )
}
