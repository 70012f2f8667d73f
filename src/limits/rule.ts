import type { Auth, Identity } from '../core/auth.js'
import type { Charge } from '../core/charge.js'
import { LimitStoreError } from '../core/errors.js'
import type { Limit } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { atOnce, recover, then, type MaybePromise } from '../lib/maybe.js'
import type { CallerOverride, Plans } from './plans.js'
import { LIMITER_UNAVAILABLE, withoutAccess } from './refusals.js'
import { createRefunds, takesOf } from './refunds.js'
import { createCharger, type Asking, type ChargerContext } from './charger.js'
import { isIn, together } from './joined-limits.js'

export interface LimitsContext extends ChargerContext {
  /** Absent: callers have no plans. */
  readonly plans: Plans | undefined
  readonly override?: ((auth: Auth) => CallerOverride | undefined) | undefined
}

/** Counts a request, and says whether it may go on. What was counted before on the same request is not counted again. `undefined`: nothing is limited. */
export type LimitsRule = (
  identity: Identity,
  requirement: CheckedRequirement,
  earlier: Charge | undefined,
  response: NodeResponse | undefined,
) => MaybePromise<Charge> | undefined

const NO_LIMITS: readonly Limit[] = []

/** All windows of the caller's plan, and the limit of the route, have room for what the request costs, and give it; or none of them does. */
export function createLimitsRule(context: LimitsContext): LimitsRule {
  const { plans, limiter, clock, override, onError } = context
  const refunds = createRefunds(context)
  const { take, refuse } = createCharger(context)

  function count(asking: Asking): MaybePromise<Charge> {
    const { auth, requirement, earlier } = asking
    const { cost, routeLimit } = requirement
    const isDue = routeLimit !== undefined && !isIn(routeLimit, earlier)
    const owed = cost - (earlier?.cost ?? 0)
    if (earlier !== undefined && owed <= 0) return isDue ? countRoute(asking, routeLimit) : earlier
    const own = override && atOnce(override(auth), 'limits.override', onError)
    const limits = plans === undefined ? NO_LIMITS : plans.limitsOf(auth, own)
    asking.plan = own?.plan
    if (limits === undefined)
      return refuse(auth, { cost, limits: NO_LIMITS }, withoutAccess({ auth, plan: own?.plan }))
    if (!isDue) return take(asking, limits, owed)
    if (earlier === undefined) return take(asking, together(limits, routeLimit), owed)
    return countBoth(asking, routeLimit, limits, owed)
  }

  /** The route is owed all of the cost, and the plan what no earlier guard has taken: both, or none. */
  function countBoth(
    asking: Asking,
    routeLimit: Limit,
    limits: readonly Limit[],
    owed: number,
  ): MaybePromise<Charge> {
    return then(countRoute(asking, routeLimit), (earlier) => {
      if (earlier.refusal !== undefined) return earlier
      const giveBack = () => {
        const [own] = takesOf(earlier).slice(-1)
        if (own !== undefined) limiter.release({ ...own, at: clock() }, own.verdict)
      }
      return recover(
        () =>
          then(take({ ...asking, earlier }, limits, owed), (charge) => {
            if (charge.refusal !== undefined) giveBack()
            return charge
          }),
        (error) => {
          giveBack()
          throw error
        },
      )
    })
  }

  function countRoute(asking: Asking, routeLimit: Limit): MaybePromise<Charge> {
    return take(asking, together(NO_LIMITS, routeLimit), asking.requirement.cost)
  }

  return ({ auth }, requirement, earlier, response) => {
    const { cost, routeLimit, counted } = requirement
    const settles = counted !== undefined || (earlier !== undefined && refunds.has(response))
    if (routeLimit === undefined && !settles) {
      if (plans === undefined) return undefined
      if (earlier !== undefined && cost <= earlier.cost) return earlier
    }
    return recover(
      () => {
        const charge = count({ auth, requirement, earlier, response, plan: undefined })
        if (!settles) return charge
        return then(charge, (taken) => {
          refunds.add(taken, counted, response)
          return taken
        })
      },
      (error) => {
        // An outage is told when it begins, and not with every request.
        if (!(error instanceof LimitStoreError)) onError(error)
        return refuse(auth, { limits: NO_LIMITS, ...earlier, cost }, LIMITER_UNAVAILABLE)
      },
    )
  }
}
