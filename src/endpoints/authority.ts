import type { KeyRecord } from '../keys/record.js'
import type { Auth } from '../terms/auth.js'
import type { Catalogue } from '../terms/catalogue.js'
import { Refusal, type Reason } from '../terms/denial.js'
import { isWithin } from '../terms/resource.js'

/** What a key may do: what a caller can hand out only as far as it has it. */
export type Rights = Pick<KeyRecord, 'scopes' | 'tenantIds' | 'resources'>

/** How far a caller's word reaches over the keys of its own owner. */
export interface Authority {
  /** Those whose keys it manages: its own; all that the gate serves, for keys of the gate's first. */
  readonly environments: readonly string[]
  /** Whether it may know of this key at all. What it may not is answered as if it did not exist. */
  sees(key: Pick<KeyRecord, 'ownerId' | 'environment'>): boolean
  /**
   * Whether it may bring into the world a secret with these rights: scopes that it holds, and those below its own level; tenants that it acts
   * for; and where it is held to resources itself, only those. Scopes outside the catalogue are left to `gate.keys`, which names the nearest.
   */
  refuseToGrant(rights: Rights): Refusal | undefined
  /**
   * Whether it may get hold of a key that exists, or lift what restricts it. A scope that the catalogue no longer has
   * counts as higher than all others.
   */
  refuseToHandOver(key: Rights): Refusal | undefined
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
  const held = auth.resources && new Set(auth.resources)
  const refuse = ({ scopes, tenantIds = [], resources }: Rights, levelOfUnknown: number) => {
    const beyond = scopes.find(
      (scope) => !auth.scopes.includes(scope) && (levels.get(scope) ?? levelOfUnknown) >= level,
    )
    if (beyond !== undefined) return refusalToGive('scope_not_grantable', beyond)
    const stranger = tenantIds.find((tenant) => !auth.tenantIds.includes(tenant))
    if (stranger !== undefined) return refusalToGive('tenant_mismatch', stranger)
    if (held === undefined) return undefined
    if (resources === undefined) return refusalToGive('resource_not_allowed', '*')
    const outside = resources.find((resource) => !isWithin(resource, held))
    return outside === undefined ? undefined : refusalToGive('resource_not_allowed', outside)
  }
  return {
    environments,
    sees: (key) => key.ownerId === auth.ownerId && environments.includes(key.environment),
    refuseToGrant: (rights) => refuse(rights, 0),
    refuseToHandOver: (key) => refuse(key, Infinity),
  }
}

function refusalToGive(reason: Reason, what: string): Refusal {
  return new Refusal(reason, { detail: `Your API key may not hand out '${what}'.` })
}
