import type { Auth } from '../core/auth.js'
import type { Limit, LimitState } from '../core/limit.js'
import { atOnce } from '../lib/maybe.js'
import type { LimitsContext } from './rule.js'
import { subjectOf } from './subject.js'

/** How one limit of a caller stands. */
export interface CallerLimit {
  /** As in `RateLimit-Policy`. */
  readonly name: string
  readonly kind: Limit['kind']
  readonly limit: number
  readonly used: number
  readonly remaining: number
  /** When all of it is there again, or credits are refilled. Absent: never, or nobody knows, as of requests under way. */
  readonly resetAt?: Date
}

/** How the limits of a caller's plan stand. */
export interface CallerLimits {
  /** By the clock that counted. */
  readonly at: Date
  /** Quotas, credits, bursts and requests under way, in the order of the plan; not those of single routes. */
  readonly limits: readonly CallerLimit[]
}

/** See `gate.limits.peek`. */
export type PeekLimits = (auth: Auth) => Promise<CallerLimits | undefined>

export function createPeek(context: LimitsContext): PeekLimits {
  const { plans, limiter, clock, override, onError } = context
  return async (auth) => {
    const own = override && atOnce(override(auth), 'limits.override', onError)
    const limits = plans?.limitsOf(auth, own)
    if (limits === undefined || limits.length === 0) return undefined
    const subject = subjectOf(auth, context)
    const { at, states } = await limiter.peek({ subject, limits, at: clock() })
    return {
      at: new Date(at),
      limits: limits.flatMap((limit, index) => shown(limit, states[index])),
    }
  }
}

function shown(of: Limit, state: LimitState | undefined): CallerLimit[] {
  if (state === undefined) return []
  const { name, kind } = of
  const { remaining, resetAt } = state
  // Credits may be refilled to more than there were at first.
  const limit = Math.max(of.limit, of.refill ?? 0)
  const isKnown = kind !== 'concurrency' && Number.isFinite(resetAt)
  return [
    {
      ...{ name, kind, limit, used: Math.max(0, limit - remaining), remaining },
      ...(isKnown && { resetAt: new Date(resetAt) }),
    },
  ]
}
