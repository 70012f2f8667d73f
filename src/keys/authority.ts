import { tenantsHeldTo, type Auth } from '../core/auth.js'
import type { Catalogue } from '../core/catalogue.js'
import { Refusal, type Reason } from '../core/denial.js'
import { isWithin } from '../core/resource.js'
import { createNetworkSet } from '../http/networks.js'
import type { KeyRecord } from './record.js'
import type { Rights } from './members.js'

/** Who may not hand something out, as the caller knows itself. */
const WHOSE = { key: 'Your API key', token: 'Your access token', app: 'You' } as const

/** What restricts the key of a caller, beside its scopes, tenants and resources. A token of another issuer has neither. */
export type Restrictions = Pick<KeyRecord, 'allowedIps' | 'expiresAt'>

/** How far a caller's word reaches over the keys of its own owner. */
export interface Authority {
  readonly ownerId: string
  /** Those whose keys it manages: its own among them. */
  readonly environments: readonly string[]
  /** Whether the gate knows this scope. */
  isScope(name: string): boolean
  /** The scopes that it can hand out: those that it holds, and those below its own level. */
  readonly scopes: readonly string[]
  /** What restricts the caller's own key, and each key that it makes. */
  readonly restrictions: Restrictions
  /** Whether it may know of this key at all. What it may not is answered as if it did not exist. */
  readonly sees: (key: Pick<KeyRecord, 'ownerId' | 'environment'>) => boolean
  /**
   * Whether it may bring into the world a key with these rights, get hold of one that exists, or change it: scopes as above; tenants that it acts for, at least one where it has any;
   * where it is held to resources or to addresses, only those; and where its key ends, none that ends later.
   */
  readonly refuseToHandOver: (key: Rights) => Refusal | undefined
  /** The same without the address list and the end: of a key before a change, which may narrow both. */
  readonly refuseToTouch: (key: Rights) => Refusal | undefined
}

/** What of a member is more than the caller has. `undefined`: nothing. */
type Excess = string | undefined
type Checks = { readonly [Member in keyof Rights]-?: (key: Rights) => Excess }

const REASONS: Readonly<Record<keyof Rights, Reason>> = {
  scopes: 'scope_not_grantable',
  tenantIds: 'tenant_mismatch',
  resources: 'resource_not_allowed',
  allowedIps: 'not_grantable',
  expiresAt: 'not_grantable',
}
const MEMBERS = Object.keys(REASONS) as readonly (keyof Rights)[]
const OF_ACCESS = MEMBERS.filter((member) => REASONS[member] !== 'not_grantable')

/** @param managedBy the environments whose keys a caller of an environment manages */
export function authorityOf(
  auth: Auth,
  restrictions: Restrictions,
  catalogue: Catalogue,
  managedBy: (environment: string) => readonly string[],
): Authority {
  const environments = environmentsOf(auth, managedBy)
  const whose = WHOSE[auth.kind]
  const checks = checksFor(auth, restrictions, catalogue)
  const refuse = (members: readonly (keyof Rights)[], key: Rights) => {
    for (const member of members) {
      const excess = checks[member](key)
      if (excess !== undefined) return refusalToGive(REASONS[member], whose, excess)
    }
    return undefined
  }
  return {
    ownerId: auth.ownerId,
    environments,
    restrictions,
    isScope: (name) => catalogue.levels.has(name),
    scopes: [...catalogue.levels.keys()].filter(
      (scope) => checks.scopes({ scopes: [scope] }) === undefined,
    ),
    sees: (key) => key.ownerId === auth.ownerId && environments.includes(key.environment),
    refuseToHandOver: (key) => refuse(MEMBERS, key),
    refuseToTouch: (key) => refuse(OF_ACCESS, key),
  }
}

/**
 * The environments in which a caller's word counts: a test key must not make a live one, and what this gate does not serve is another gate's business.
 * @param managedBy the environments whose keys a caller of an environment manages
 */
export function environmentsOf(
  auth: Auth,
  managedBy: (environment: string) => readonly string[],
): readonly string[] {
  const said = auth.kind === 'app' ? auth.environments : undefined
  return said ?? managedBy(auth.environment)
}

function checksFor(auth: Auth, restrictions: Restrictions, catalogue: Catalogue): Checks {
  const tenants = tenantsHeldTo(auth)
  const held = auth.resources && new Set(auth.resources)
  const networks = restrictions.allowedIps && createNetworkSet(restrictions.allowedIps)
  const { expiresAt: end } = restrictions
  return {
    // A scope that the catalogue no longer has counts as higher than all others.
    scopes: ({ scopes }) =>
      scopes.find(
        (scope) => !auth.scopes.includes(scope) && !catalogue.isBelow(scope, auth.scopes),
      ),
    tenantIds({ tenantIds }) {
      if (tenants === undefined)
        return tenantIds?.find((tenant) => !auth.tenantIds.includes(tenant))
      // A key without a tenant is of the whole owner, whose audit log it reads.
      const isOfNone = tenantIds === undefined || (tenantIds.length === 0 && tenants.length > 0)
      return isOfNone
        ? 'a key without a tenant'
        : tenantIds.find((tenant) => !tenants.includes(tenant))
    },
    resources({ resources }) {
      if (held === undefined) return undefined
      return resources === undefined ? '*' : resources.find((one) => !isWithin(one, held))
    },
    allowedIps({ allowedIps }) {
      if (networks === undefined) return undefined
      if (allowedIps === undefined) return 'every address'
      return allowedIps.find((rule) => !networks.covers(rule))
    },
    expiresAt({ expiresAt }) {
      if (end === undefined || (expiresAt !== undefined && expiresAt <= end)) return undefined
      return expiresAt === undefined ? 'a key without an end' : `an end after ${end.toISOString()}`
    },
  }
}

function refusalToGive(reason: Reason, whose: string, what: string): Refusal {
  return new Refusal(reason, { detail: `${whose} may not hand out '${what}'.` })
}
