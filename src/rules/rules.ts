import type { PhiHandling } from '../core/phi.js'
import type { Policy } from '../core/policy.js'
import type { RequestContext, Step } from '../core/request-context.js'
import { first, then } from '../lib/maybe.js'
import { checkAccepts } from './accepts.js'
import { checkAddress } from './address.js'
import { createLookUp } from './look-up.js'
import { createPhiRule } from './phi.js'
import { createPolicyRule } from './policies.js'
import { createResourceRule } from './resource.js'
import { checkScopes } from './scopes.js'
import { createTenantRule, nameTenant } from './tenant.js'

/** Before the rules, a body may not have been parsed: what a function of the app throws then is no news. */
const quietly = createLookUp(() => undefined)

export interface RulesContext {
  readonly tenantMismatchStatus: number
  readonly policies: readonly Policy[]
  readonly phiIn: (environment: string) => PhiHandling
  readonly onError: (error: unknown) => void
}

/** The steps that ask whether a caller may. */
export interface Rules {
  /** Costs nothing: it comes before the limits. */
  readonly checkAddress: Step
  /** Scopes, resource and tenant of the route, and its health information; then the policies of every request, then those of the route, then media types. */
  readonly checkRules: Step
  /** What a later guard on the same request asks again: only what its own requirement can change. */
  readonly checkLaterRules: Step
  /** The policies of every request alone. */
  readonly checkPolicies: Step
  /** For the record of a request that was refused: which tenant it has named, whichever step refuses it. */
  readonly nameTenant: (context: RequestContext) => void
}

export function createRules(context: RulesContext): Rules {
  const { tenantMismatchStatus, policies, phiIn, onError } = context
  const lookUp = createLookUp(onError)
  const rights = [
    checkScopes,
    createResourceRule(lookUp),
    createTenantRule(tenantMismatchStatus, lookUp),
    createPhiRule(phiIn),
  ]
  const checkPolicies = createPolicyRule(policies, phiIn, onError)
  const laterPolicies = createPolicyRule(policies, phiIn, onError, isAnother)
  const scopesSuffice = policies.length === 0 ? asksForScopesAlone : () => false
  return {
    checkAddress,
    checkRules: together([...rights, checkPolicies, checkAccepts], scopesSuffice),
    checkLaterRules: together([...rights, laterPolicies, checkAccepts], scopesSuffice),
    checkPolicies,
    nameTenant: (context) => {
      nameTenant(context, quietly)
    },
  }
}

/** Most requests: the caller is held to no resources, and the route asks for nothing but scopes. */
function asksForScopesAlone({ caller, requirement }: RequestContext): boolean {
  const { readTenant, policies, phi, mediaTypes } = requirement
  const isPlain = readTenant === undefined && phi === undefined && mediaTypes === undefined
  const asksForMore = !isPlain || policies.length > 0
  return caller.resources === undefined && !asksForMore
}

/** Rules that come after the limits. Where one of them refuses, the request holds no place among those that are under way. */
function together(
  rules: readonly Step[],
  scopesSuffice: (context: RequestContext) => boolean,
): Step {
  return (context) =>
    then(scopesSuffice(context) ? checkScopes(context) : first(rules, context), (refusal) => {
      if (refusal === undefined) return undefined
      context.charge?.slot?.end()
      return refusal
    })
}

/**
 * What the policies of every request have let in without a tenant, they have not let in to the data of this one; nor what an app makes of a request that they have let in, such
 * as one part of a batch.
 */
function isAnother({ tenantId, request, earlier }: RequestContext): boolean {
  const before = earlier?.request
  const isRewritten = request?.method !== before?.method || request?.url !== before?.url
  return isRewritten || tenantId !== earlier?.tenantId
}
