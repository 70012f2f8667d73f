import type { ApiKey } from '../keys/record.js'
import type { Auth } from '../terms/auth.js'
import type { Catalogue } from '../terms/catalogue.js'
import { Refusal } from '../terms/denial.js'

/** How far a caller's word reaches over the keys of its own owner. */
export interface Authority {
  /** Whether it may know of this key at all. What it may not is answered as if it did not exist. */
  sees(key: ApiKey): boolean
  /** Only keys of the gate's first environment manage those of the others: a test key must not make a live one. */
  manages(environment: string): boolean
  /**
   * Whether it may bring into the world a secret with these scopes: those it holds, and those below its own level. Scopes
   * outside the catalogue are left to `gate.keys`, which names the nearest.
   */
  refuseToGrant(scopes: readonly string[]): Refusal | undefined
}

export function authorityOf(
  auth: Auth,
  catalogue: Catalogue,
  environments: readonly string[],
): Authority {
  const level = Math.max(1, ...auth.scopes.map((scope) => catalogue.levels.get(scope) ?? 0))
  const manages = (environment: string) =>
    environment === auth.environment || auth.environment === environments[0]
  return {
    manages,
    sees: (key) => key.ownerId === auth.ownerId && manages(key.environment),
    refuseToGrant(scopes) {
      const beyond = scopes.find(
        (scope) => !auth.scopes.includes(scope) && (catalogue.levels.get(scope) ?? 0) >= level,
      )
      if (beyond === undefined) return undefined
      return new Refusal('scope_not_grantable', {
        detail: `Your API key may not hand out '${beyond}'.`,
      })
    },
  }
}
