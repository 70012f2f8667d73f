import type { JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../lib/clock.js'
import { milliseconds, type Duration } from '../lib/duration.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import { ending, type Identity } from '../terms/auth.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import type { Guesser } from '../terms/guesser.js'
import { verifyAssertion } from './assertion.js'
import { createBounded } from './bounded.js'
import { createIssuance, type Holder, type IssuedToken, type TokenWish } from './exchange.js'
import type { Issuer } from './issuers.js'
import type { ReplayStore } from './replay-store.js'
import type { TokenRevocations } from './revocations.js'
import {
  createAccountCheck,
  type FindServiceAccount,
  type ServiceAccount,
} from './service-accounts.js'
import {
  createOwnKeySource,
  createSigningKeys,
  SIGNING_ALGORITHMS,
  type SigningKeys,
} from './signing-keys.js'
import { createTokenVerifier, type VerifiedToken } from './verify.js'

/** How far the clocks of two instances may be apart. */
const TOLERANCE_MS = 30_000
/** No token of a gate lives longer, whatever its options say. */
export const MAX_LIFETIME_MS = 86_400_000

const PROVEN_ACCOUNTS = placesFor(10_000)

const UNAVAILABLE = new Refusal('store_unavailable', {
  detail: 'The token cannot be checked at the moment.',
})

/** How a gate issues tokens, as its options say it, with every default. */
export interface OwnIssuerDescription {
  readonly issuer: string
  readonly audience: readonly string[]
  readonly lifetime: Duration
  readonly signingKeys: readonly (JWK | string)[]
  /** All that the gate serves, its first one first. */
  readonly environments: readonly string[]
  readonly serviceAccounts: readonly ServiceAccount[] | FindServiceAccount
  readonly revocations: TokenRevocations
  readonly replayStore: ReplayStore
}

export interface OwnIssuerContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** A service account, in an environment that the gate serves. */
export type KnownAccount = ServiceAccount & { readonly environment: string }

/** A gate as the issuer of tokens. What it cannot find out is `store_unavailable`, and told to `onError`. */
export interface OwnIssuer {
  /** By which rules its tokens are verified: those of any other issuer. */
  readonly rules: Issuer
  /** What a token of this gate says, whether or not it was revoked. */
  verify(token: string): MaybePromise<VerifiedToken | Refusal>
  issue(holder: Holder, wish: TokenWish): Promise<IssuedToken | Refusal>
  jwks(): Promise<SigningKeys['jwks']>
  /** The service account that has signed this; `unknown_key` where there is none. One that has signed well before is no guess. */
  accountOf(assertion: string, guesser: Guesser): Promise<KnownAccount | Refusal>
  /** The account as a caller, before it has a token. */
  identityOf(account: KnownAccount): Identity
  accountById(id: string): MaybePromise<KnownAccount | Refusal | undefined>
  isRevoked(tokenId: string): MaybePromise<boolean | Refusal>
  /** Ends a token that would live until then, in milliseconds; without it, as long as any. @throws {TokenStoreError} */
  revoke(tokenId: string, expiresAt?: number): Promise<void>
}

export function createOwnIssuer(
  description: OwnIssuerDescription,
  { clock, onError }: OwnIssuerContext,
): OwnIssuer {
  const { issuer, audience, lifetime, signingKeys, revocations, replayStore } = description
  const load = createSigningKeys(signingKeys)
  const find = finderOf(description)
  /** Accounts that have signed well. */
  const proven = new LRUCache<string, true>(PROVEN_ACCOUNTS)
  const ofRevoked = createBounded('token_revocations', 'revoked tokens', revocations)
  const ofUsed = createBounded('replay_store', 'used assertions', replayStore)
  const replays: ReplayStore = {
    addIfAbsent: (id, until) => ofUsed(() => then(replayStore.addIfAbsent(id, until), said)),
  }
  const orUnavailable = <T>(attempt: () => MaybePromise<T>) =>
    recover<T, Refusal>(attempt, (error) => {
      onError(error)
      return UNAVAILABLE
    })

  const rules: Issuer = {
    ...{ issuer, audience, algorithms: SIGNING_ALGORITHMS, profile: 'rfc9068' },
    ...{ toleranceMs: TOLERANCE_MS, maxLifetimeMs: MAX_LIFETIME_MS },
    keys: createOwnKeySource(load),
  }

  return {
    rules,
    verify: createTokenVerifier({ issuers: new Map([[issuer, rules]]), clock, onError }),
    issue: createIssuance({
      ...{ issuer, audience, load, clock },
      lifetimeMs: milliseconds(lifetime),
    }),
    jwks: async () => (await load()).jwks,
    async accountOf(assertion, guesser) {
      const account = await orUnavailable(() =>
        verifyAssertion(assertion, {
          ...{ issuer, find, replays, clock, onError },
          refuseGuess: (id) => (proven.has(id) ? undefined : guesser.refuseGuess()),
        }),
      )
      if (!isRefusal(account)) proven.set(account.id, true)
      return account
    },
    identityOf: (account) => identityOf(account, issuer, clock() + milliseconds(lifetime)),
    accountById: (id) => orUnavailable(() => find(id)),
    isRevoked: (tokenId) =>
      orUnavailable(() => ofRevoked(() => then(revocations.has(tokenId), said))),
    async revoke(tokenId, expiresAt = clock() + MAX_LIFETIME_MS) {
      const until = expiresAt + TOLERANCE_MS
      await ofRevoked(() => revocations.add(tokenId, until))
    },
  }
}

function identityOf(account: KnownAccount, issuer: string, endsAt: number): Identity {
  const { id, ownerId, environment, scopes, tenantIds = [], plan, metadata = {} } = account
  const auth = {
    ...{ kind: 'token' as const, issuer, subject: id, clientId: id },
    ...{ ownerId, environment, scopes, tenantIds, metadata, claims: {} },
    ...(plan !== undefined && { plan }),
  }
  return { auth: ending(auth, endsAt), scopes: new Set(scopes), tenants: new Set(tenantIds) }
}

/** What is neither yes nor no is not taken for a no. */
function said(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError('It answered neither true nor false.')
}

function finderOf({
  serviceAccounts: accounts,
  environments,
}: OwnIssuerDescription): (id: string) => MaybePromise<KnownAccount | undefined> {
  const [first = ''] = environments
  const served = (account: ServiceAccount): KnownAccount | undefined => {
    const { environment = first } = account
    return environments.includes(environment) ? { ...account, environment } : undefined
  }
  if (typeof accounts === 'function') {
    const check = createAccountCheck(served)
    return (id) =>
      then(accounts(id), (found) => {
        const account = found && check(found)
        // Whoever looks in a careless way must not give one account the tokens of another.
        return account?.id === id ? account : undefined
      })
  }
  const byId = new Map(accounts.map((account) => [account.id, served(account)]))
  return (id) => byId.get(id)
}
