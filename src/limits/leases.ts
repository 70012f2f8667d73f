import { LRUCache } from 'lru-cache'
import type { LimitVerdict } from '../core/limit.js'
import { isPromise, lastly, recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import {
  BURST_LEASE_MS,
  answerOf,
  batchOf,
  createLease,
  keep,
  keepRefusal,
  unusedOf,
  type Lease,
} from './lease.js'
import type { LimitRequest, LimitStore } from './limit-store.js'

const MAX_LEASES = placesFor(10_000)
/** How long closing waits for a store. */
const CLOSE_MS = 1_000
/** What was not answered for so long is given up: others wait for it. */
const ANSWER_MS = 1_000

/** A lease, and how it is filled again. */
interface Tenancy {
  readonly lease: Lease
  /** The last request that it has asked for. */
  request: LimitRequest | undefined
  topUp: Promise<unknown> | undefined
}

/** The leases of those that ask, by whom and for which limits. */
export interface Tenancies {
  /** Takes from a lease what is left in it, and from the store what is not. */
  take(key: string, request: LimitRequest): MaybePromise<LimitVerdict>
  /** There may be room again. */
  forgetRefusal(key: string): void
  /** Gives back what is left. */
  close(): Promise<void>
}

export function createTenancies(store: LimitStore): Tenancies {
  const tenancies = new LRUCache<string, Tenancy>({
    ...MAX_LEASES,
    // One caller may push out others, which pay nothing for that.
    dispose(tenancy, _, reason) {
      if (reason === 'evict') giveBack(tenancy).catch(() => undefined)
    },
  })
  let closed = false

  function tenancyOf(key: string): Tenancy {
    const known = tenancies.get(key)
    if (known !== undefined) return known
    const tenancy = { lease: createLease(), request: undefined, topUp: undefined }
    tenancies.set(key, tenancy)
    return tenancy
  }

  function take(tenancy: Tenancy, request: LimitRequest): MaybePromise<LimitVerdict> {
    const { lease, topUp } = tenancy
    const now = performance.now()
    const answer = answerOf(lease, request.cost, now)
    if (answer !== undefined) return answer
    if (topUp !== undefined) {
      lease.waiting += request.cost
      return topUp.then(() => take(tenancy, request))
    }
    const batch = closed ? request.cost : batchOf(lease, request.cost, now)
    tenancy.request = request
    lease.waiting = 0
    const asked = lastly(ask(lease, request, batch), () => {
      tenancy.topUp = undefined
    })
    if (isPromise(asked)) tenancy.topUp = asked
    return asked
  }

  function ask(lease: Lease, request: LimitRequest, batch: number): MaybePromise<LimitVerdict> {
    const begun = performance.now()
    const { limits, cost } = request
    const asked = withTimeout(store.consume({ ...request, cost: batch }), ANSWER_MS, lost)
    return then(asked, (verdict) => {
      if (verdict.allowed) return keep(lease, verdict, limits, batch - cost, begun)
      if (batch > cost) return ask(lease, request, cost)
      keepRefusal(lease, verdict, cost, begun)
      return verdict
    })
  }

  async function giveBack({ lease, request, topUp }: Tenancy): Promise<void> {
    await topUp?.catch(() => undefined)
    const { verdict } = lease
    const now = performance.now()
    const cost = unusedOf(lease, now)
    lease.permits = 0
    if (request === undefined || verdict === undefined || cost === 0) return
    const at = verdict.at + Math.floor(now - lease.begun)
    await store.release?.({ ...request, cost, at }, takenAhead(verdict))
  }

  return {
    take: (key, request) => take(tenancyOf(key), request),
    forgetRefusal(key) {
      const tenancy = tenancies.get(key)
      if (tenancy !== undefined) tenancy.lease.refusal = undefined
    },
    async close() {
      closed = true
      const given = Promise.allSettled([...tenancies.values()].map(giveBack))
      // What a store does not take back in time ends by itself.
      await recover(
        () => withTimeout(given, CLOSE_MS, () => new Error('late')),
        () => undefined,
      )
    },
  }
}

/** The verdict of what was taken from a lease: it was taken from the limits before, at the earliest so long. */
export function takenAhead(verdict: LimitVerdict): LimitVerdict {
  return { ...verdict, at: verdict.at - BURST_LEASE_MS }
}

function lost(): Error {
  return new Error(`The limit store did not answer within ${String(ANSWER_MS)} ms.`)
}
