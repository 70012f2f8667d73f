import { APP_CALL_MS } from '../core/app-call.js'
import { LRUCache } from 'lru-cache'
import { ending, givenTenants, identityOf, type Identity } from '../core/auth.js'
import { isRefusal, Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import type { TokenClaims } from '../jwt/claim-rules.js'
import type { Issuer } from '../jwt/issuers.js'
import type { Jwk } from '../jwt/jwk.js'
import { createIssuerBook, createTokenVerifier, type VerifiedToken } from '../jwt/verify.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import { verifyAssertion, type Proven } from './assertion.js'
import { createIssuance, type Holder, type IssuedToken, type TokenWish } from './issue.js'
import { checkedReplayStore, yesOrNo, type ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import {
  createAccountCheck,
  type FindServiceAccount,
  type ServiceAccount,
} from './service-accounts.js'
import { MAX_LIFETIME_MS, SIGNING_ALGORITHMS } from './signing-key.js'
import {
  createOwnKeySource,
  createSigningKeys,
  keysUnavailable,
  type FindSigningKeys,
  type OwnKeysContext,
  type SigningKeys,
} from './signing-keys.js'
import { createTimedCall, isOverShare } from './store-timeout.js'

/** How far the clocks of two instances may be apart. */
const TOLERANCE_MS = 30_000

const PROVEN_ACCOUNTS = placesFor(10_000)
const SPENT_ASSERTIONS = placesFor(10_000)

const UNAVAILABLE = new Refusal('store_unavailable', {
  detail: 'Access tokens cannot be verified at the moment. Try again.',
})

/** How a gate issues tokens, as its options say it, with every default. */
export interface TokenServiceDescription {
  readonly issuer: string
  /** For whom it can issue tokens. */
  readonly audience: readonly string[]
  /** Which of those it is itself. */
  readonly accepts: readonly string[]
  readonly lifetime: Duration
  readonly signingKeys: readonly (Jwk | string)[] | FindSigningKeys
  /** All that the gate serves, its first one first. */
  readonly environments: readonly string[]
  readonly serviceAccounts: readonly ServiceAccount[] | FindServiceAccount
  readonly revocations: TokenRevocations
  readonly replayStore: ReplayStore
}

/** A service account, in an environment that the gate serves. */
export type KnownAccount = ServiceAccount & { readonly environment: string }

/** A gate as the issuer of tokens. What it cannot find out is `store_unavailable`, and told to `onError`. */
export interface TokenService {
  /** By which rules its tokens are verified: those of any other issuer. */
  readonly rules: Issuer
  /** For whom it can issue tokens. Those that are for others only are not accepted here (RFC 9068 section 4). */
  readonly audience: readonly string[]
  /** What a token of this gate says, whomever it is for, whether or not it was revoked, and whatever time it is: another instance may have another clock. */
  verify(token: string): MaybePromise<VerifiedToken | Refusal>
  issue(holder: Holder, wish: TokenWish): Promise<IssuedToken | Refusal>
  jwks(): Promise<SigningKeys['jwks']>
  /** The service account that has signed this, which is used up when a token is issued for it; `unknown_key` where there is none. One that has signed well before is no guess. */
  accountOf(assertion: string, context: RequestContext): Promise<Proven<KnownAccount> | Refusal>
  /** The account as a caller, before it has a token. */
  identityOf(account: KnownAccount): Identity
  accountById(id: string): MaybePromise<KnownAccount | Refusal | undefined>
  isRevoked(tokenId: string): MaybePromise<boolean | Refusal>
  /** Ends a token by its id: of one that is known, how long it lives and whose it is; else it is taken to live as long as any. @throws {TokenStoreError} */
  revoke(tokenId: string, known?: Pick<TokenClaims, 'claims'>): Promise<void>
}

export function createTokenService(
  description: TokenServiceDescription,
  { clock, onError }: OwnKeysContext,
): TokenService {
  const { issuer, audience, accepts, lifetime, signingKeys, revocations, replayStore } = description
  const load = createSigningKeys(signingKeys, { clock, onError })
  const find = finderOf(description)
  /** Accounts that have signed well. */
  const proven = new LRUCache<string, true>(PROVEN_ACCOUNTS)
  const spent = new LRUCache<string, true>(SPENT_ASSERTIONS)
  const ofRevoked = createTimedCall('token_revocations', 'revoked tokens', revocations)
  const ofUsed = createTimedCall('replay_store', 'used assertions', replayStore)
  const checked = checkedReplayStore(replayStore)
  const replays: ReplayStore = {
    addIfAbsent: (id, until, kept) => ofUsed(() => checked.addIfAbsent(id, until, kept)),
  }
  const orUnavailable = <T>(attempt: () => MaybePromise<T>) =>
    recover<T, Refusal>(attempt, (error) => {
      if (!isOverShare(error)) onError(error)
      return UNAVAILABLE
    })

  const rules: Issuer = {
    ...{ issuer, audience: accepts, algorithms: SIGNING_ALGORITHMS, profile: 'rfc9068' },
    ...{ toleranceMs: TOLERANCE_MS, maxLifetimeMs: MAX_LIFETIME_MS },
    keys: createOwnKeySource(load),
  }

  const issued = createIssuerBook([{ ...rules, audience, toleranceMs: Infinity }])

  const lifetimeMs = milliseconds(lifetime)
  const issue = createIssuance({ issuer, audience, load, clock, lifetimeMs })

  return {
    ...{ rules, audience },
    verify: createTokenVerifier({ issuers: issued, clock, onError }),
    issue: (holder, wish) => issue(holder, wish).catch(keysUnavailable),
    jwks: async () => (await load()).jwks,
    async accountOf(assertion, context) {
      const found = await orUnavailable(() =>
        verifyAssertion(assertion, {
          ...{ issuer, find, replays, spent, clock, onError },
          refuseGuess: (id) => (proven.has(id) ? undefined : context.checkBruteForce()),
        }),
      )
      if (isRefusal(found)) return found
      const { account, use } = found
      proven.set(account.id, true)
      return { account, use: async () => orUnavailable(use) }
    },
    identityOf: (account) => accountIdentity(account, issuer, clock() + lifetimeMs),
    accountById: (id) => orUnavailable(() => find(id)),
    isRevoked: (tokenId) =>
      orUnavailable(() => ofRevoked(() => then(revocations.has(tokenId), yesOrNo))),
    async revoke(tokenId, known) {
      const forMs = lifetimeOf(known?.claims) + TOLERANCE_MS
      const ownerId = known?.claims['owner_id']
      const kept = { forMs, ...(typeof ownerId === 'string' && { ownerId }) }
      await ofRevoked(() => revocations.add(tokenId, clock() + forMs, kept))
    },
  }
}

/** From `iat` to `exp`, which are of one clock. How much of that is left is not known: this clock may be another. */
function lifetimeOf({ exp, iat }: TokenClaims['claims'] = {}): number {
  return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1_000 : MAX_LIFETIME_MS
}

function accountIdentity(account: KnownAccount, issuer: string, endsAt: number): Identity {
  const { id, ownerId, environment, scopes, tenantIds, plan, metadata = {} } = account
  const auth = {
    ...{ kind: 'token' as const, issuer, subject: id, clientId: id },
    ...{ ownerId, environment, scopes, ...givenTenants(tenantIds), metadata, claims: {} },
    ...(plan !== undefined && { plan }),
  }
  return identityOf(ending(auth, endsAt))
}

function finderOf({
  serviceAccounts: accounts,
  environments,
}: TokenServiceDescription): (id: string) => MaybePromise<KnownAccount | undefined> {
  const [first = ''] = environments
  const served = (account: ServiceAccount): KnownAccount | undefined => {
    const { environment = first } = account
    return environments.includes(environment) ? { ...account, environment } : undefined
  }
  if (typeof accounts === 'function') {
    const check = createAccountCheck(served)
    return (id) =>
      then(withTimeout(accounts(id), APP_CALL_MS, lateFinder), (found) => {
        const account = found && check(found)
        // Whoever looks in a careless way must not give one account the tokens of another.
        return account?.id === id ? account : undefined
      })
  }
  const byId = new Map(accounts.map((account) => [account.id, served(account)]))
  return (id) => byId.get(id)
}

function lateFinder(): Error {
  return new Error(`tokens.serviceAccounts did not answer within ${String(APP_CALL_MS)} ms.`)
}
