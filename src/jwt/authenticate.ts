import { ending, givenTenants, identityOf, type Identity, type TokenAuth } from '../core/auth.js'
import type { Refusal } from '../core/denial.js'
import { isRefusal } from '../core/denial.js'
import { told } from '../core/refuse.js'
import { IDENTIFIER_RULE, isIdentifier, MAX_OWNER } from '../core/identifier.js'
import type { RequestContext } from '../core/request-context.js'
import { isResource } from '../core/resource.js'
import { callApp } from '../core/app-call.js'
import type { Clock } from '../lib/clock.js'
import { deepCopy, deepFreeze, textsFrom } from '../lib/copy.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { bytesOf, weightOfJson, weightOfTexts } from '../lib/weight.js'
import type { TellUnknownScope } from '../telemetry/unknown-scopes.js'
import type { TokenClaims } from './claim-rules.js'
import { ISSUER_UNAVAILABLE, refuseCaller, refuseNobody } from './caller-refusals.js'
import { refuseExpired } from './claim-times.js'
import type { TokenCache, Weighed } from './token-cache.js'
import { createRevocationCheck } from './revocation-check.js'
import { ownerBySubject } from './token-owner.js'
import type { VerifiedToken } from './verify.js'

/** What a token's claims mean to the app. */
export interface TokenIdentity {
  /**
   * Whom the caller acts for: 1 to 1,024 characters, no control character, no white space at either end. Default, where the property is missing: issuer and subject
   * together.
   */
  readonly ownerId?: string
  /** The tenants that it may act for, each as `ownerId`: an empty list also keeps from it what the audit log has of tenants. Default: no list, it acts for none. */
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

/**
 * Says who a token's caller is, from its verified claims; `undefined`: nobody that the app knows. If it throws, or does not answer within 250 ms, the request gets 503
 * and `onError` is called.
 */
export type IdentifyToken = (
  claims: Readonly<Record<string, unknown>>,
) => MaybePromise<TokenIdentity | undefined>

/** Says whether a token was revoked. Called with each request; errors are as those of `IdentifyToken`. */
export type IsTokenRevoked = (auth: TokenAuth) => MaybePromise<boolean>

/** What the tokens of an issuer mean to the app. */
export interface TokenMeaning {
  /** The environment that they are for. */
  readonly environment: string
  readonly identify?: IdentifyToken | undefined
  readonly isRevoked?: IsTokenRevoked | undefined
}

/** Who a token's caller is. */
export type KnownToken = Identity

/** A token as it is cached. */
export interface RememberedToken extends Weighed {
  /** Milliseconds since the epoch, the tolerance for clocks included. */
  readonly endsAt: number
  /** Why it counts no more, from then on. */
  expired(): Refusal
  /** Who its caller is, or why it is nobody any more: asked with each use. */
  stands(): MaybePromise<KnownToken | Refusal>
}

export interface TokenContext {
  /** How the tokens of an issuer are understood. */
  readonly meaningOf: (issuer: ProvenToken['issuer']) => TokenMeaning | undefined
  /** The scopes that the gate knows. */
  readonly scopes: ReadonlyMap<string, unknown>
  /** Told of others that `identify` returns. Absent: nobody is. */
  readonly tellUnknown?: TellUnknownScope | undefined
  readonly defaultPlan: string | undefined
  readonly onError: (error: unknown) => void
}

/** A token that is what it says, however that was found out. */
export interface ProvenToken {
  readonly token: TokenClaims
  readonly issuer: Pick<VerifiedToken['issuer'], 'issuer' | 'toleranceMs'>
}

/** Says whose token this is: at once where it was verified a short while ago. */
export type TokenAuthenticator = (context: RequestContext) => MaybePromise<KnownToken | Refusal>

/** For a change that lasts, what an authorization server, `identify` or the issuers of the app have answered before is no answer. */
export function createTokenAuthenticator(
  cache: TokenCache<RememberedToken>,
  clock: Clock,
): TokenAuthenticator {
  const judge = (known: RememberedToken | Refusal) => {
    if (isRefusal(known)) return known
    return clock() < known.endsAt ? known.stands() : known.expired()
  }
  return (context) => {
    const { secret: token, anew } = context
    const remembered = anew ? undefined : cache.recall(token)
    if (remembered !== undefined && !isRefusal(remembered)) return judge(remembered)
    const refused = cache.knows?.(token) === false ? context.checkBruteForce() : undefined
    return refused ?? remembered ?? then(cache.find(token, context.network(), anew), judge)
  }
}

/** What is remembered of a verified token; a refusal where the app does not know its caller. */
export function createTokenPreparer(
  context: TokenContext,
): (proven: ProvenToken) => MaybePromise<RememberedToken | Refusal> {
  const { meaningOf, onError } = context

  return (proven) => {
    const { token, issuer } = proven
    const meaning = meaningOf(issuer)
    if (meaning === undefined) return refuseCaller(token, told('an issuer that is no longer there'))
    const { identify } = meaning
    deepFreeze(token.claims)
    const remember = (identity: TokenIdentity | undefined): RememberedToken | Refusal => {
      if (identity === undefined) return refuseCaller(token, undefined)
      try {
        const caller = callerFrom(token, identity, meaning, context)
        if (caller === undefined) return refuseNobody(token)
        const endsAt = token.expiresAt + issuer.toleranceMs
        const weight = weightOfToken(token) + weightOfAuth(caller.auth)
        return {
          ...{ endsAt, weight, stands: createRevocationCheck(caller, meaning.isRevoked, onError) },
          expired: () => refuseExpired(token.claims, endsAt, issuer.issuer),
        }
      } catch (error) {
        onError(error)
        const { message } = error instanceof Error ? error : { message: 'what is no error' }
        return refuseCaller(token, told(message))
      }
    }
    if (identify === undefined) return remember({})
    return callApp("'identify'", () => identify(token.claims), remember, {
      onError,
      unavailable: ISSUER_UNAVAILABLE,
    })
  }
}

/** Of a token with short claims, the cache and the identity included; measured, as all weights are. */
const TOKEN = 1_200

/** About how many bytes are taken by a token's claims and what goes with each token. */
export function weightOfToken({ claims, scopes }: TokenClaims): number {
  return TOKEN + weightOfJson(claims) + weightOfTexts(scopes)
}

/** Lists are there as sets, too. */
function weightOfAuth({ scopes, tenantIds, resources = [], metadata, ownerId }: TokenAuth): number {
  const lists = [scopes, tenantIds, resources].reduce((sum, list) => sum + weightOfTexts(list), 0)
  return 2 * lists + weightOfJson(metadata) + bytesOf(ownerId)
}

type TokenCaller = KnownToken & { readonly auth: TokenAuth }

/** @throws {TypeError} for what is no identity; `undefined`: the token names nobody. */
function callerFrom(
  token: TokenClaims,
  identity: TokenIdentity,
  { environment }: TokenMeaning,
  { scopes: known, tellUnknown, defaultPlan }: TokenContext,
): TokenCaller | undefined {
  const own = ownFrom(identity, token)
  if (own === undefined) return undefined
  const { ownerId, tenants, scopes, resources, plan, metadata } = own
  const held = scopes.filter((scope) => {
    if (known.has(scope)) return true
    tellUnknown?.(scope, token.issuer, `What 'identify' of the issuer '${token.issuer}' returns`)
    return false
  })
  const auth = authOf(token, {
    ...{ ownerId, environment, scopes: Object.freeze(held), plan: plan ?? defaultPlan },
    ...{ ...tenants, ...(resources && { resources }), metadata },
  })
  return identityOf(auth)
}

/** What the app said, read once: what is judged is what is kept. `undefined`: nobody. @throws {TypeError} */
function ownFrom(identity: TokenIdentity, token: TokenClaims) {
  const ownerId = ownerIn(identity, token)
  if (ownerId === undefined) return undefined
  const { scopes = token.scopes, plan, metadata = {}, tenantIds, resources } = identity
  const own = {
    ...{ ownerId, plan, metadata: deepFreeze(deepCopy(metadata)) },
    tenants: givenTenants(tenantIds === undefined ? undefined : (textsFrom(tenantIds) ?? fail())),
    scopes: textsFrom(scopes) ?? fail(),
    ...(resources !== undefined && { resources: textsFrom(resources) ?? fail() }),
  }
  if (!own.tenants.tenantIds.every((id) => isIdentifier(id))) fail()
  if (own.resources?.every(isResource) === false) fail()
  return own
}

function fail(): never {
  throw new TypeError(
    `'identify' must return { ownerId } of 1 to ${MAX_OWNER.toLocaleString('en')} characters, with lists of texts for 'tenantIds', 'scopes' and 'resources'. An owner and a tenant ${IDENTIFIER_RULE}.`,
  )
}

/** The owner that `identify` says, if it says one at all; `undefined`: it says none, and the token names nobody. @throws {TypeError} */
function ownerIn(identity: TokenIdentity, token: TokenClaims): string | undefined {
  if (typeof (identity as unknown) !== 'object' || (identity as unknown) === null) fail()
  if (!('ownerId' in identity)) return ownerBySubject(token)
  const { ownerId } = identity
  return isIdentifier(ownerId) ? ownerId : fail()
}

type Mapped = Pick<
  TokenAuth,
  'ownerId' | 'environment' | 'scopes' | 'tenantIds' | 'noTenants' | 'resources' | 'metadata'
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
