import type { KeyRecord } from '../keys/record.js'
import type { Auth } from '../terms/auth.js'
import type { Catalogue } from '../terms/catalogue.js'
import { Refusal } from '../terms/denial.js'

/** How far a caller's word reaches over the keys of its own owner. */
export interface Authority {
  /** Those whose keys it manages: its own; all that the gate serves, for keys of the gate's first. */
  readonly environments: readonly string[]
  /** Whether it may know of this key at all. What it may not is answered as if it did not exist. */
  sees(key: Pick<KeyRecord, 'ownerId' | 'environment'>): boolean
  /**
   * Whether it may bring into the world a secret with these scopes: those it holds, and those below its own level. Scopes
   * outside the catalogue are left to `gate.keys`, which names the nearest.
   */
  refuseToGrant(scopes: readonly string[]): Refusal | undefined
  /**
   * Whether it may get hold of a key that exists, or lift what restricts it. A scope that the catalogue no longer has
   * counts as higher than all others.
   */
  refuseToHandOver(key: Pick<KeyRecord, 'scopes'>): Refusal | undefined
}

export function authorityOf(
  auth: Auth,
  { levels }: Catalogue,
  served: readonly string[],
): Authority {
  const level = Math.max(1, ...auth.scopes.map((scope) => levels.get(scope) ?? 0))
  // A test key must not make a live one; and what this gate does not serve is another gate's business.
  const environments = served.filter(
    (name) => name === auth.environment || auth.environment === served[0],
  )
  const refuse = (scopes: readonly string[], levelOfUnknown: number) => {
    const beyond = scopes.find(
      (scope) => !auth.scopes.includes(scope) && (levels.get(scope) ?? levelOfUnknown) >= level,
    )
    if (beyond === undefined) return undefined
    const detail = `Your API key may not hand out '${beyond}'.`
    return new Refusal('scope_not_grantable', { detail })
  }
  return {
    environments,
    sees: (key) => key.ownerId === auth.ownerId && environments.includes(key.environment),
    refuseToGrant: (scopes) => refuse(scopes, 0),
    refuseToHandOver: (key) => refuse(key.scopes, Infinity),
  }
}
