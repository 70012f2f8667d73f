import { z } from 'zod'

/** As it stands in `iss` and `aud`. */
export const tokenName = z
  .string()
  .regex(/^[!-~]{1,256}$/, 'must be 1 to 256 visible ASCII characters')

/** RFC 8414 section 2: https, without query and fragment. */
export const issuerUrl = z
  .string({ error: "must be given, such as 'https://api.example.com'" })
  .regex(/^[!-~]{1,256}$/, 'must be 1 to 256 visible ASCII characters')
  .refine(
    isIssuerUrl,
    "must be an https URL without user, query and fragment, such as 'https://api.example.com'",
  )

function isIssuerUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'https:' && url.username === '' && !/[?#]/.test(text)
}
