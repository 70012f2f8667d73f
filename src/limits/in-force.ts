import type { Auth } from '../core/auth.js'
import { atOnce, recover } from '../lib/maybe.js'
import type { PlanOverride } from './plans.js'
import type { LimitsContext } from './rule.js'

/** What `limits.override` says of a caller, where that is something else than its key says. What it fails to say is told to `onError`. */
export type LimitsInForce = (auth: Auth) => PlanOverride

export function createLimitsInForce({
  override,
  onError,
}: Pick<LimitsContext, 'override' | 'onError'>): LimitsInForce {
  const none: PlanOverride = {}
  const fail = (error: unknown): PlanOverride => {
    onError(error)
    return none
  }
  return (auth) => {
    if (override === undefined) return none
    const found = recover(() => atOnce(override(auth), 'limits.override', onError), fail)
    const { plan, limit } = (found as PlanOverride | undefined) ?? none
    return { ...(plan !== undefined && { plan }), ...(limit !== undefined && { limit }) }
  }
}
