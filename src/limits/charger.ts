import type { Auth } from '../core/auth.js'
import type { Charge, Slot } from '../core/charge.js'
import type { Refusal } from '../core/denial.js'
import type { Endings } from '../core/request-end.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { CheckedRequirement } from '../core/requirement.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import type { LimitRequest } from './limit-store.js'
import type { Limiter } from './limiter.js'
import { refusalFor, refuseCharge, type CountedCharge } from './refusals.js'
import { subjectOf, type SubjectContext } from './subject.js'
import { addTo } from './joined-limits.js'

export interface ChargerContext extends SubjectContext {
  readonly limiter: Limiter
  readonly clock: Clock
  readonly dryRun: boolean
  readonly endings: Endings
}

/** A request on its way to the store. */
export interface Asking {
  readonly auth: Auth
  readonly requirement: CheckedRequirement
  /** What it was counted as before. */
  readonly earlier: Charge | undefined
  readonly response: NodeResponse | undefined
  /** What `limits.override` said in the place of the caller's plan, once it was asked. */
  plan: string | undefined
}

/** Takes what a request costs out of these limits: out of all, or of none. */
export interface Charger {
  readonly take: (asking: Asking, limits: readonly Limit[], owed: number) => MaybePromise<Charge>
  readonly refuse: (auth: Auth, charge: Charge, refusal: Refusal) => Charge
}

export function createCharger(context: ChargerContext): Charger {
  const { limiter, clock, dryRun, endings } = context
  const origin = randomBase62(10)
  let named = 0

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
    const { auth, requirement, earlier, plan } = asking
    const charge = earlier === undefined ? counted : addTo(earlier, counted, owed)
    if (charge.verdict.allowed) return charge
    const { routeLimit: limit } = requirement
    const own = limit && ({ limit, reason: 'route_limit_exceeded' } as const)
    const whose = { auth, plan, subject: counted.subject, owed }
    return refuse(auth, charge, refusalFor(charge, whose, own))
  }

  function refuse(auth: Auth, charge: Charge, refusal: Refusal): Charge {
    return refuseCharge({ auth }, charge, refusal, dryRun)
  }

  return { take, refuse }
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
