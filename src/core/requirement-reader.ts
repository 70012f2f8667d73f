import type { Catalogue } from './catalogue.js'
import { checkCount, type RouteLimit } from './route-limit-options.js'
import type { Limit } from './limit.js'
import { nearest, unknownName } from '../lib/nearest.js'
import { checkNames } from './names.js'
import { checkOptional } from './otherwise.js'
import { PHI_ACTIONS } from './phi.js'
import { requirementError } from './requirement-error.js'
import { CheckedRequirement, type AnyRequirement, type Asked } from './requirement.js'

const NAMES = [
  ...[
    'scopes',
    'anyScope',
    'cost',
    'limit',
    'count',
    'resource',
    'tenant',
    'policies',
    'accepts',
    'phi',
    'audit',
  ],
  ...['optional', 'otherwise', 'origins'],
]
/** Taken by guards themselves, and asked of no request. */
const PLACE = 'under'
const KNOWN = [...NAMES, PLACE]
const PHI_EXAMPLE = "{ resource: 'Patient', action: 'read', param: 'id' }"

/** What requirements are checked by. */
export interface RequirementChecks {
  readonly catalogue: Catalogue
  /** The limit that no cost may be above. */
  readonly smallest: number
  /** Whether there is an audit trail. */
  readonly audited: boolean
  /** Whether a route may touch health information where there is none: in no environment is it real. */
  readonly isWithoutPhi: boolean
  readonly readLimit: (given: RouteLimit, cost: number, isLasting: boolean) => Limit
  /** Whether the limit store gives back what was taken. */
  readonly givesBack: boolean
  /** Whether `createGate` has an option of this name. */
  readonly isGateOption: (name: string) => boolean
}

/** @param isLasting whether it is read once, and not with each request. Default false */
export type RequirementReader<S extends string> = (
  requirement?: AnyRequirement<S>,
  isLasting?: boolean,
) => CheckedRequirement<S>

/**
 * Checks a requirement once.
 * @throws {MisuseError} `unknown_option`, `invalid_option`, `unknown_scope`
 */
export function createRequirementReader<S extends string>(
  checks: RequirementChecks,
): RequirementReader<S> {
  const { catalogue, smallest, readLimit, givesBack } = checks
  const nothing = new CheckedRequirement<S>({})
  const explain = (name: string) => {
    if (name === PLACE) return "is for guards only: guard(gate, { under: '/v1' })"
    const isGates = nearest(name, KNOWN) === undefined && checks.isGateOption(name)
    return isGates ? 'is an option of createGate, not of a guard' : unknownName(name, KNOWN)
  }
  return (requirement, isLasting = false) => {
    if (requirement === undefined) return nothing
    if (requirement instanceof CheckedRequirement) return requirement
    checkNames(requirement, NAMES, 'requirement', "{ scopes: ['read:orders'] }", explain)
    checkOptional(requirement)
    const asked: Asked<S> = requirement
    const { cost = 1, policies = [], limit, count } = asked
    checkScopes(asked, catalogue)
    if (!Number.isInteger(cost) || cost < 0 || cost > smallest) {
      throw requirementError(
        `'cost' must be a whole number from 0 to ${String(smallest)}, the smallest limit there is`,
      )
    }
    if (!Array.isArray(policies) || policies.some((policy) => typeof policy !== 'function')) {
      throw requirementError("'policies' must be a list of functions")
    }
    checkAudit(asked, checks)
    if (count !== undefined) checkCount(count)
    if (count !== undefined && !givesBack) {
      throw requirementError(
        "'count' needs a 'limits.store' that has release: it gives back what was taken",
      )
    }
    return new CheckedRequirement(asked, limit && readLimit(limit, cost, isLasting))
  }
}

function checkScopes({ scopes = [], anyScope }: Asked<string>, catalogue: Catalogue): void {
  if (!Array.isArray(scopes))
    throw requirementError("'scopes' must be a list, such as ['read:orders']")
  catalogue.check(scopes, 'requirement')
  if (anyScope === undefined) return
  // Of none, nobody has one; whoever writes it means something else.
  if (!Array.isArray(anyScope) || anyScope.length === 0) {
    throw requirementError(
      "'anyScope' must be a list of at least one scope, such as ['read:orders', 'admin']",
    )
  }
  catalogue.check(anyScope, 'requirement')
}

function checkAudit(
  { phi, audit }: Asked<string>,
  { audited, isWithoutPhi }: RequirementChecks,
): void {
  if (phi !== undefined) {
    checkNames(phi, ['resource', 'action', 'param'], 'requirement.phi', PHI_EXAMPLE)
    const { resource, action, param = 'id' } = phi
    const named = [resource, param].every((text: unknown) => isName(text))
    if (!named || !PHI_ACTIONS.includes(action)) {
      throw requirementError(
        `'phi' must be such as ${PHI_EXAMPLE}; actions are ${PHI_ACTIONS.join(', ')}`,
      )
    }
  }
  if (audit !== undefined && !['best-effort', 'required'].includes(audit)) {
    throw requirementError("'audit' must be 'best-effort' or 'required'")
  }
  if (audited) return
  if (phi !== undefined && !isWithoutPhi) {
    throw requirementError(
      "'phi' needs an audit trail; give 'audit' to createGate, or say in its 'phi' where health information is synthetic",
    )
  }
  if (audit !== undefined) {
    throw requirementError("'audit' needs an audit trail; give 'audit' to createGate")
  }
}

function isName(text: unknown): boolean {
  return typeof text === 'string' && text !== '' && text.length <= 64
}
