// revoked-grants.ts
import type Provider from 'oidc-provider'
import type { IssuerOptions } from 'sallyport'

/** Access tokens name their grant in this claim: with `extraTokenClaims` of the provider. */
export const GRANT_CLAIM = 'grant'

/**
 * A grant ends when a client has asked for it, or when a code was used twice: the provider keeps it no longer. Its access tokens are then refused by the gate, which verifies them
 * by itself.
 */
export function createRevokedGrants(
  provider: Provider,
): Required<Pick<IssuerOptions, 'isRevoked'>> {
  return {
    async isRevoked({ claims }) {
      const id = claims[GRANT_CLAIM]
      return typeof id === 'string' && (await provider.Grant.find(id)) === undefined
    },
  }
}
