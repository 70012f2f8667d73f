import type { MaybePromise } from '../lib/maybe.js'
import type { Answer, Decision, Denial } from '../terms/decision.js'
import type { Catalogue } from '../terms/catalogue.js'
import { DeniedError } from '../terms/denied-error.js'
import { isRefusal, type Refusal } from '../terms/denial.js'
import { MisuseError } from '../terms/misuse.js'
import { checkNames } from '../terms/names.js'
import { holderOf, isTokenId, type IssuedToken } from '../tokens/exchange.js'
import type { OwnIssuer } from '../tokens/own-issuer.js'
import type { EndpointRequest } from './body.js'
import { GRANT_TYPES } from './grant-types.js'
import { createJwksEndpoint } from './jwks.js'
import { createRevocationEndpoint } from './revocation.js'
import { createTokenEndpoint, NO_TOKEN_FOR_TOKEN, type IssuingContext } from './token.js'

export interface ExchangeOptions<S extends string = string> {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for a key with an address list. */
  readonly address?: string
}

/** Short-lived tokens from keys: `gate.tokens`. Every call throws `not_supported` where the gate issues none. */
export interface Tokens<S extends string = string> {
  /**
   * Makes a token from the secret of a key. @throws {MisuseError} @throws {DeniedError} for a key that does not work, or lacks a scope
   */
  exchange(secret: string, options?: ExchangeOptions<S>): Promise<IssuedToken>
  /**
   * Ends a token of this gate before its time, by itself or by its id (`jti`); again is harmless. @throws {MisuseError}
   * @throws {DeniedError} for a token of somebody else. @throws {TokenStoreError} Then it may still work.
   */
  revoke(tokenOrId: string): Promise<void>
}

type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>

/** What the adapters mount. @throws {MisuseError} `not_supported`, when called, where the gate issues no tokens */
export interface TokenEndpoints {
  readonly token: () => Answerer
  readonly jwks: () => Answerer
  readonly revocation: () => Answerer
}

export interface TokensContext extends Omit<IssuingContext, 'own'> {
  readonly own: OwnIssuer | undefined
  readonly verify: (credential: string, address?: string) => MaybePromise<Decision>
  readonly catalogue: Catalogue
}

export function createTokens<S extends string>(
  context: TokensContext,
): { readonly tokens: Tokens<S>; readonly endpoints: TokenEndpoints } {
  const { own, verify, catalogue } = context
  const deny = (refusal: Refusal) => context.refuse(refusal, undefined)
  const issuing = (where: string): IssuingContext => {
    if (own !== undefined) return { ...context, own }
    throw new MisuseError(
      'not_supported',
      `${where}: this gate issues no tokens; give createGate the option 'tokens'`,
    )
  }

  return {
    tokens: Object.freeze<Tokens<S>>({
      async exchange(secret, options = {}) {
        const { own } = issuing('gate.tokens.exchange')
        checkNames(
          options,
          ['scopes', 'address'],
          'gate.tokens.exchange',
          "{ scopes: ['read:orders'] }",
        )
        const { scopes, address } = options
        if (scopes !== undefined) catalogue.check(scopes, 'gate.tokens.exchange')
        const decision = await verify(secret, address)
        if (!decision.allowed) throw new DeniedError(decision)
        try {
          if (decision.auth.kind === 'token') throw new DeniedError(deny(NO_TOKEN_FOR_TOKEN))
          const token = await own.issue(holderOf(decision.auth), { scopes })
          if (isRefusal(token)) throw new DeniedError(deny(token))
          return token
        } finally {
          decision.end()
        }
      },
      async revoke(tokenOrId) {
        const { own } = issuing('gate.tokens.revoke')
        if (isTokenId(tokenOrId)) return own.revoke(tokenOrId)
        const verified = await own.verify(tokenOrId)
        if (!isRefusal(verified)) {
          return own.revoke(verified.token.tokenId ?? '', verified.token.expiresAt)
        }
        if (verified.reason === 'token_malformed') {
          throw new MisuseError(
            'invalid_option',
            "gate.tokens.revoke: must be given a token, or its id, such as 'tok_...'; a key is revoked by gate.keys.revoke",
          )
        }
        // What has ended cannot be used any more.
        if (verified.reason !== 'token_expired') throw new DeniedError(deny(verified))
      },
    }),
    endpoints: {
      token: () => createTokenEndpoint(issuing('tokenEndpoint'), GRANT_TYPES),
      jwks: () => createJwksEndpoint(issuing('jwksEndpoint')),
      revocation: () => createRevocationEndpoint(issuing('revocationEndpoint')),
    },
  }
}
