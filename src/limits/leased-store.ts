import { MisuseError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { hasMethods } from '../lib/has-methods.js'
import { isLeasable, leasedOf } from './lease.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
import { createTenancies, takenAhead } from './leases.js'

/** Limits as they are asked for, prepared once. */
interface Terms {
  readonly limits: readonly Limit[]
  readonly name: string
  readonly leasable: boolean
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
  const tenancies = createTenancies(store)

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

  return {
    consume(request) {
      const terms = termsOf(request.limits)
      const asked = { ...request, limits: terms.limits }
      if (!isLeased(request, terms)) return store.consume(asked)
      return tenancies.take(keyOf(request.subject, terms), asked)
    },
    ...(store.release && {
      release(request: LimitRequest, taken: LimitVerdict) {
        const terms = termsOf(request.limits)
        const asked = { ...request, limits: terms.limits }
        if (!isLeased(request, terms)) return store.release?.(asked, taken)
        tenancies.forgetRefusal(keyOf(request.subject, terms))
        return store.release?.(asked, takenAhead(taken))
      },
    }),
    async close() {
      await tenancies.close()
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
