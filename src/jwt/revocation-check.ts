import { callApp } from '../core/app-call.js'
import type { TokenAuth } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import type { MaybePromise } from '../lib/maybe.js'
import { ISSUER_UNAVAILABLE } from './caller-refusals.js'

const REVOKED = new Refusal('token_revoked')
/** Asked with each request: a token that was revoked must not go on working because it is remembered. */
export function createRevocationCheck<T extends { readonly auth: TokenAuth }>(
  caller: T,
  isRevoked: ((auth: TokenAuth) => MaybePromise<boolean>) | undefined,
  onError: (error: unknown) => void,
): () => MaybePromise<T | Refusal> {
  if (isRevoked === undefined) return () => caller
  const { auth } = caller
  const failure = { onError, unavailable: ISSUER_UNAVAILABLE }
  const read = (revoked: unknown) => {
    if (revoked === false) return caller
    if (revoked === true) return REVOKED
    throw new TypeError("'isRevoked' must answer true or false.")
  }
  return () => callApp("'isRevoked'", () => isRevoked(auth), read, failure)
}
