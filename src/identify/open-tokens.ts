import type { Clock } from '../lib/clock.js'
import { milliseconds } from '../lib/duration.js'
import { createIssuer, type IssuerContext, type IssuerDescription } from '../tokens/issuers.js'
import { createOwnIssuer, type OwnIssuer, type OwnIssuerDescription } from '../tokens/own-issuer.js'
import { createIntrospectedCache } from '../tokens/introspected.js'
import { createIntrospector, type IntrospectionDescription } from '../tokens/introspection.js'
import { createTokenCache } from '../tokens/verified.js'
import { createTokenVerifier } from '../tokens/verify.js'
import { createOwnTokenPreparer, type OwnTokenContext } from './own-token.js'
import {
  createTokenIdentifier,
  createTokenPreparer,
  type IdentifyToken,
  type TokenContext,
  type TokenIdentifier,
} from './token.js'

/** What the option for opaque tokens says. */
export interface OpaqueTokens extends IntrospectionDescription {
  /** How they begin; absent: as keys of the gate do not. */
  readonly prefix?: string | undefined
  readonly environment: string
  readonly identify?: IdentifyToken | undefined
}

export interface TokensContext
  extends IssuerContext, OwnTokenContext, Omit<TokenContext, 'issuers'> {
  readonly issuers: readonly (IssuerDescription & {
    readonly environment: string
    readonly identify?: IdentifyToken | undefined
  })[]
  /** Where opaque tokens are asked about; absent where none are taken. */
  readonly introspection: OpaqueTokens | undefined
  /** How the gate issues tokens itself; absent where it issues none. */
  readonly tokens: OwnIssuerDescription | undefined
  readonly clock: Clock
}

/** Everything about tokens. */
export interface OpenTokens {
  /** Whose a token is; `undefined` for a gate that takes none. */
  readonly identify: TokenIdentifier | undefined
  /** The same for an opaque one. One that was good before is no guess. */
  readonly identifyOpaque: TokenIdentifier | undefined
  /** The gate as an issuer. */
  readonly own: OwnIssuer | undefined
}

export function openTokens(context: TokensContext): OpenTokens {
  const { issuers: descriptions, tokens, clock } = context
  const own = tokens && createOwnIssuer(tokens, context)
  const issuers = new Map(descriptions.map((each) => [each.issuer, createIssuer(each, context)]))
  if (own !== undefined) issuers.set(own.rules.issuer, own.rules)
  const meanings = new Map(descriptions.map((each) => [each.issuer, each]))
  const verify = createTokenVerifier({ ...context, issuers })
  const prepare = createTokenPreparer({ ...context, issuers: meanings })
  const prepareOwn = own && createOwnTokenPreparer(own, context)
  const cache = createTokenCache(verify, (verified) =>
    verified.issuer === own?.rules && prepareOwn ? prepareOwn(verified) : prepare(verified),
  )
  const identify = issuers.size === 0 ? undefined : createTokenIdentifier(cache, clock)
  return { identify, identifyOpaque: openIntrospection(context), own }
}

function openIntrospection(context: TokensContext): OpenTokens['identifyOpaque'] {
  const { introspection, clock } = context
  if (introspection === undefined) return undefined
  const introspector = createIntrospector(introspection, context)
  const meanings = new Map([[introspection.issuer, introspection]])
  const prepare = createTokenPreparer({ ...context, issuers: meanings })
  const cacheMs = milliseconds(introspection.cacheFor)
  const cache = createIntrospectedCache(
    (token, known) => introspector.ask(token, known),
    (token) => prepare({ token, issuer: introspector.rules }),
    cacheMs,
    clock,
  )
  return createTokenIdentifier(cache, clock)
}
