import { authOfKey } from '../keys/auth-of-key.js'
import { createLimitsInForce } from '../limits/in-force.js'
import type { CheckedOptions } from './check-options.js'
import type { OwnerServices } from './owner-endpoint.js'

/** The plan and the limit of a key, where `limits.override` says others than the key has. */
export function createInForce(
  { limits: { override, defaultPlan } }: Pick<CheckedOptions, 'limits'>,
  onError: (error: unknown) => void,
): OwnerServices['inForce'] {
  const limitsInForce = createLimitsInForce({ override, onError })
  return (key) => limitsInForce(authOfKey(key, defaultPlan))
}
