import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Refusal } from '../terms/denial.js'
import { createIssuer, type IssuerContext, type IssuerDescription } from '../tokens/issuers.js'
import { createTokenCache } from '../tokens/verified.js'
import { createTokenVerifier } from '../tokens/verify.js'
import {
  createTokenIdentifier,
  createTokenPreparer,
  type IdentifyToken,
  type KnownToken,
  type TokenContext,
} from './token.js'

export interface TokensContext extends IssuerContext, Omit<TokenContext, 'issuers'> {
  readonly issuers: readonly (IssuerDescription & {
    readonly environment: string
    readonly identify?: IdentifyToken | undefined
  })[]
  readonly clock: Clock
}

/** Everything about tokens, ready to be asked whose one is; `undefined` for a gate that takes none. */
export function openTokens(
  context: TokensContext,
): ((token: string) => MaybePromise<KnownToken | Refusal>) | undefined {
  const { issuers: descriptions, clock } = context
  if (descriptions.length === 0) return undefined
  const issuers = new Map(descriptions.map((each) => [each.issuer, createIssuer(each, context)]))
  const meanings = new Map(descriptions.map((each) => [each.issuer, each]))
  const verify = createTokenVerifier({ ...context, issuers })
  const prepare = createTokenPreparer({ ...context, issuers: meanings })
  return createTokenIdentifier(createTokenCache(verify, prepare), clock)
}
