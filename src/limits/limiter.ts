import type { LimitStoreError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { createGiveBack } from './give-back.js'
import { LimitOutage, LIMIT_MS } from './limit-outage.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
import { createMemoryLimitStore } from './memory-store.js'
import { checkVerdict } from './verdict.js'

const CLOSE_MS = 5_000

export interface LimiterContext {
  readonly store: LimitStore
  /**
   * What becomes of requests while the store fails. `'local'`: this process counts them itself, against its share of the limits. `'deny'`:
   * `LimitStoreError`. `'allow'`: all are let in.
   */
  readonly onStoreError: 'local' | 'deny' | 'allow'
  /** Among how many processes limits are shared out. */
  readonly instances: number
  /** Told once when an outage begins, and once when it is over. */
  readonly onError: (error: LimitStoreError) => void
}

/** A limit store that is always there. */
export interface Limiter extends LimitStore {
  /** How things stand in the store, and nowhere else. @throws {LimitStoreError} while it is away */
  peek(request: Omit<LimitRequest, 'cost' | 'slot'>): Promise<LimitVerdict>
  /** Nobody waits for it. What a store that is away does not take back, it is given when it answers again. */
  release(request: LimitRequest, taken: LimitVerdict): void
  close(): MaybePromise<unknown>
}

/**
 * The same store, whatever becomes of it: it answers within 50 ms or is answered for. While it is away no request waits for it, and one
 * at a time asks for nothing, to see whether it is back.
 */
export function createLimiter(context: LimiterContext): Limiter {
  const { store, instances, onError } = context
  const outage = new LimitOutage({ store, onError, recovered: () => void giveBack.payBack() })
  const giveBack = createGiveBack(store, outage)
  const local = createMemoryLimitStore()
  const substitute = createSubstitute(context, local)
  /** What was counted here alone: the store was not asked. */
  const unasked = new WeakSet<LimitVerdict>()
  /** What was answered in place of the store. */
  const substituted = new WeakSet<LimitVerdict>()

  function instead(request: LimitRequest, failure: LimitStoreError): MaybePromise<LimitVerdict> {
    return then(substitute(request, failure), (verdict) => {
      substituted.add(verdict)
      return verdict
    })
  }

  function ask(request: LimitRequest): MaybePromise<LimitVerdict> {
    return then(withTimeout(store.consume(request), LIMIT_MS, late, setImmediate), (verdict) =>
      checkVerdict(verdict, request),
    )
  }

  return {
    async peek(given) {
      const request = { ...given, cost: 0, slot: 'peek' }
      const failure = outage.stillAway(request)
      if (failure !== undefined) throw failure
      return recover(
        () => ask(request),
        (cause) => {
          throw outage.fail(cause)
        },
      )
    },
    consume(request) {
      const failure = outage.stillAway(request)
      if (failure !== undefined) {
        return then(instead(request, failure), (verdict) => {
          unasked.add(verdict)
          return verdict
        })
      }
      return recover(
        () => ask(request),
        (cause) => instead(request, outage.fail(cause)),
      )
    },
    release(request, taken) {
      const onlySlot = { ...request, cost: 0 }
      // What was counted is given back where it was counted.
      const isLocal = substituted.has(taken)
      const limits = isLocal ? sharesOf(request, instances) : request.limits
      void local.release?.({ ...(isLocal ? request : onlySlot), limits }, taken)
      // An answer that came too late may have taken a slot in the store as well.
      if (!unasked.has(taken)) giveBack(isLocal ? onlySlot : request, taken)
    },
    close: () => withTimeout(store.close?.(), CLOSE_MS, lateClose),
  }
}

/** What is answered while the store fails. It throws the failure where requests are denied then. */
function createSubstitute(
  { onStoreError, instances }: LimiterContext,
  local: LimitStore,
): (request: LimitRequest, failure: LimitStoreError) => MaybePromise<LimitVerdict> {
  return (request, failure) => {
    switch (onStoreError) {
      case 'local':
        return local.consume({ ...request, limits: sharesOf(request, instances) })
      case 'allow':
        return unlimited(request)
      case 'deny':
        throw failure
    }
  }
}

function lateClose(): Error {
  return new Error(`The limit store was not closed within ${String(CLOSE_MS)} ms.`)
}

function late(): Error {
  return new Error(`The limit store did not answer within ${String(LIMIT_MS)} ms.`)
}

/** What one of several processes may admit alone: at least one request in each window, whatever that costs. */
function sharesOf({ limits, cost }: LimitRequest, instances: number): Limit[] {
  return limits.map((limit) => {
    const least = limit.kind === 'concurrency' ? 1 : Math.max(1, cost)
    const shareOf = (all: number) => Math.min(all, Math.max(least, Math.floor(all / instances)))
    const { refill } = limit
    return {
      ...{ ...limit, limit: shareOf(limit.limit) },
      ...(refill !== undefined && { refill: shareOf(refill) }),
    }
  })
}

function unlimited({ limits, at }: LimitRequest): LimitVerdict {
  const states = limits.map(({ limit }) => ({ remaining: limit, resetAt: at }))
  return { allowed: true, at, states }
}
