import type { Auth, Identity } from '../core/auth.js'
import { callerId } from '../core/caller.js'
import type { Charge, Slot } from '../core/charge.js'
import { Refusal } from '../core/denial.js'
import type { Endings } from '../core/endings.js'
import { LimitStoreError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import { atOnce, recover, then, type MaybePromise } from '../lib/maybe.js'
import type { LimitRequest } from './limit-store.js'
import type { Limiter } from './limiter.js'
import type { CallerOverride, Plans } from './plans.js'
import { LIMITER_UNAVAILABLE, refusalFor, refuseCharge, type CountedCharge } from './refusals.js'
import { createSettlements, takesOf } from './settlements.js'
import { addTo, isIn, together } from './together.js'

export interface LimitsContext {
  /** Absent: callers have no plans. */
  readonly plans: Plans | undefined
  readonly limiter: Limiter
  readonly clock: Clock
  readonly by: 'owner' | 'key' | ((auth: Auth) => string)
  readonly override?: ((auth: Auth) => CallerOverride | undefined) | undefined
  readonly dryRun: boolean
  readonly endings: Endings
  readonly onError: (error: unknown) => void
}

/** Counts a request, and says whether it may go on. What was counted before on the same request is not counted again. `undefined`: nothing is limited. */
export type LimitsRule = (
  identity: Identity,
  requirement: CheckedRequirement,
  earlier: Charge | undefined,
  response: NodeResponse | undefined,
) => MaybePromise<Charge> | undefined

/** A request on its way to the store. */
interface Asking {
  readonly auth: Auth
  readonly requirement: CheckedRequirement
  /** What it was counted as before. */
  readonly earlier: Charge | undefined
  readonly response: NodeResponse | undefined
}

const MAX_SUBJECT = 256
const WITHOUT_ACCESS = new Refusal('plan_without_access')
const NO_LIMITS: readonly Limit[] = []

/** All windows of the caller's plan, and the limit of the route, have room for what the request costs, and give it; or none of them does. */
export function createLimitsRule(context: LimitsContext): LimitsRule {
  const { plans, limiter, clock, override, dryRun, endings, onError } = context

  const settlements = createSettlements(context)
  const origin = randomBase62(10)
  let named = 0

  function count(asking: Asking): MaybePromise<Charge> {
    const { auth, requirement, earlier } = asking
    const { cost, routeLimit } = requirement
    const isDue = routeLimit !== undefined && !isIn(routeLimit, earlier)
    const owed = cost - (earlier?.cost ?? 0)
    if (earlier !== undefined && owed <= 0) return isDue ? countRoute(asking, routeLimit) : earlier
    const own = override && atOnce(override(auth), 'limits.override', onError)
    const limits = plans === undefined ? NO_LIMITS : plans.limitsOf(auth, own)
    if (limits === undefined) return refuse(auth, { cost, limits: NO_LIMITS }, WITHOUT_ACCESS)
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

  function take(asking: Asking, limits: readonly Limit[], owed: number): MaybePromise<Charge> {
    const { auth, earlier, requirement } = asking
    const cost = Math.max(requirement.cost, earlier?.cost ?? 0)
    if (limits.length === 0) return { ...earlier, cost, limits: earlier?.limits ?? limits }
    const asked = { subject: subjectOf(auth, context), limits, cost: owed, at: clock() }
    if (limits.some(({ kind }) => kind === 'concurrency')) {
      const slot = earlier?.slot?.name ?? `${origin}-${(++named).toString(36)}`
      return hold({ ...asked, slot }, { ...earlier, cost, limits, subject: asked.subject }, asking)
    }
    return then(limiter.consume(asked), (verdict) =>
      concluded(asking, { ...earlier, cost, limits, verdict, subject: asked.subject }, owed),
    )
  }

  /** Counts, and holds a slot until the response is over, if that is known. */
  function hold(
    request: LimitRequest & { readonly slot: string },
    charge: Charge,
    asking: Asking,
  ): MaybePromise<Charge> {
    const { slot: earlier } = charge
    const { cost: owed } = request
    const { response } = asking
    return then(limiter.consume(request), (verdict) => {
      const counted = { ...charge, verdict }
      if (!verdict.allowed || owed === 0) return concluded(asking, counted, owed)
      const slot = slotFor(limiter, request, verdict)
      // The client may have gone while the store was asked: nobody would give back what was taken since.
      if (response !== undefined && (earlier === undefined || endings.isOver(response))) {
        endings.follow(response, slot.end)
      }
      return concluded(asking, earlier === undefined ? { ...counted, slot } : counted, owed)
    })
  }

  function concluded(asking: Asking, counted: CountedCharge, owed: number): Charge {
    const { auth, requirement, earlier } = asking
    const charge = earlier === undefined ? counted : addTo(earlier, counted, owed)
    if (charge.verdict.allowed) return charge
    const { routeLimit: limit } = requirement
    const own = limit && ({ limit, reason: 'route_limit_exceeded' } as const)
    return refuse(auth, charge, refusalFor(charge, own))
  }

  function refuse(auth: Auth, charge: Charge, refusal: Refusal): Charge {
    return refuseCharge({ auth }, charge, refusal, dryRun)
  }

  return ({ auth }, requirement, earlier, response) => {
    const { cost, routeLimit, counted } = requirement
    const settles = counted !== undefined || (earlier !== undefined && settlements.has(response))
    if (routeLimit === undefined && !settles) {
      if (plans === undefined) return undefined
      if (earlier !== undefined && cost <= earlier.cost) return earlier
    }
    return recover(
      () => {
        const charge = count({ auth, requirement, earlier, response })
        if (!settles) return charge
        return then(charge, (taken) => {
          settlements.add(taken, counted, response)
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

function slotFor(
  limiter: Limiter,
  request: LimitRequest & { readonly slot: string },
  verdict: LimitVerdict,
): Slot {
  let held = true
  return {
    name: request.slot,
    end() {
      if (held) limiter.release({ ...request, cost: 0 }, verdict)
      held = false
    },
  }
}

/** Whose counters these are; each environment has its own. */
export function subjectOf(
  auth: Auth,
  { by, onError }: Pick<LimitsContext, 'by' | 'onError'>,
): string {
  const { environment } = auth
  if (by === 'owner') return `${environment}:owner:${auth.ownerId}`
  // A token is one of many that its client is given: they are counted together, and those of a key with it.
  if (by === 'key') return callerId(auth)
  const subject: unknown = atOnce(by(auth), 'limits.by', onError)
  // Stores disagree about control characters and halves of surrogate pairs: one fails, and another counts two callers together.
  const isText = typeof subject === 'string' && !/[\p{Cc}\p{Cs}]/u.test(subject)
  if (isText && subject !== '' && subject.length <= MAX_SUBJECT) {
    return `${environment}:by:${subject}`
  }
  throw new TypeError(
    `limits.by must return a text of 1 to ${String(MAX_SUBJECT)} characters, without control characters.`,
  )
}
