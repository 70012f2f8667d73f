import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Refusal } from '../terms/denial.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import { createIssuer, type IssuerContext, type IssuerDescription } from '../tokens/issuers.js'
import { createTokenCache } from '../tokens/verified.js'
import { createTokenVerifier, type VerifiedToken } from '../tokens/verify.js'
import { createOwnTokenPreparer, type OwnTokenContext } from './own-token.js'
import {
  createTokenIdentifier,
  createTokenPreparer,
  type IdentifyToken,
  type KnownToken,
  type TokenContext,
} from './token.js'

export interface TokensContext
  extends IssuerContext, OwnTokenContext, Omit<TokenContext, 'issuers'> {
  /** The gate as an issuer; absent where it issues none. */
  readonly own: OwnIssuer | undefined
  readonly issuers: readonly (IssuerDescription & {
    readonly environment: string
    readonly identify?: IdentifyToken | undefined
  })[]
  readonly clock: Clock
}

/** Everything about tokens, ready to be asked whose one is. */
export interface OpenTokens {
  (token: string): MaybePromise<KnownToken | Refusal>
  /** What a token says, where it is a good one, whether or not it was revoked. */
  verify(token: string): MaybePromise<VerifiedToken | Refusal>
}

/** `undefined` for a gate that takes no tokens. */
export function openTokens(context: TokensContext): OpenTokens | undefined {
  const { issuers: descriptions, own, clock } = context
  if (descriptions.length === 0 && own === undefined) return undefined
  const issuers = new Map(descriptions.map((each) => [each.issuer, createIssuer(each, context)]))
  if (own !== undefined) issuers.set(own.rules.issuer, own.rules)
  const meanings = new Map(descriptions.map((each) => [each.issuer, each]))
  const verify = createTokenVerifier({ ...context, issuers })
  const prepare = createTokenPreparer({ ...context, issuers: meanings })
  const prepareOwn = createOwnTokenPreparer(context)
  const cache = createTokenCache(verify, (verified) =>
    verified.issuer === own?.rules ? prepareOwn(verified) : prepare(verified),
  )
  return Object.assign(createTokenIdentifier(cache, clock), { verify })
}
