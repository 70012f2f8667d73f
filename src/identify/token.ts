import { deepCopy, deepFreeze } from '../lib/copy.js'
import type { Clock } from '../lib/clock.js'
import type { Tally } from '../keys/usage.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { areTexts } from '../lib/texts.js'
import type { TokenClaims } from '../tokens/claims.js'
import type { TokenCache } from '../tokens/verified.js'
import type { VerifiedToken } from '../tokens/verify.js'
import { ending, type Identity, type TokenAuth } from '../terms/auth.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import { isResource } from '../terms/resource.js'

/** What a token's claims mean to the app. */
export interface TokenIdentity {
  /** Whom the caller acts for: 1 to 1,024 characters. */
  readonly ownerId: string
  /** The tenants that it may act for. Default: none. */
  readonly tenantIds?: readonly string[]
  /** The resources that it is held to, as those of keys: `'records/rec_1'`, `'records/*'`. Default: it is not held to any. */
  readonly resources?: readonly string[]
  /** In the place of the scopes of the token. */
  readonly scopes?: readonly string[]
  /** Default: `limits.defaultPlan`. */
  readonly plan?: string
  /** More that handlers shall know of the caller: JSON values. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Says who a token's caller is, from its verified claims; `undefined`: nobody that the app knows. */
export type IdentifyToken = (claims: Readonly<Record<string, unknown>>) => TokenIdentity | undefined

/** Who a token's caller is. */
export interface KnownToken extends Identity {
  /** Of a token that was made from a key: a use of it is one of the key. */
  readonly tally?: Tally
}

/** A token as it is cached. */
export interface RememberedToken {
  /** Milliseconds since the epoch, the tolerance for clocks included. */
  readonly endsAt: number
  /** Who its caller is, or why it is nobody any more: asked with each use. */
  stands(): MaybePromise<KnownToken | Refusal>
}

export interface TokenContext {
  /** Of each issuer: the environment that its tokens are for, and how they are understood. */
  readonly issuers: ReadonlyMap<
    string,
    { readonly environment: string; readonly identify?: IdentifyToken | undefined }
  >
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  readonly defaultPlan: string | undefined
  readonly onError: (error: unknown) => void
}

/** A token that is what it says, however that was found out. */
export interface ProvenToken {
  readonly token: TokenClaims
  readonly issuer: Pick<VerifiedToken['issuer'], 'toleranceMs'>
}

const MAX_OWNER = 1_024
const EXPIRED = new Refusal('token_expired')
const INVALID = new Refusal('token_invalid')

/** Says whose token this is: at once where it was verified a short while ago. */
export type TokenIdentifier = (
  token: string,
  guesser: Guesser,
) => MaybePromise<KnownToken | Refusal>

export function createTokenIdentifier(
  cache: TokenCache<RememberedToken>,
  clock: Clock,
): TokenIdentifier {
  const judge = (known: RememberedToken | Refusal) => {
    if (isRefusal(known)) return known
    return clock() < known.endsAt ? known.stands() : EXPIRED
  }
  return (token, guesser) => {
    const remembered = cache.recall(token)
    if (remembered !== undefined && !isRefusal(remembered)) return judge(remembered)
    const refused = cache.knows?.(token) === false ? guesser.refuseGuess() : undefined
    return refused ?? remembered ?? then(cache.find(token), judge)
  }
}

/** What is remembered of a verified token; a refusal where the app does not know its caller. */
export function createTokenPreparer(
  context: TokenContext,
): (proven: ProvenToken) => RememberedToken | Refusal {
  const { issuers, scopes: known, defaultPlan, onError } = context

  return ({ token, issuer }) => {
    const { environment = '', identify } = issuers.get(token.issuer) ?? {}
    deepFreeze(token.claims)
    try {
      const identity = identify === undefined ? ownerBySubject(token) : identify(token.claims)
      if (identity === undefined) return INVALID
      const { ownerId, tenantIds = [], resources, plan = defaultPlan, metadata = {} } = identity
      const { scopes = token.scopes } = identity
      if (!isOwner(ownerId) || !areTexts(tenantIds) || !areTexts(scopes)) throw wrongIdentity()
      if (resources !== undefined && !areResources(resources)) throw wrongIdentity()
      const held = Object.freeze(scopes.filter((scope) => known.has(scope)))
      const auth = authOf(token, {
        ...{ ownerId, environment, scopes: held, plan },
        tenantIds: Object.freeze([...tenantIds]),
        ...(resources && { resources: Object.freeze([...resources]) }),
        metadata: deepFreeze(deepCopy(metadata)),
      })
      const caller = {
        auth,
        scopes: new Set(held),
        tenants: new Set(auth.tenantIds),
        resources: auth.resources && new Set(auth.resources),
      }
      return { endsAt: token.expiresAt + issuer.toleranceMs, stands: () => caller }
    } catch (error) {
      onError(error)
      return INVALID
    }
  }
}

function isOwner(ownerId: unknown): boolean {
  return typeof ownerId === 'string' && ownerId !== '' && ownerId.length <= MAX_OWNER
}

function areResources(list: unknown): boolean {
  return Array.isArray(list) && list.every(isResource)
}

function wrongIdentity(): TypeError {
  return new TypeError(
    "'identify' must return { ownerId } of 1 to 1,024 characters, with lists of texts for 'tenantIds', 'scopes' and 'resources'.",
  )
}

/** What two issuers call alike is not the same, and neither is an owner of keys (OpenID Connect Core 1.0 section 5.7). */
function ownerBySubject({ issuer, subject, clientId }: TokenClaims): TokenIdentity | undefined {
  const name = subject ?? clientId
  return name === undefined ? undefined : { ownerId: `${issuer}#${name}` }
}

type Mapped = Pick<
  TokenAuth,
  'ownerId' | 'environment' | 'scopes' | 'tenantIds' | 'resources' | 'metadata'
> & {
  readonly plan: string | undefined
}

function authOf(token: TokenClaims, { plan, ...mapped }: Mapped): TokenAuth {
  const { issuer, subject, clientId, tokenId, expiresAt: endsAt, claims } = token
  const auth = {
    kind: 'token' as const,
    issuer,
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
    ...(tokenId !== undefined && { tokenId }),
    ...mapped,
    ...(plan !== undefined && { plan }),
    claims,
  }
  return ending(auth, endsAt)
}
