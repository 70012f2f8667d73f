import type { KnownKey } from './api-key.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { TokenClaims } from '../tokens/claims.js'
import type { VerifiedToken } from '../tokens/verify.js'
import { ending, type TokenAuth } from '../terms/auth.js'
import { deepFreeze } from '../lib/copy.js'
import type { KnownToken, RememberedToken } from './token.js'

export interface OwnTokenContext {
  /** The key that a token was made from. */
  readonly keyById: (id: string) => MaybePromise<KnownKey | Refusal>
}

const REVOKED = new Refusal('token_revoked')

/**
 * What is remembered of a token that this gate has issued: whether it stands is asked with each use, of the key that it was made from. It has what
 * it was given, as far as that still has it.
 */
export function createOwnTokenPreparer(
  context: OwnTokenContext,
): (verified: VerifiedToken) => RememberedToken {
  const { keyById } = context

  return ({ token, issuer }) => {
    const { clientId = '', expiresAt } = token
    deepFreeze(token.claims)
    let latest: { readonly of: KnownKey; readonly known: KnownToken } | undefined

    function onBehalfOf(key: KnownKey): KnownToken {
      if (latest?.of !== key) latest = { of: key, known: knownFrom(token, key) }
      return latest.known
    }

    return {
      endsAt: expiresAt + issuer.toleranceMs,
      stands: () =>
        then(keyById(clientId), (key) => {
          if (isRefusal(key)) return key.reason === 'unknown_key' ? REVOKED : key
          return onBehalfOf(key)
        }),
    }
  }
}

function knownFrom(token: TokenClaims, key: KnownKey): KnownToken {
  const { issuer, subject, clientId, tokenId, expiresAt: endsAt, claims } = token
  const { ownerId, environment, plan, limit, metadata } = key.auth
  const scopes = Object.freeze(token.scopes.filter((scope) => key.scopes.has(scope)))
  const auth: Omit<TokenAuth, 'expiresAt'> = {
    kind: 'token',
    issuer,
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(tokenId !== undefined && { tokenId }),
    ...{ ownerId, environment, scopes, tenantIds: [], metadata, claims },
    ...(plan !== undefined && { plan }),
    ...(limit !== undefined && { limit }),
  }
  return { ...key, auth: ending(auth, endsAt), scopes: new Set(scopes) }
}
