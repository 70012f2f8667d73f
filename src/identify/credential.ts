import type { MaybePromise } from '../lib/maybe.js'
import { isTokenLike } from '../tokens/shape.js'
import type { Credential } from '../terms/credential.js'
import type { Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import type { KeyIdentifier, KnownKey } from './api-key.js'
import type { KnownToken, TokenIdentifier } from './token.js'

/** What was presented; without a place where it did not come over HTTP. */
export type Presented = Pick<Credential, 'value'> & Partial<Credential>

/** Says whose a credential is. A JWT cannot be guessed. */
export type Identifier = (
  presented: Presented,
  guesser: Guesser,
) => MaybePromise<KnownKey | KnownToken | Refusal>

export interface Identifiers {
  readonly key: KeyIdentifier
  /** Absent: the gate takes none. */
  readonly token: TokenIdentifier | undefined
  /** Absent: the gate takes none. */
  readonly opaque: TokenIdentifier | undefined
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

  function identifierOf({ value, from }: Presented): TokenIdentifier | KeyIdentifier {
    if (from === 'header') return key
    if (token !== undefined && isTokenLike(value)) return token
    return opaque !== undefined && isOpaque(value) ? opaque : key
  }

  return (presented, guesser) => identifierOf(presented)(presented.value, guesser)
}
