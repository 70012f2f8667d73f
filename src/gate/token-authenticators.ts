import {
  createTokenAuthenticator,
  createTokenPreparer,
  type RememberedToken,
  type TokenContext,
  type TokenAuthenticator,
  type TokenMeaning,
} from '../jwt/authenticate.js'
import type { TokenClaims } from '../jwt/claim-rules.js'
import { createIntrospectedCache } from '../jwt/introspection-cache.js'
import { createIntrospector, type IntrospectionDescription } from '../jwt/introspection.js'
import { createTokenCache, type TokenCache } from '../jwt/token-cache.js'
import { createTokenVerifier } from '../jwt/verify.js'
import type { Clock } from '../lib/clock.js'
import { createElapsed } from '../lib/elapsed.js'
import { milliseconds } from '../lib/duration.js'
import { createIssuedTokenPreparer, type IssuedTokenContext } from '../oauth/authenticate.js'
import {
  createTokenService,
  type TokenService,
  type TokenServiceDescription,
} from '../oauth/token-service.js'
import type { ForgottenTokens } from '../oauth/forgotten.js'
import { createIssuers, type BookContext } from '../jwt/issuer-book.js'

/** What the option for opaque tokens says. */
export interface OpaqueTokens extends IntrospectionDescription, TokenMeaning {
  /** How they begin; absent: as keys of the gate do not. */
  readonly prefix?: string | undefined
}

export interface TokensContext
  extends Omit<BookContext, 'elapsed'>, IssuedTokenContext, Omit<TokenContext, 'meaningOf'> {
  /** Where opaque tokens are asked about; absent where none are taken. */
  readonly introspection: OpaqueTokens | undefined
  /** How the gate issues tokens itself; absent where it issues none. */
  readonly tokens: TokenServiceDescription | undefined
  readonly clock: Clock
}

/** Everything about tokens. */
export interface OpenTokens {
  /** Whose a token is; `undefined` for a gate that takes none. */
  readonly identify: TokenAuthenticator | undefined
  /** The same for an opaque one. One that was good before is no guess. */
  readonly identifyOpaque: TokenAuthenticator | undefined
  /** The gate as an issuer. */
  readonly own: TokenService | undefined
  /** Forgets what these tokens stand for: they are looked at anew when they come. */
  readonly forget: (whose: ForgottenTokens) => void
}

export function createTokenAuthenticators(context: TokensContext): OpenTokens {
  const { issuers, tokens, clock } = context
  const own = tokens && createTokenService(tokens, context)
  const {
    meaningOf,
    forget: forgetIssuer,
    ...book
  } = createIssuers({ ...context, elapsed: createElapsed(clock) }, own ? [own.rules] : [])
  const verify = createTokenVerifier({ ...context, issuers: book })
  const prepare = createTokenPreparer({ ...context, meaningOf })
  const prepareOwn = own && createIssuedTokenPreparer(own, context)
  const cache = createTokenCache(verify, (verified) =>
    verified.issuer === own?.rules && prepareOwn ? prepareOwn(verified) : prepare(verified),
  )
  const takesNone = typeof issuers !== 'function' && issuers.length === 0 && own === undefined
  const opaque = openIntrospection(context)
  return {
    own,
    identify: takesNone ? undefined : createTokenAuthenticator(cache, clock),
    identifyOpaque: opaque && createTokenAuthenticator(opaque, clock),
    forget({ issuer, subject }) {
      if (subject === undefined) forgetIssuer(issuer)
      const isMeant = (token: TokenClaims) =>
        token.issuer === issuer && (subject === undefined || token.subject === subject)
      cache.forget(isMeant)
      opaque?.forget(isMeant)
    },
  }
}

function openIntrospection(context: TokensContext): TokenCache<RememberedToken> | undefined {
  const { introspection, clock } = context
  if (introspection === undefined) return undefined
  const introspector = createIntrospector(introspection, context)
  const prepare = createTokenPreparer({ ...context, meaningOf: () => introspection })
  const cacheMs = milliseconds(introspection.cacheFor)
  return createIntrospectedCache(
    (token, question) => introspector.ask(token, question),
    (token) => prepare({ token, issuer: introspector.rules }),
    cacheMs,
    clock,
  )
}
