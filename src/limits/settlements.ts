import type { Charge, Settlement, Take } from '../core/charge.js'
import type { CountedResponses } from '../core/counting.js'
import type { Endings } from '../core/endings.js'
import { isFinished, statusOf, type NodeResponse } from '../core/request.js'
import type { Clock } from '../lib/clock.js'
import { atOnce, recover } from '../lib/maybe.js'
import type { Limiter } from './limiter.js'

export interface SettlementsContext {
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

/** Sees to it that a charge is given back where the response does not count. `counted` is absent where the guard does not say. */
export type Settle = (
  charge: Charge,
  counted: CountedResponses | undefined,
  response: NodeResponse | undefined,
) => Charge

/**
 * A charge is taken when its request comes, and given back when its response is over: requests under way take room as those that count, and no more
 * than the limit ever count. It is given back once. What is not known to have been answered counts: hanging up would otherwise be a way to pay nothing.
 */
export function createSettlements(context: SettlementsContext): Settle {
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

  function end({ counted, takes }: Settlement, response: NodeResponse): void {
    if (counts(counted, response)) return
    for (const { verdict, ...taken } of takes) limiter.release({ ...taken, at: clock() }, verdict)
  }

  return (charge, counted, response) => {
    // A guard that refuses has taken nothing; what those before it took is settled as they said.
    if (charge.refusal !== undefined || response === undefined) return charge
    const { settlement: known } = charge
    const takes = takesOf(charge)
    if (known !== undefined) {
      known.takes = takes
      known.counted = counted ?? known.counted
      return charge
    }
    if (counted === undefined || takes.length === 0) return charge
    const settlement = { counted, takes }
    endings.follow(response, () => {
      end(settlement, response)
    })
    return { ...charge, settlement }
  }
}
