import type { Catalogue } from '../core/catalogue.js'
import type { CredentialAuth } from '../core/auth.js'
import type { Decision, Denial } from '../core/decision.js'
import { isRefusal, type Refusal } from '../core/denial.js'
import { DeniedError, MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { RequestContext } from '../core/request-context.js'
import type { MaybePromise } from '../lib/maybe.js'
import { issuesNone, readForgotten, type ForgottenTokens } from './forgotten.js'
import { holderOf, NO_TOKEN_FOR_TOKEN, type IssuedToken } from './issue.js'
import { isTokenId } from './token-id.js'
import type { Proven } from './assertion.js'
import type { KnownAccount, TokenService } from './token-service.js'

export interface ExchangeOptions<S extends string = string> {
  /** Some of the scopes of the key. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for a key with an address list. */
  readonly address?: string
}

/** What a service account shows for a token. */
export interface GrantInput<S extends string = string> {
  /** A JWT that it has signed (RFC 7523 section 3): good for 5 minutes at most, and once. */
  readonly assertion: string
  /** Some of the scopes of the account. Default: all of them. */
  readonly scopes?: readonly S[]
  /** The client's address, for brute-force protection and the audit log. Default: none. */
  readonly address?: string
}

/** Short-lived tokens from keys, and what is remembered of others: `gate.tokens`. `exchange`, `grant` and `revoke` throw `not_supported` where the gate issues none. */
export interface Tokens<S extends string = string> {
  /**
   * Makes a token from the secret of a key. @throws {MisuseError} @throws {DeniedError} for a key that does not work, or lacks a scope
   */
  exchange(secret: string, options?: ExchangeOptions<S>): Promise<IssuedToken>
  /**
   * Makes a token for an assertion of a service account, without a request: what the token endpoint does for `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`.
   * @example const { accessToken } = await gate.tokens.grant({ assertion })
   * @throws {MisuseError} @throws {DeniedError} for an assertion that is not valid here, or a scope that the account lacks
   */
  grant(input: GrantInput<S>): Promise<IssuedToken>
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
  /** All steps after `identify`, which puts a caller into the context. */
  readonly admit: (
    identify: (context: RequestContext) => MaybePromise<Refusal | undefined>,
    address?: string,
  ) => MaybePromise<Decision>
  readonly deny: (refusal: Refusal) => Denial
  readonly catalogue: Catalogue
}

/** The gate as an issuer. @throws {MisuseError} `not_supported` where it issues no tokens */
export function issuerOf(own: TokenService | undefined, where: string): TokenService {
  if (own !== undefined) return own
  throw issuesNone(where)
}

export function createTokens<S extends string>(context: TokensContext): Tokens<S> {
  const { verify, admit, deny, catalogue } = context
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
    async grant(input) {
      const own = issuing('gate.tokens.grant')
      const { assertion, scopes, address } = checkGrant(input)
      if (scopes !== undefined) catalogue.check(scopes, 'gate.tokens.grant')
      let proven: Proven<KnownAccount> | undefined
      const decision = await admit(async (request) => {
        const found = await own.accountOf(assertion, request)
        if (isRefusal(found)) {
          if (found.reason === 'unknown_key') request.recordFailure()
          return found
        }
        proven = found
        request.caller = own.identityOf(found.account)
        request.auth = request.caller.auth
        return undefined
      }, address)
      if (!decision.allowed || proven === undefined) throw new DeniedError(decision as Denial)
      try {
        const { account, use } = proven
        const token = await own.issue({ ...account, clientId: account.id }, { scopes })
        if (isRefusal(token)) throw new DeniedError(deny(token))
        const used = await use()
        if (used !== undefined) throw new DeniedError(deny(used))
        return token
      } finally {
        decision.end()
      }
    },
    async revoke(tokenOrId) {
      const own = issuing('gate.tokens.revoke')
      const given = typeof tokenOrId === 'string' ? tokenOrId : ''
      if (isTokenId(given)) return own.revoke(given)
      const verified = await own.verify(given)
      if (!isRefusal(verified)) {
        return own.revoke(verified.token.tokenId ?? '', verified.token)
      }
      if (verified.reason === 'token_malformed') {
        throw new MisuseError(
          'invalid_option',
          "gate.tokens.revoke: must be given a token, or its id, such as 'tok_...'; a key is revoked by gate.keys.revoke",
        )
      }
      throw new DeniedError(deny(verified))
    },
    forget(whose) {
      context.forget(readForgotten(whose))
    },
  })
}

/** @throws {MisuseError} */
function checkGrant<S extends string>(input: GrantInput<S>): GrantInput<S> {
  const example = '{ assertion }'
  checkNames(input, ['assertion', 'scopes', 'address'], 'gate.tokens.grant', example)
  if (typeof (input.assertion as unknown) === 'string') return input
  throw new MisuseError('invalid_option', `gate.tokens.grant: must be given ${example}`)
}
