import type { Catalogue } from '../core/catalogue.js'
import type { CredentialAuth } from '../core/auth.js'
import type { Decision, Denial } from '../core/decision.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import { DeniedError, MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { MaybePromise } from '../lib/maybe.js'
import { holderOf, isTokenId, NO_TOKEN_FOR_TOKEN, type IssuedToken } from './issue.js'
import type { TokenService } from './token-service.js'

export interface ExchangeOptions<S extends string = string> {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for a key with an address list. */
  readonly address?: string
}

/** Whose tokens are to be forgotten. */
export interface ForgottenTokens {
  /** `auth.issuer` of the tokens. */
  readonly issuer: string
  /** `auth.subject` of the tokens. Default: those of all subjects. */
  readonly subject?: string
}

/** Short-lived tokens from keys, and what is remembered of others: `gate.tokens`. `exchange` and `revoke` throw `not_supported` where the gate issues none. */
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
  /**
   * Forgets who the callers of these tokens are, in this process: `identify` is called anew with the next request. Without `subject`, the issuer is looked for
   * anew, too, where `issuers` is a function or it has `tenants`. @throws {MisuseError}
   */
  forget(whose: ForgottenTokens): void
}

export interface TokensContext {
  /** Absent where the gate issues no tokens. */
  readonly own: TokenService | undefined
  readonly forget: (whose: ForgottenTokens) => void
  readonly verify: (
    credential: string,
    address?: string,
  ) => MaybePromise<Decision<string, CredentialAuth>>
  readonly deny: (refusal: Refusal) => Denial
  readonly catalogue: Catalogue
}

/** The gate as an issuer. @throws {MisuseError} `not_supported` where it issues no tokens */
export function issuerOf(own: TokenService | undefined, where: string): TokenService {
  if (own !== undefined) return own
  throw new MisuseError(
    'not_supported',
    `${where}: this gate issues no tokens; give createGate the option 'tokens'`,
  )
}

export function createTokens<S extends string>(context: TokensContext): Tokens<S> {
  const { verify, deny, catalogue } = context
  const issuing = (where: string): TokenService => issuerOf(context.own, where)

  return Object.freeze<Tokens<S>>({
    async exchange(secret, options = {}) {
      const own = issuing('gate.tokens.exchange')
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
      const own = issuing('gate.tokens.revoke')
      if (isTokenId(tokenOrId)) return own.revoke(tokenOrId)
      const verified = await own.verify(tokenOrId)
      if (!isRefusal(verified)) {
        return own.revoke(verified.token.tokenId ?? '', verified.token)
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
    forget(whose) {
      const example = "{ issuer: 'https://login.example.com', subject: 'user-1' }"
      checkNames(whose, ['issuer', 'subject'], 'gate.tokens.forget', example)
      const { issuer, subject } = whose
      if (typeof (issuer as unknown) !== 'string') {
        throw new MisuseError('invalid_option', `gate.tokens.forget: must be given ${example}`)
      }
      context.forget({ issuer, ...(subject !== undefined && { subject }) })
    },
  })
}
