import type { IssuerDescription } from './issuers.js'
import { then, type MaybePromise } from '../lib/maybe.js'

/** The tenants whose tokens count: a list, or a function that says so of each. */
export type Tenants = readonly string[] | ((tenant: string) => MaybePromise<boolean>)

/** What stands for the tenant in `issuer` and `jwksUri`. */
export const TENANT = '{tenant}'

/** Of many tenants, each of which has an issuer of its own. */
export interface TenantPattern extends IssuerDescription {
  readonly tenants?: Tenants | undefined
  /** The claim that names the tenant. */
  readonly tenantClaim: string
}

/** The issuer of one tenant, whose tokens must name that tenant; `undefined`: it is of no pattern, or the tenant does not count. */
export function issuerOfTenant<T extends TenantPattern>(
  patterns: readonly T[],
  iss: string,
): MaybePromise<T | undefined> {
  for (const pattern of patterns) {
    const tenant = tenantIn(pattern, iss)
    const { tenants } = pattern
    if (tenant === undefined || tenants === undefined) continue
    const counts = typeof tenants === 'function' ? tenants(tenant) : tenants.includes(tenant)
    return then<unknown, T | undefined>(counts, (answer) => {
      if (typeof answer !== 'boolean') throw new TypeError("'tenants' must answer true or false.")
      return answer ? ofTenant(pattern, iss, tenant) : undefined
    })
  }
  return undefined
}

function tenantIn({ issuer }: TenantPattern, iss: string): string | undefined {
  if (issuer === false) return undefined
  const [start = '', end = ''] = issuer.split(TENANT)
  if (!iss.startsWith(start) || !iss.endsWith(end)) return undefined
  const tenant = iss.slice(start.length, iss.length - end.length)
  return /^[\w-]{1,128}$/.test(tenant) ? tenant : undefined
}

function ofTenant<T extends TenantPattern>(pattern: T, iss: string, tenant: string): T {
  const { jwksUri, claims, tenantClaim } = pattern
  return {
    ...pattern,
    issuer: iss,
    jwksUri: jwksUri?.replace(TENANT, tenant),
    claims: { ...claims, [tenantClaim]: [tenant] },
  }
}
