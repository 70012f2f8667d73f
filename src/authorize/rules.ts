import type { Policy } from '../terms/policy.js'
import { checkAddress } from './address.js'
import { createLookUp } from './look-up.js'
import { createPolicyRule } from './policies.js'
import { createResourceRule } from './resource.js'
import { checkScopes } from './scopes.js'
import { createTenantRule } from './tenant.js'
import type { Rule } from './visit.js'

export interface RulesContext {
  readonly tenantMismatch: number
  readonly policies: readonly Policy[]
  readonly onError: (error: unknown) => void
}

/** The rules that follow on the limits, in their order. */
export interface Rules {
  readonly all: readonly Rule[]
  /** What a later guard on the same request asks again: only what its own demand can change. */
  readonly ofDemand: readonly Rule[]
}

export function createRules({ tenantMismatch, policies, onError }: RulesContext): Rules {
  const lookUp = createLookUp(onError)
  const ofRights = [
    ...[checkScopes, createResourceRule(lookUp)],
    createTenantRule(tenantMismatch, lookUp),
  ]
  return {
    all: [...ofRights, checkAddress, createPolicyRule(policies, onError)],
    ofDemand: [...ofRights, createPolicyRule([], onError)],
  }
}
