import type { Charge, Take } from '../core/charge.js'
import type { CountedResponses } from '../core/route-limit-options.js'
import type { LimitVerdict } from '../core/limit.js'
import type { Endings } from '../core/request-end.js'
import { isFinished, statusOf, type NodeResponse } from '../core/request.js'
import type { Clock } from '../lib/clock.js'
import { atOnce, recover } from '../lib/maybe.js'
import type { Limiter } from './limiter.js'

export interface RefundsContext {
  readonly limiter: Limiter
  readonly clock: Clock
  readonly endings: Endings
  readonly onError: (error: unknown) => void
}

/** What a request has taken so far. */
export function takesOf(charge: Charge | undefined): readonly Take[] {
  if (charge === undefined) return []
  const { takes, subject, limits, cost, verdict } = charge
  if (takes !== undefined) return takes
  if (subject === undefined || verdict?.allowed !== true || cost === 0) return []
  return [{ subject, limits, cost, verdict }]
}

/** What is given back when a response is over that does not count. */
interface Settlement {
  counted: CountedResponses
  /** Each take once, by its verdict. */
  readonly takes: Map<LimitVerdict, Take>
}

export interface Refunds {
  /** Whether something that was taken for this response may be given back. */
  has(response: NodeResponse | undefined): boolean
  /** Sees to it that a charge is given back where the response does not count. `counted` is absent where the guard does not say. */
  add(
    charge: Charge,
    counted: CountedResponses | undefined,
    response: NodeResponse | undefined,
  ): void
}

/**
 * A charge is taken when its request comes, and given back when its response is over: requests under way take room as those that count, and no more
 * than the limit ever count. It is given back once. What is not known to have been answered counts: hanging up would otherwise be a way to pay nothing.
 */
export function createRefunds(context: RefundsContext): Refunds {
  const { limiter, clock, endings, onError } = context

  function counts(counted: CountedResponses, response: NodeResponse): boolean {
    const status = statusOf(response)
    if (!isFinished(response) || status === undefined) return true
    if (typeof counted !== 'function') return (counted === 'success') === status < 400
    const said = recover(
      () => {
        const answer: unknown = atOnce(counted(response), "requirement: 'count'", onError)
        if (typeof answer === 'boolean') return answer
        throw new TypeError("requirement: 'count' must return true or false.")
      },
      (error) => {
        onError(error)
        return true
      },
    )
    return said !== false
  }

  /** Of a response, whichever guards have looked at its request, in whatever order: what one of them took is given back once. */
  const refunds = new WeakMap<NodeResponse, Settlement>()

  function end({ counted, takes }: Settlement, response: NodeResponse): void {
    if (counts(counted, response)) return
    for (const { verdict, ...taken } of takes.values())
      limiter.release({ ...taken, at: clock() }, verdict)
  }

  function begin(response: NodeResponse, counted: CountedResponses): Settlement {
    const settlement: Settlement = { counted, takes: new Map() }
    refunds.set(response, settlement)
    endings.follow(response, () => {
      end(settlement, response)
    })
    return settlement
  }

  return {
    has: (response) => response !== undefined && refunds.has(response),
    add(charge, counted, response) {
      // A guard that refuses has taken nothing; what those before it took is settled as they said.
      if (charge.refusal !== undefined || response === undefined) return
      const takes = takesOf(charge)
      const begun = counted !== undefined && takes.length > 0
      const settlement = refunds.get(response) ?? (begun ? begin(response, counted) : undefined)
      if (settlement === undefined) return
      settlement.counted = counted ?? settlement.counted
      for (const taken of takes) settlement.takes.set(taken.verdict, taken)
    },
  }
}
