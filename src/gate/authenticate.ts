import type { Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { KnownToken, TokenAuthenticator } from '../jwt/authenticate.js'
import { isTokenLike } from '../jwt/parse.js'
import type { KeyAuthenticator, KnownKey } from '../keys/authenticate.js'
import type { MaybePromise } from '../lib/maybe.js'

/** Says whose the credential of a request is. */
export type Authenticator = (
  context: RequestContext,
) => MaybePromise<KnownKey | KnownToken | Refusal>

export interface Authenticators {
  readonly key: KeyAuthenticator
  /** Absent: the gate takes none. */
  readonly token: TokenAuthenticator | undefined
  /** Absent: the gate takes none. */
  readonly opaque: TokenAuthenticator | undefined
  /** That of the keys of the gate. */
  readonly keyPrefix: string
  /** How opaque tokens begin; absent: as keys of the gate do not. */
  readonly opaquePrefix: string | undefined
}

/**
 * A credential is a token or a key, and it is never tried as both. What stands in a place for keys is a key, and in one for tokens a token. Elsewhere, a gate with issuers takes for
 * a token what is written like one, and a gate with introspection what does not look like a key.
 */
export function createAuthenticator(authenticators: Authenticators): Authenticator {
  const { key, token, opaque, keyPrefix, opaquePrefix } = authenticators
  // Most gates take nothing but keys.
  if (token === undefined && opaque === undefined) return key

  const isOpaque = (value: string) =>
    opaquePrefix === undefined ? !value.startsWith(`${keyPrefix}_`) : value.startsWith(opaquePrefix)

  function authenticatorOf({
    credential,
    secret,
  }: RequestContext): TokenAuthenticator | KeyAuthenticator {
    const { accepts } = credential ?? {}
    if (accepts === 'key') return key
    if (token !== undefined && isTokenLike(secret)) return token
    if (accepts === 'token') return opaque ?? token ?? key
    return opaque !== undefined && isOpaque(secret) ? opaque : key
  }

  return (context) => authenticatorOf(context)(context)
}
