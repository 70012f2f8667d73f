import type { Charge } from '../core/charge.js'
import { LimitStoreError } from '../core/errors.js'
import type { RequestContext } from '../core/request-context.js'
import type { Clock } from '../lib/clock.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import type { Limiter } from './limiter.js'
import { limitFrom, type Quota } from './plans.js'
import { LIMITER_UNAVAILABLE, refusalFor, refuseCharge } from './refusals.js'

export interface AnonymousContext {
  readonly anonymous: Quota
  readonly limiter: Limiter
  readonly clock: Clock
  readonly dryRun: boolean
  readonly onError: (error: unknown) => void
}

/** Counts a request without credentials against its address. */
export type AnonymousRule = (context: RequestContext) => MaybePromise<Charge>

/**
 * A limit for each client address: an IPv4 address, or an IPv6 network of 64 bits, within which a host chooses its address itself. Requests whose
 * address is not known are counted together.
 */
export function createAnonymousRule(context: AnonymousContext): AnonymousRule {
  const { anonymous, limiter, clock, dryRun, onError } = context
  const limit = limitFrom('quota', anonymous, 'anonymous')
  const own = { limit, reason: 'anonymous_limit_exceeded' } as const
  const limits = Object.freeze([limit])

  return (request) => {
    const address = request.sender()
    const subject = `anonymous:${request.host() ?? 'unknown'}`
    return recover(
      () => {
        const asked = { subject, limits, cost: 1, at: clock(), anonymous: true } as const
        return then(limiter.consume(asked), (verdict): Charge => {
          const charge = { cost: 1, limits, verdict }
          if (verdict.allowed) return charge
          return refuseCharge({ address }, charge, refusalFor(charge, own), dryRun)
        })
      },
      (error) => {
        // An outage is told when it begins, and not with every request.
        if (!(error instanceof LimitStoreError)) onError(error)
        return refuseCharge({ address }, { cost: 1, limits: [] }, LIMITER_UNAVAILABLE, dryRun)
      },
    )
  }
}
