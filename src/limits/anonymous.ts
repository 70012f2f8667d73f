import type { Charge } from '../core/charge.js'
import { LimitStoreError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import type { RequestContext } from '../core/request-context.js'
import type { Clock } from '../lib/clock.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'
import type { LimitRequest } from './limit-store.js'
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

/** What a store has said of one count. */
interface Counted {
  readonly asked: LimitRequest & { readonly limits: readonly [Limit] }
  readonly verdict: LimitVerdict
}

/** Counts a request without credentials against its address. */
export type AnonymousRule = (context: RequestContext) => MaybePromise<Charge>

/** What one IPv6 network of 48 bits may send, as so many of its 65,536 addresses of 64 bits may. */
const SHARE_OF_NETWORK = 256
const MAX_LIMIT = 1_000_000_000

/**
 * A limit for each client address: an IPv4 address, or an IPv6 network of 64 bits, within which a host chooses its address itself. One customer may have 65,536 of these: all
 * addresses of a network of 48 bits have 256 times the limit together. Requests whose address is not known are counted together.
 */
export function createAnonymousRule(context: AnonymousContext): AnonymousRule {
  const { anonymous, limiter, clock, dryRun, onError } = context
  const limitOf = (limit: number) => limitFrom('quota', { ...anonymous, limit }, 'anonymous')
  const ofHost = limitOf(anonymous.limit)
  const ofNetwork = limitOf(Math.min(MAX_LIMIT, SHARE_OF_NETWORK * anonymous.limit))

  function count(whose: string, limit: Limit): MaybePromise<Counted> {
    const subject = `anonymous:${whose}`
    const asked = { subject, limits: [limit], cost: 1, at: clock(), anonymous: true } as const
    return then(limiter.consume(asked), (verdict) => ({ asked, verdict }))
  }

  function conclude({ asked, verdict }: Counted, address: string | undefined): Charge {
    const { cost, limits, subject } = asked
    const charge = { cost, limits, verdict }
    if (verdict.allowed) return charge
    const own = { limit: limits[0], reason: 'anonymous_limit_exceeded' } as const
    return refuseCharge(
      { address },
      charge,
      refusalFor(charge, { subject, owed: cost }, own),
      dryRun,
    )
  }

  /** What its network refuses is not counted against a host. */
  function countNetwork(
    network: string,
    host: Counted,
    address: string | undefined,
  ): MaybePromise<Charge> {
    return then(count(network, ofNetwork), (counted) => {
      if (counted.verdict.allowed) return conclude(host, address)
      limiter.release({ ...host.asked, at: clock() }, host.verdict)
      return conclude(counted, address)
    })
  }

  return (request) => {
    const address = request.sender()
    const [host, network] = [request.host(), request.network()]
    return recover(
      () =>
        then(count(host ?? 'unknown', ofHost), (counted) =>
          network === undefined || network === host || !counted.verdict.allowed
            ? conclude(counted, address)
            : countNetwork(network, counted, address),
        ),
      (error) => {
        // An outage is told when it begins, and not with every request.
        if (!(error instanceof LimitStoreError)) onError(error)
        return refuseCharge({ address }, { cost: 1, limits: [] }, LIMITER_UNAVAILABLE, dryRun)
      },
    )
  }
}
