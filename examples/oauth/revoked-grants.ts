// revoked-grants.ts
import type Provider from 'oidc-provider'
import type { IssuerOptions } from 'sallyport'

/** Access tokens name their grant in this claim: with `extraTokenClaims` of the provider. */
export const GRANT_CLAIM = 'grant'

/**
 * Grants that have ended, as a client has asked for it or because a code was used twice. Their access tokens are refused by the gate, which verifies them by itself.
 * @param lifetimeMs how long an access token lives
 */
export function createRevokedGrants(
  provider: Provider,
  lifetimeMs: number,
): Required<Pick<IssuerOptions, 'isRevoked'>> {
  /** Until when they matter: the oldest first. */
  const grants = new Map<unknown, number>()
  provider.on('grant.revoked', (_ctx, grantId) => {
    const now = Date.now()
    for (const [id, until] of grants) {
      if (until > now) break
      grants.delete(id)
    }
    grants.set(grantId, now + lifetimeMs)
  })
  return { isRevoked: ({ claims }) => grants.has(claims[GRANT_CLAIM]) }
}
