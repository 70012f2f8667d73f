import type { KeyCache } from '../keys/cached.js'
import { createKeyIdentifier, type KnownKey } from './api-key.js'
import { createIdentifier, type Identifier } from './credential.js'
import { openTokens, type OpenTokens, type TokensContext } from './open-tokens.js'

export interface IdentifyContext extends Omit<TokensContext, 'keys'> {
  readonly cache: KeyCache<KnownKey>
  /** That of the keys of the gate. */
  readonly prefix: string
}

/** Everything that says whose a credential is; and the gate as an issuer, where it is one. */
export function openIdentifier(context: IdentifyContext): {
  readonly identify: Identifier
  readonly own: OpenTokens['own']
} {
  const { cache, prefix, clock, introspection, onError } = context
  const key = createKeyIdentifier(cache, prefix, clock, onError)
  const { own, identify: token, identifyOpaque: opaque } = openTokens({ ...context, keys: key })
  const opaquePrefix = introspection?.prefix
  return {
    identify: createIdentifier({ key, token, opaque, keyPrefix: prefix, opaquePrefix }),
    own,
  }
}
