import { environmentsOf } from '../keys/managed-keys.js'
import type { CountedRecords, SignedReview } from '../review-store.js'
import type { PageRequest } from '../web/exchange.js'
import { gateShown } from './query.js'

/** Whose records the person sees in the log of this environment. */
export function recordsSeen(
  { portal: { gates }, user }: PageRequest,
  gate: ReturnType<typeof gateShown>,
): CountedRecords {
  const { environments, tenantIds } = user
  return {
    environments: gates.environmentsIn(gate, environments),
    ...(tenantIds && { tenantIds }),
  }
}

/**
 * Whether a review has counted nothing that the log keeps from this person. Of one that does not say what it has counted, that is all of the log. Of several gates, each has the log of its own
 * environment.
 */
export function maySee(asked: PageRequest, { environment, counted }: SignedReview): boolean {
  const { user } = asked
  if (environment !== undefined && !user.environments.includes(environment)) return false
  const gate = gateShown(asked, { environment: environment ?? '' })
  const { environments, tenantIds } = counted ?? { environments: environmentsOf(gate) }
  const own = user.tenantIds
  return (
    environments.every((name) => user.environments.includes(name)) &&
    (own === undefined || tenantIds?.every((tenant) => own.includes(tenant)) === true)
  )
}
