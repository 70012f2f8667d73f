import { refuse, told } from '../core/refuse.js'
import { LACKS_SOMEWHERE, type Lack } from '../core/request-value.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { LookUp } from './look-up.js'

/** Where a caller names a tenant, it is one of its own, character by character; and a request is of one tenant, whichever guard asks. */
export function createTenantRule(status: number, lookUp: LookUp): Step {
  const refused = (expected: string | readonly unknown[], got: unknown, lack?: Partial<Lack>) =>
    refuse('tenant_mismatch', { ...lack, check: 'tenant', expected, got }, { status })
  return (context) => {
    const { caller, requirement, request } = context
    if (requirement.readTenant === undefined) return undefined
    const tenantId = lookUp(requirement.readTenant, request)
    context.namedTenant = typeof tenantId === 'string' ? tenantId : null
    if (typeof tenantId !== 'string') {
      const { where, ...lack } = requirement.readTenant.lacks?.(request) ?? LACKS_SOMEWHERE
      return refused(
        `a text${where}`,
        tenantId === undefined ? undefined : told('something else'),
        lack,
      )
    }
    if (!caller.tenants.has(tenantId)) return refused([...caller.tenants], tenantId)
    if (context.tenantId !== undefined && context.tenantId !== tenantId) {
      return refused('the tenant that an earlier guard has found', tenantId)
    }
    context.tenantId = tenantId
    return undefined
  }
}

/** For the record of a request that was refused before its tenant was asked for: which one it named. */
export function nameTenant(context: RequestContext, lookUp: LookUp): void {
  const { requirement, request, namedTenant } = context
  if (requirement.readTenant === undefined || namedTenant !== undefined) return
  const tenantId = lookUp(requirement.readTenant, request)
  if (typeof tenantId === 'string') context.namedTenant = tenantId
}
