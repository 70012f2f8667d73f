import { LRUCache } from 'lru-cache'
import { MisuseError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { hasMethods } from '../lib/has-methods.js'
import { isPromise, lastly, recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import {
  BURST_LEASE_MS,
  answerOf,
  batchOf,
  createLease,
  isLeasable,
  keep,
  keepRefusal,
  leasedOf,
  unusedOf,
  type Lease,
} from './lease.js'
import type { LimitRequest, LimitStore } from './limit-store.js'

const MAX_LEASES = placesFor(10_000)
/** How long closing waits for a store. */
const CLOSE_MS = 1_000
/** What was not answered for so long is given up: others wait for it. */
const ANSWER_MS = 1_000

/** Limits as they are asked for, prepared once. */
interface Terms {
  readonly limits: readonly Limit[]
  readonly name: string
  readonly leasable: boolean
}

interface Tenancy {
  readonly lease: Lease
  /** The last request that it has asked for. */
  request: LimitRequest | undefined
  topUp: Promise<unknown> | undefined
}

/**
 * The same store, with fewer round trips: it takes at once what several requests will need, and answers those that follow by itself. It never
 * admits more than the limits. What was taken of a quota ends with its window; of a burst, it is used within 100 ms, and bursts are smaller
 * by what comes back in that time. What is taken and not used is lost to its owner, at most 1/16 of what is left at a time; what is left of quotas
 * when the gate is closed, or of an owner among more than 10,000, is given back. A refusal is remembered for 1 second at most.
 * @throws {MisuseError} where no limit store is given
 * @example limits: { store: createLeasedLimitStore(createRedisLimitStore(redis)), defaultPlan: 'free' }
 */
export function createLeasedLimitStore(store: LimitStore): LimitStore {
  if (!hasMethods(store, 'consume')) {
    const message =
      'createLeasedLimitStore: a limit store must be given; write createLeasedLimitStore(createRedisLimitStore(redis))'
    throw new MisuseError('invalid_option', message)
  }
  const prepared = new WeakMap<readonly Limit[], Terms>()
  const tenancies = new LRUCache<string, Tenancy>({
    ...MAX_LEASES,
    // One caller may push out others, which pay nothing for that.
    dispose(tenancy, _, reason) {
      if (reason === 'evict') giveBack(tenancy).catch(() => undefined)
    },
  })
  let closed = false

  function termsOf(limits: readonly Limit[]): Terms {
    const known = prepared.get(limits)
    if (known !== undefined) return known
    const terms = {
      limits: limits.map(leasedOf),
      name: JSON.stringify(limits),
      leasable: limits.every(isLeasable),
    }
    prepared.set(limits, terms)
    return terms
  }

  function tenancyOf(subject: string, terms: Terms): Tenancy {
    const key = keyOf(subject, terms)
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
    consume(request) {
      const terms = termsOf(request.limits)
      const asked = { ...request, limits: terms.limits }
      if (!isLeased(request, terms)) return store.consume(asked)
      return take(tenancyOf(request.subject, terms), asked)
    },
    ...(store.release && {
      release(request: LimitRequest, taken: LimitVerdict) {
        const terms = termsOf(request.limits)
        const asked = { ...request, limits: terms.limits }
        if (!isLeased(request, terms)) return store.release?.(asked, taken)
        // There may be room again.
        const tenancy = tenancies.get(keyOf(request.subject, terms))
        if (tenancy !== undefined) tenancy.lease.refusal = undefined
        return store.release?.(asked, takenAhead(taken))
      },
    }),
    async close() {
      closed = true
      const given = Promise.allSettled([...tenancies.values()].map(giveBack))
      // What a store does not take back in time ends by itself.
      await recover(
        () => withTimeout(given, CLOSE_MS, () => new Error('late')),
        () => undefined,
      )
      await store.close?.()
    },
  }
}

function keyOf(subject: string, { name }: Terms): string {
  return name + subject
}

function isLeased({ cost, anonymous }: LimitRequest, { leasable }: Terms): boolean {
  return cost > 0 && anonymous !== true && leasable
}

/** The verdict of what was taken from a lease: it was taken from the limits before, at the earliest so long. */
function takenAhead(verdict: LimitVerdict): LimitVerdict {
  return { ...verdict, at: verdict.at - BURST_LEASE_MS }
}

function lost(): Error {
  return new Error(`The limit store did not answer within ${String(ANSWER_MS)} ms.`)
}
