import type { MaybePromise } from '../lib/maybe.js'
import { isTokenLike } from '../tokens/shape.js'
import type { Credential } from '../terms/credential.js'
import type { Refusal } from '../terms/denial.js'
import type { KeyIdentifier, KnownKey } from './api-key.js'
import type { KnownToken } from './token.js'

/** What was presented; without a place where it did not come over HTTP. */
export type Presented = Pick<Credential, 'value'> & Partial<Credential>

/** Says whose a credential is. */
export interface Identifier {
  (presented: Presented): MaybePromise<KnownKey | KnownToken | Refusal>
  /** Whether it may be somebody's guess: a key, or an opaque token, that was not there before. A JWT cannot be guessed. */
  mayBeGuess(presented: Presented): boolean
}

type IdentifyToken = (token: string) => MaybePromise<KnownToken | Refusal>

/** The same for opaque ones. */
export interface IdentifyOpaque {
  (token: string): MaybePromise<KnownToken | Refusal>
  /** Whether it was good before. */
  recalls(token: string): boolean
}

export interface Identifiers {
  readonly key: KeyIdentifier
  /** Absent: the gate takes none. */
  readonly token: IdentifyToken | undefined
  /** Absent: the gate takes none. */
  readonly opaque: IdentifyOpaque | undefined
  /** That of the keys of the gate. */
  readonly keyPrefix: string
  /** How opaque tokens begin; absent: as keys of the gate do not. */
  readonly opaquePrefix: string | undefined
}

/**
 * A credential is a token or a key, and it is never tried as both. What stands in the API's own header is a key. Elsewhere, a gate with issuers takes for
 * a token what is written like one, and a gate with introspection what does not look like a key.
 */
export function createIdentifier(identifiers: Identifiers): Identifier {
  const { key, token, opaque, keyPrefix, opaquePrefix } = identifiers
  const isOpaque = (value: string) =>
    opaquePrefix === undefined ? !value.startsWith(`${keyPrefix}_`) : value.startsWith(opaquePrefix)

  function identifierOf({
    value,
    from,
  }: Presented): IdentifyToken | IdentifyOpaque | KeyIdentifier {
    if (from === 'header') return key
    if (token !== undefined && isTokenLike(value)) return token
    return opaque !== undefined && isOpaque(value) ? opaque : key
  }

  const identify = (presented: Presented) => identifierOf(presented)(presented.value)
  const mayBeGuess = (presented: Presented) => {
    const identifier = identifierOf(presented)
    return 'recalls' in identifier && !identifier.recalls(presented.value)
  }
  return Object.assign(identify, { mayBeGuess })
}
