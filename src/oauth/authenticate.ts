import { ending, givenTenants, tenantsHeldTo, type Identity, type TokenAuth } from '../core/auth.js'
import { isRefusal, Refusal } from '../core/denial.js'
import { isWithin } from '../core/resource.js'
import { weightOfToken, type KnownToken, type RememberedToken } from '../jwt/authenticate.js'
import { refuseExpired } from '../jwt/claim-times.js'
import type { TokenClaims } from '../jwt/claim-rules.js'
import type { VerifiedToken } from '../jwt/verify.js'
import type { KeyAuthenticator, KnownKey } from '../keys/authenticate.js'
import { deepCopy, deepFreeze } from '../lib/copy.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { KnownAccount, TokenService } from './token-service.js'

export interface IssuedTokenContext {
  /** The keys that tokens are made from. */
  readonly keys: Pick<KeyAuthenticator, 'byId'>
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  readonly defaultPlan: string | undefined
}

/** What a token stands and falls with: a key or a service account, as it is at this moment. */
interface Parent extends Omit<Identity, 'auth'> {
  readonly caller: Pick<TokenAuth, 'environment' | 'metadata' | 'ownerId' | 'tenantIds'> &
    Partial<Pick<TokenAuth, 'noTenants' | 'plan' | 'limit' | 'resources' | 'keyId'>>
}

const REVOKED = new Refusal('token_revoked')

/**
 * What is remembered of a token that this gate has issued: whether it stands is asked with each use, of the key or the service account that it was made for. It
 * has what it was given, as far as that still has it.
 */
export function createIssuedTokenPreparer(
  own: TokenService,
  context: IssuedTokenContext,
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
      const { ownerId, environment, metadata, tenantIds, noTenants, resources } = auth
      const { keyId = '', plan, limit } = auth
      return {
        ...rest,
        caller: {
          ...{ keyId, ownerId, environment, metadata, tenantIds },
          ...(noTenants && { noTenants }),
          ...(resources && { resources }),
          ...(plan !== undefined && { plan }),
          ...(limit !== undefined && { limit }),
        },
      }
    }
    const { ownerId, environment, metadata = {}, plan = context.defaultPlan } = parent
    const tenantIds = parent.tenantIds && Object.freeze([...parent.tenantIds])
    return {
      scopes: new Set(parent.scopes.filter((scope) => context.scopes.has(scope))),
      tenants: new Set(tenantIds),
      caller: {
        ...{ ownerId, environment },
        ...{ ...givenTenants(tenantIds), metadata: deepFreeze(deepCopy(metadata)) },
        ...(plan !== undefined && { plan }),
      },
    }
  }

  return ({ token, issuer }) => {
    const { clientId = '', tokenId = '', expiresAt } = token
    deepFreeze(token.claims)
    /** Weak: a token that is remembered does not keep its key, which may be large, for longer than that is remembered itself. */
    const known = new WeakMap<object, KnownToken>()

    function onBehalfOf(parent: KnownKey | KnownAccount): KnownToken {
      const before = known.get(parent)
      if (before !== undefined) return before
      const made = knownFrom(token, parentFrom(parent))
      known.set(parent, made)
      return made
    }

    const endsAt = expiresAt + issuer.toleranceMs
    return {
      endsAt,
      expired: () => refuseExpired(token.claims, endsAt, issuer.issuer),
      // Its scopes and tenants are there a second time, as lists and as sets.
      weight: 3 * weightOfToken(token),
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
  const tenants = tenantsLeft(caller, claims['tenant_ids'] as readonly string[] | undefined)
  const resources = resourcesLeft(caller, claims['resources'] as readonly string[] | undefined)
  const auth: Omit<TokenAuth, 'expiresAt'> = {
    kind: 'token',
    issuer,
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(tokenId !== undefined && { tokenId }),
    ...caller,
    ...{ scopes, ...tenants, claims },
    ...(resources && { resources }),
  }
  return {
    ...rest,
    resources: resources && new Set(resources),
    auth: ending(auth, endsAt),
    scopes: new Set(scopes),
    tenants: new Set(tenants.tenantIds),
  }
}

/** What it was given and its parent still has: the narrower of the two, one by one. `undefined`: neither is held to any. */
function resourcesLeft({ resources: own }: Parent['caller'], given: readonly string[] | undefined) {
  if (own === undefined || given === undefined) return own ?? given
  const [ofOwn, ofGiven] = [new Set(own), new Set(given)]
  const both = [
    ...given.filter((one) => isWithin(one, ofOwn)),
    ...own.filter((one) => isWithin(one, ofGiven)),
  ]
  return Object.freeze([...new Set(both)])
}

/** Those of its parent that it was given. Where either of the two has a list, the token has one as well, also where nothing is in both. */
function tenantsLeft(caller: Parent['caller'], given: readonly string[] | undefined) {
  if (given === undefined && tenantsHeldTo(caller) === undefined) return givenTenants(undefined)
  const own = new Set(given)
  return givenTenants(Object.freeze(caller.tenantIds.filter((tenant) => own.has(tenant))))
}
