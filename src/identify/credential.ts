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
  /** Whether it may be somebody's guess: a key that was not there before. A token cannot be guessed. */
  mayBeGuess(presented: Presented): boolean
}

/**
 * A credential is a token or a key, and it is never tried as both: a gate with issuers takes for a token what is written like one and does not stand
 * in the API's own header.
 */
export function createIdentifier(
  identifyKey: KeyIdentifier,
  identifyToken: ((token: string) => MaybePromise<KnownToken | Refusal>) | undefined,
): Identifier {
  const isToken = ({ value, from }: Presented) => from !== 'header' && isTokenLike(value)
  const identify = (presented: Presented) =>
    identifyToken !== undefined && isToken(presented)
      ? identifyToken(presented.value)
      : identifyKey(presented.value)
  const mayBeGuess = (presented: Presented) =>
    (identifyToken === undefined || !isToken(presented)) && !identifyKey.recalls(presented.value)
  return Object.assign(identify, { mayBeGuess })
}
