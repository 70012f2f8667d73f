import { isRefusal } from '../core/denial.js'
import { createKeyAuthenticator, type KnownKey } from '../keys/authenticate.js'
import type { KeyCache } from '../keys/key-cache.js'
import { createLegacyLookup, type LegacyContext, type LegacyKeys } from '../keys/legacy.js'
import { then } from '../lib/maybe.js'
import type { Authenticator } from './authenticate.js'
import type { OpenTokens, TokensContext } from './token-authenticators.js'
import type { TokenParts } from './token-parts.js'

export interface AuthenticatorsContext extends Omit<TokensContext, 'keys'> {
  readonly cache: KeyCache<KnownKey>
  /** That of the keys of the gate. */
  readonly prefix: string
  readonly environments: readonly string[]
  /** Absent: the gate knows no other keys than those that are stored. */
  readonly legacy: LegacyKeys | undefined
  readonly importLegacy: LegacyContext['importKey']
  /** Absent: the gate takes no tokens. */
  readonly tokenParts: TokenParts | undefined
}

/** Everything that says whose a credential is; and the gate as an issuer, where it is one. */
export function createAuthenticators(context: AuthenticatorsContext): {
  readonly authenticate: Authenticator
  /** The same by what is stored now of its key, for what outlives an instance's memory of that. */
  readonly authenticateAnew: Authenticator
  readonly own: OpenTokens['own']
  /** Absent: no token is remembered. */
  readonly forget: OpenTokens['forget'] | undefined
} {
  const { prefix, clock, legacy, importLegacy, introspection, onError } = context
  const askLegacy =
    legacy && createLegacyLookup({ legacy, importKey: importLegacy, clock, onError })
  const key = createKeyAuthenticator({ ...context, askLegacy })
  const { tokenParts } = context
  const tokens = tokenParts?.createTokenAuthenticators({ ...context, keys: key })
  const { own, identify: token, identifyOpaque: opaque } = tokens ?? {}
  const known = { key, token, opaque, keyPrefix: prefix, opaquePrefix: introspection?.prefix }
  const authenticate: Authenticator = tokenParts?.createAuthenticator(known) ?? key
  const authenticateAnew: Authenticator = (request) =>
    then(authenticate(request), (known) => {
      if (isRefusal(known) || known.auth.keyId === undefined) return known
      context.cache.invalidate(known.auth.keyId)
      return authenticate(request)
    })
  return { authenticate, authenticateAnew, own, forget: tokens?.forget }
}
