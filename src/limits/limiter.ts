import { LimitStoreError } from '../core/errors.js'
import type { Limit, LimitVerdict } from '../core/limit.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { Shares } from '../lib/shares.js'
import { OutageReporter } from '../telemetry/outages.js'
import type { LimitRequest, LimitStore } from './limit-store.js'
import { createMemoryLimitStore } from './memory-store.js'
import { checkVerdict } from './verdict.js'

const LIMIT_MS = 50
/** How often a store that has failed is asked whether it is back. */
const PROBE_MS = 500
/** A question that was not answered for so long never will be. */
const LOST_MS = 30_000
const CLOSE_MS = 5_000
/** Slots that are given back when the store answers again, half of them of one subject at most; beyond that, they end by themselves. */
const MAX_OWED = 10_000

/** What the store is to be given back when it answers again. */
interface Owed {
  readonly request: LimitRequest
  readonly taken: LimitVerdict
  /** On the monotonic clock, in milliseconds. */
  readonly since: number
}

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
  const { store, onStoreError, instances, onError } = context
  const local = createMemoryLimitStore()
  const reporter = new OutageReporter('limit_store', { store })
  /** What the outage began with; `undefined` while the store answers. */
  let outage: LimitStoreError | undefined
  /** On the monotonic clock, in milliseconds. */
  let probeAt = 0
  /** What was counted here alone: the store was not asked. */
  const unasked = new WeakSet<LimitVerdict>()
  /** What was answered in place of the store. */
  const substituted = new WeakSet<LimitVerdict>()
  const owed: Owed[] = []
  const shares = new Shares(MAX_OWED)

  function fail(cause: unknown): LimitStoreError {
    const failure = new LimitStoreError('The limit store failed.', 'begun', { cause })
    if (outage !== undefined) return failure
    outage = failure
    probeAt = performance.now() + PROBE_MS
    onError(failure)
    reporter.begun(failure)
    return failure
  }

  function recovered(): void {
    if (outage === undefined) return
    outage = undefined
    onError(new LimitStoreError('The limit store answers again.', 'over'))
    reporter.over()
    void payBack()
  }

  /** One after the other: all at once, they would hold up requests. */
  async function payBack(): Promise<void> {
    while (outage === undefined) {
      const next = owed.shift()
      if (next === undefined) return
      const { request, taken, since } = next
      shares.leave(request.subject)
      const at = request.at + Math.floor(performance.now() - since)
      await giveBack({ ...request, at }, taken)
    }
  }

  function giveBack(request: LimitRequest, taken: LimitVerdict): MaybePromise<unknown> {
    return recover(
      () => withTimeout(store.release?.(request, taken), LOST_MS, lost),
      (cause) => {
        fail(cause)
        // The store may have done it all the same: a slot is given back once however often, and what was counted is not.
        owe({ ...request, cost: 0 }, taken)
      },
    )
  }

  function owe(request: LimitRequest, taken: LimitVerdict): void {
    if (isNothing(request) || !shares.hasRoom(request.subject)) return
    shares.take(request.subject)
    owed.push({ request, taken, since: performance.now() })
  }

  function probe(request: LimitRequest): void {
    const asked = performance.now()
    if (asked < probeAt) return
    // One at a time: nothing piles up in a client that waits for its connection.
    probeAt = asked + LOST_MS
    const wait = () => {
      probeAt = performance.now() + PROBE_MS
    }
    const answer = recover(() => {
      const verdict = store.consume({ ...request, cost: 0 })
      return then(verdict, (answer) => {
        checkVerdict(answer, request)
        if (performance.now() - asked > LIMIT_MS) wait()
        else recovered()
      })
    }, wait)
    void answer
  }

  function substitute(request: LimitRequest, failure: LimitStoreError): MaybePromise<LimitVerdict> {
    switch (onStoreError) {
      case 'local':
        return local.consume({ ...request, limits: sharesOf(request, instances) })
      case 'allow':
        return unlimited(request)
      case 'deny':
        throw failure
    }
  }

  function instead(request: LimitRequest, failure: LimitStoreError): MaybePromise<LimitVerdict> {
    return then(substitute(request, failure), (verdict) => {
      substituted.add(verdict)
      return verdict
    })
  }

  /** What the outage began with, if the store is still away. */
  function stillAway(request: LimitRequest): LimitStoreError | undefined {
    if (outage !== undefined) probe(request)
    return outage
  }

  function ask(request: LimitRequest): MaybePromise<LimitVerdict> {
    return then(withTimeout(store.consume(request), LIMIT_MS, late, setImmediate), (verdict) =>
      checkVerdict(verdict, request),
    )
  }

  return {
    async peek(given) {
      const request = { ...given, cost: 0, slot: 'peek' }
      const failure = stillAway(request)
      if (failure !== undefined) throw failure
      return recover(
        () => ask(request),
        (cause) => {
          throw fail(cause)
        },
      )
    },
    consume(request) {
      const failure = stillAway(request)
      if (failure !== undefined) {
        return then(instead(request, failure), (verdict) => {
          unasked.add(verdict)
          return verdict
        })
      }
      return recover(
        () => ask(request),
        (cause) => instead(request, fail(cause)),
      )
    },
    release(request, taken) {
      const onlySlot = { ...request, cost: 0 }
      // What was counted is given back where it was counted.
      const isLocal = substituted.has(taken)
      const limits = isLocal ? sharesOf(request, instances) : request.limits
      void local.release?.({ ...(isLocal ? request : onlySlot), limits }, taken)
      if (unasked.has(taken)) return
      // An answer that came too late may have taken a slot in the store as well.
      const stored = isLocal ? onlySlot : request
      if (isNothing(stored)) return
      if (outage === undefined) void giveBack(stored, taken)
      else owe(stored, taken)
    },
    close: () => withTimeout(store.close?.(), CLOSE_MS, lateClose),
  }
}

function isNothing({ cost, slot }: LimitRequest): boolean {
  return cost === 0 && slot === undefined
}

function lost(): Error {
  return new Error(`The limit store did not take back a request within ${String(LOST_MS)} ms.`)
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
