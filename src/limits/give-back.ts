import type { LimitVerdict } from '../core/limit.js'
import { recover, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { Shares } from '../lib/shares.js'
import { LOST_MS, type LimitOutage } from './limit-outage.js'
import type { LimitRequest, LimitStore } from './limit-store.js'

/** Slots that are given back when the store answers again, half of them of one subject at most; beyond that, they end by themselves. */
const MAX_OWED = 10_000

/** What the store is to be given back when it answers again. */
interface Owed {
  readonly request: LimitRequest
  readonly taken: LimitVerdict
  /** On the monotonic clock, in milliseconds. */
  readonly since: number
}

/** Gives back to a store what requests have taken, now or when it answers again. */
export interface GiveBack {
  (request: LimitRequest, taken: LimitVerdict): void
  /** What is owed from an outage, one after the other: all at once, they would hold up requests. */
  readonly payBack: () => Promise<void>
}

export function createGiveBack(
  store: LimitStore,
  outage: Pick<LimitOutage, 'failure' | 'fail'>,
): GiveBack {
  const owed: Owed[] = []
  const shares = new Shares(MAX_OWED)

  function owe(request: LimitRequest, taken: LimitVerdict): void {
    if (isNothing(request) || !shares.hasRoom(request.subject)) return
    shares.take(request.subject)
    owed.push({ request, taken, since: performance.now() })
  }

  function giveNow(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown> {
    return recover(
      () => withTimeout(store.release?.(request, taken), LOST_MS, lost),
      (cause) => {
        outage.fail(cause)
        // The store may have done it all the same: a slot is given back once however often, and what was counted is not.
        owe({ ...request, cost: 0 }, taken)
      },
    )
  }

  async function payBack(): Promise<void> {
    while (outage.failure === undefined) {
      const next = owed.shift()
      if (next === undefined) return
      const { request, taken, since } = next
      shares.leave(request.subject)
      const at = request.at + Math.floor(performance.now() - since)
      await giveNow({ ...request, at }, taken)
    }
  }

  function giveBack(request: LimitRequest, taken: LimitVerdict): void {
    if (isNothing(request)) return
    if (outage.failure === undefined) void giveNow(request, taken)
    else owe(request, taken)
  }

  return Object.assign(giveBack, { payBack })
}

function isNothing({ cost, slot }: LimitRequest): boolean {
  return cost === 0 && slot === undefined
}

function lost(): Error {
  return new Error(`The limit store did not take back a request within ${String(LOST_MS)} ms.`)
}
