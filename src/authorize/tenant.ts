import { Refusal } from '../terms/denial.js'
import type { LookUp } from './look-up.js'
import type { Rule } from './visit.js'

/** Where a caller names a tenant, it is one of its own, character by character; and a request is of one tenant, whichever guard asks. */
export function createTenantRule(status: number, lookUp: LookUp): Rule {
  const refused = new Refusal('tenant_mismatch', { status })
  return (visit) => {
    const { identity, demand, request } = visit
    if (demand.readTenant === undefined) return undefined
    const tenantId = lookUp(demand.readTenant, request)
    if (typeof tenantId !== 'string' || !identity.tenants.has(tenantId)) return refused
    if (visit.tenantId !== undefined && visit.tenantId !== tenantId) return refused
    visit.tenantId = tenantId
    return undefined
  }
}
