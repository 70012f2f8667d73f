import { Refusal } from '../core/denial.js'
import type { PhiHandling } from '../core/phi.js'
import type { Step } from '../core/request-context.js'

const NOT_ALLOWED = new Refusal('phi_not_allowed')

/** A route that touches health information is closed to callers of environments that have none. */
export function createPhiRule(phiIn: (environment: string) => PhiHandling): Step {
  return ({ caller, requirement }) =>
    requirement.phi !== undefined && phiIn(caller.auth.environment) === 'refused'
      ? NOT_ALLOWED
      : undefined
}
