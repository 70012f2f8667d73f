import { createTokenEndpoints } from '../oauth/http/endpoints.js'
import { createTokens } from '../oauth/tokens.js'
import { createAuthenticator } from './authenticate.js'
import { createTokenAuthenticators } from './token-authenticators.js'

/** What a gate loads that takes tokens or issues them. */
export const tokenParts = {
  createAuthenticator,
  createTokenAuthenticators,
  createTokens,
  createTokenEndpoints,
}

export type TokenParts = typeof tokenParts
