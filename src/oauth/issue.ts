import type { JWTPayload } from 'jose'
import { tenantsHeldTo, type CredentialAuth } from '../core/auth.js'
import { Refusal } from '../core/denial.js'
import { loadJose } from '../jwt/jose.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import type { LoadSigningKeys } from './signing-keys.js'

/** A token that a gate has made. It is a secret, as a key is. */
export interface IssuedToken {
  readonly accessToken: string
  readonly tokenType: 'Bearer'
  /** Seconds. */
  readonly expiresIn: number
  readonly scopes: readonly string[]
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** `jti`: safe to log. */
  readonly tokenId: string
}

/** What somebody wants of a token. */
export interface TokenWish {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly string[] | undefined
  /** Some of the audiences of the gate's tokens. Default: all of them. */
  readonly audience?: readonly string[] | undefined
}

/** For whom a token is. */
export interface Holder {
  /** `client_id` and `sub`: the key, or the service account, that the token stands and falls with. */
  readonly clientId: string
  readonly ownerId: string
  readonly environment: string
  readonly scopes: readonly string[]
  readonly plan?: string | undefined
  /** Absent: it was given no list. */
  readonly tenantIds?: readonly string[] | undefined
  /** Absent: it is not held to any. */
  readonly resources?: readonly string[] | undefined
  /** No token of it lives longer. */
  readonly expiresAt?: Date | undefined
}

export interface IssueContext {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly lifetimeMs: number
  readonly load: LoadSigningKeys
  readonly clock: Clock
}

/** 22 base62 characters are 131 bits. */
const ID_LENGTH = 22

/** Of a token that is made, in bytes: half of what Node reads of all headers. */
const MAX_ISSUED = 8_192

const ENDED = new Refusal('key_expired')
export const NO_TOKEN_FOR_TOKEN = new Refusal('token_invalid', {
  detail: 'A token cannot be exchanged for another one; present an API key.',
})

/** The holder of what was presented: a token passes on what it has itself. */
export function holderOf(auth: CredentialAuth): Holder {
  const clientId = auth.kind === 'key' ? auth.keyId : (auth.clientId ?? '')
  return { ...auth, clientId, tenantIds: tenantsHeldTo(auth), expiresAt: auth.expiresAt }
}

/**
 * Makes JWT access tokens as RFC 9068 has them: never with a scope that its holder lacks (`insufficient_scope`), never beyond its end.
 */
export function createIssuance(
  context: IssueContext,
): (holder: Holder, wish: TokenWish) => Promise<IssuedToken | Refusal> {
  const { issuer, lifetimeMs, load, clock } = context

  return async (holder, { scopes: wanted = holder.scopes, audience = context.audience }) => {
    const scopes = [...new Set(wanted)]
    const lacking = scopes.filter((scope) => !holder.scopes.includes(scope))
    if (lacking.length > 0) return new Refusal('insufficient_scope', { scopes: lacking })
    const issuedAt = Math.floor(clock() / 1_000)
    const end = Math.min(issuedAt * 1_000 + lifetimeMs, holder.expiresAt?.getTime() ?? Infinity)
    const expiresAt = Math.floor(end / 1_000)
    if (expiresAt <= issuedAt) return ENDED
    const tokenId = `tok_${randomBase62(ID_LENGTH)}`
    const { signer } = await load()
    const { SignJWT } = await loadJose()
    const accessToken = await new SignJWT({
      ...{ iss: issuer, aud: audience.length === 1 ? audience[0] : [...audience] },
      ...{ iat: issuedAt, exp: expiresAt, jti: tokenId },
      ...claimsOf(holder, scopes),
    } as JWTPayload)
      .setProtectedHeader({ alg: signer.alg, typ: 'at+jwt', kid: signer.kid })
      .sign(signer.key)
    // Many servers would not read it.
    if (accessToken.length > MAX_ISSUED) return new Refusal('insufficient_scope', { scopes })
    return {
      ...{ accessToken, tokenType: 'Bearer', tokenId, scopes },
      expiresIn: expiresAt - issuedAt,
      issuedAt: new Date(issuedAt * 1_000),
      expiresAt: new Date(expiresAt * 1_000),
    }
  }
}

function claimsOf(holder: Holder, scopes: readonly string[]) {
  const { clientId, ownerId, environment, plan, tenantIds, resources } = holder
  return {
    ...{ sub: clientId, client_id: clientId },
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    // What is undefined is no member of the JSON.
    ...{ owner_id: ownerId, environment, plan, tenant_ids: tenantIds, resources },
  }
}
