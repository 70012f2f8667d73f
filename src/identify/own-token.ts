import { deepCopy, deepFreeze } from '../lib/copy.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { ending, type Identity, type TokenAuth } from '../terms/auth.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import type { TokenClaims } from '../tokens/claims.js'
import type { KnownAccount, OwnIssuer } from '../tokens/own-issuer.js'
import type { VerifiedToken } from '../tokens/verify.js'
import type { KeyIdentifier, KnownKey } from './api-key.js'
import type { KnownToken, RememberedToken } from './token.js'

export interface OwnTokenContext {
  /** The keys that tokens are made from. */
  readonly keys: Pick<KeyIdentifier, 'byId'>
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  readonly defaultPlan: string | undefined
}

/** What a token stands and falls with: a key or a service account, as it is at this moment. */
interface Parent extends Omit<Identity, 'auth'> {
  readonly caller: Pick<TokenAuth, 'environment' | 'metadata' | 'ownerId' | 'tenantIds'> &
    Partial<Pick<TokenAuth, 'plan' | 'limit' | 'resources' | 'keyId'>>
  readonly tally?: KnownKey['tally']
}

const REVOKED = new Refusal('token_revoked')

/**
 * What is remembered of a token that this gate has issued: whether it stands is asked with each use, of the key or the service account that it was made for. It
 * has what it was given, as far as that still has it.
 */
export function createOwnTokenPreparer(
  own: OwnIssuer,
  context: OwnTokenContext,
): (verified: VerifiedToken) => RememberedToken {
  const { keys } = context

  /** The same object as long as nothing has changed. */
  function parentOf(id: string): MaybePromise<KnownKey | KnownAccount | Refusal> {
    if (id.startsWith('key_')) {
      return then(keys.byId(id), (key) =>
        isRefusal(key) && key.reason === 'unknown_key' ? REVOKED : key,
      )
    }
    return then(own.accountById(id), (account = REVOKED) => account)
  }

  function parentFrom(parent: KnownKey | KnownAccount): Parent {
    if ('auth' in parent) {
      const { auth, ...rest } = parent
      const { ownerId, environment, metadata, tenantIds, resources, plan, limit } = auth
      return {
        ...rest,
        caller: {
          ...{ keyId: parent.tally.keyId, ownerId, environment, metadata, tenantIds },
          ...(resources && { resources }),
          ...(plan !== undefined && { plan }),
          ...(limit !== undefined && { limit }),
        },
      }
    }
    const {
      ownerId,
      environment,
      tenantIds = [],
      metadata = {},
      plan = context.defaultPlan,
    } = parent
    return {
      scopes: new Set(parent.scopes.filter((scope) => context.scopes.has(scope))),
      tenants: new Set(tenantIds),
      caller: {
        ...{ ownerId, environment },
        ...{ tenantIds: Object.freeze([...tenantIds]), metadata: deepFreeze(deepCopy(metadata)) },
        ...(plan !== undefined && { plan }),
      },
    }
  }

  return ({ token, issuer }) => {
    const { clientId = '', tokenId = '', expiresAt } = token
    deepFreeze(token.claims)
    let latest: { readonly of: object; readonly known: KnownToken } | undefined

    function onBehalfOf(parent: KnownKey | KnownAccount): KnownToken {
      if (latest?.of !== parent)
        latest = { of: parent, known: knownFrom(token, parentFrom(parent)) }
      return latest.known
    }

    return {
      endsAt: expiresAt + issuer.toleranceMs,
      stands: () =>
        then(parentOf(clientId), (parent) => {
          if (isRefusal(parent)) return parent
          return then(own.isRevoked(tokenId), (revoked) => {
            if (revoked === false) return onBehalfOf(parent)
            return revoked === true ? REVOKED : revoked
          })
        }),
    }
  }
}

function knownFrom(token: TokenClaims, { caller, ...rest }: Parent): KnownToken {
  const { issuer, subject, clientId, tokenId, expiresAt: endsAt, claims } = token
  const scopes = Object.freeze(token.scopes.filter((scope) => rest.scopes.has(scope)))
  const given = new Set(claims['tenant_ids'] as readonly string[] | undefined)
  const tenantIds = Object.freeze(caller.tenantIds.filter((tenant) => given.has(tenant)))
  const auth: Omit<TokenAuth, 'expiresAt'> = {
    kind: 'token',
    issuer,
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(tokenId !== undefined && { tokenId }),
    ...caller,
    ...{ scopes, tenantIds, claims },
  }
  return {
    ...rest,
    auth: ending(auth, endsAt),
    scopes: new Set(scopes),
    tenants: new Set(tenantIds),
  }
}
