import { randomUUID } from 'node:crypto'
import type { Clock } from '../lib/clock.js'
import { settledWithin, withTimeout } from '../lib/maybe.js'
import type { KeyOutbox, OutboxDelivery } from '../keys/outbox.js'
import { eventOf } from './event.js'
import { DeliveryError } from './target.js'
import type { EventTarget } from './types.js'

const [S, M, H] = [1_000, 60_000, 3_600_000]
/** The waits between tries, as Standard Webhooks has them. After the last, a delivery is given up. */
const WAITS_MS = [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H]
/** Up to so much is added to a wait, so that what failed together is not tried again together. */
const JITTER = 0.1
/** Deliveries of one target that are in progress at once. */
const AT_ONCE = 16
/** How long nobody else gets what is claimed, beyond the time that a delivery may take: clocks of instances differ. */
const SPARE_MS = 30_000
const POLL_MS = 1_000
/** After a failure of the store. */
const REST_MS = 5_000
/** Targets are named again so often. */
const SUBSCRIBE_MS = 24 * H
/** How long deliveries in progress have to end when the gate is closed. */
const CLOSE_MS = 2_000
const MAX_ERROR = 500

export interface CourierContext {
  readonly outbox: KeyOutbox
  readonly targets: readonly EventTarget[]
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

/** How many deliveries ended in each way. */
export interface Delivered {
  delivered: number
  failed: number
}

export interface Courier {
  /** Has every event kept for the targets, from the first call that succeeds on. @throws what the store throws */
  subscribe(): Promise<void>
  /** Delivers what can be delivered now. @throws what the store throws */
  run(): Promise<Delivered>
  close(): Promise<void>
}

/** Brings events from the outbox to their targets: at least once, those of one key in order. */
export function createCourier(context: CourierContext): Courier {
  const { outbox, targets, clock, onError } = context
  let isClosed = false
  const isClosing = () => isClosed
  /** One for each delivery in progress: many listeners of one would be a warning. */
  const sendings = new Set<AbortController>()
  const holders = new Set<string>()
  const inProgress = new Map<EventTarget, Promise<Delivered>>()
  let subscribedAt = -Infinity
  let subscribing: Promise<void> | undefined
  /** Targets whose last look has failed. */
  const failing = new Set<EventTarget>()

  async function subscribe(): Promise<void> {
    if (performance.now() - subscribedAt < SUBSCRIBE_MS) return
    subscribing ??= Promise.resolve()
      .then(() => outbox.subscribe(targets.map(({ name }) => name)))
      .then(() => {
        subscribedAt = performance.now()
      })
      .finally(() => {
        subscribing = undefined
      })
    await subscribing
  }

  async function deliver(target: EventTarget, delivery: OutboxDelivery): Promise<void> {
    const { limitMs } = target
    if (!target.wants(delivery.type)) return
    const late = () => new DeliveryError(`It took more than ${String(limitMs)} ms.`)
    const sending = new AbortController()
    sendings.add(sending)
    try {
      const sent = target.send(eventOf(delivery), delivery.attempts === 0, sending.signal)
      await withTimeout(sent, limitMs, late)
    } finally {
      sendings.delete(sending)
    }
  }

  /** Whether it was delivered. */
  async function attempt(
    target: EventTarget,
    delivery: OutboxDelivery,
    holder: string,
  ): Promise<boolean> {
    const { seq, attempts } = delivery
    try {
      await deliver(target, delivery)
    } catch (error) {
      // It did not fail: it was interrupted, and is given back.
      if (isClosing()) return false
      onError(error)
      const at = new Date(clock())
      const nextMs = waitAfter(error, attempts)
      const next = nextMs === undefined ? {} : { nextAt: new Date(at.getTime() + nextMs) }
      await outbox.failed(seq, holder, { at, error: messageOf(error), ...next })
      return false
    }
    await outbox.delivered(seq, holder)
    return true
  }

  async function runTarget(target: EventTarget): Promise<Delivered> {
    const told: Delivered = { delivered: 0, failed: 0 }
    while (!isClosing()) {
      const holder = randomUUID()
      const now = new Date(clock())
      const until = new Date(now.getTime() + target.limitMs + SPARE_MS)
      holders.add(holder)
      try {
        const claim = { target: target.name, holder, now, until, limit: AT_ONCE }
        const claimed = await outbox.claim(claim)
        if (claimed.length === 0) break
        const done = await Promise.all(claimed.map((one) => attempt(target, one, holder)))
        for (const isDelivered of done) told[isDelivered ? 'delivered' : 'failed'] += 1
      } finally {
        if (!isClosing()) holders.delete(holder)
      }
    }
    return told
  }

  /** One run for each target at a time. */
  function runOnce(target: EventTarget): Promise<Delivered> {
    const running = inProgress.get(target)
    if (running !== undefined) return running
    const fresh = runTarget(target).finally(() => inProgress.delete(target))
    inProgress.set(target, fresh)
    return fresh
  }

  async function run(): Promise<Delivered> {
    await subscribe()
    const told = await Promise.all(targets.map(runOnce))
    return {
      delivered: told.reduce((sum, one) => sum + one.delivered, 0),
      failed: told.reduce((sum, one) => sum + one.failed, 0),
    }
  }

  const timers = new Set<NodeJS.Timeout>()
  /** Each target has looks of its own: what one takes its time for, no other waits for. */
  function later(target: EventTarget, restMs: number): void {
    if (isClosing()) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      poll(target).then((nextMs) => {
        later(target, nextMs)
      }, onError)
    }, restMs).unref()
    timers.add(timer)
  }
  /** An outage of the store is told once. */
  async function poll(target: EventTarget): Promise<number> {
    try {
      await subscribe()
      await runOnce(target)
      failing.delete(target)
      return POLL_MS
    } catch (error) {
      const isFirst = failing.size === 0
      failing.add(target)
      if (isFirst) onError(error)
      return REST_MS
    }
  }
  for (const target of targets) later(target, 0)

  return {
    subscribe,
    run,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      isClosed = true
      const running = [...inProgress.values()]
      for (const sending of sendings) sending.abort()
      await settledWithin(running, CLOSE_MS)
      for (const holder of holders) await outbox.release(holder)
    },
  }
}

/** In milliseconds; `undefined` where there is no next try. */
function waitAfter(error: unknown, attempts: number): number | undefined {
  const wait = WAITS_MS[attempts]
  const { isGone = false, retryAfterMs = 0 } = error instanceof DeliveryError ? error : {}
  if (wait === undefined || isGone) return undefined
  return Math.round(Math.max(retryAfterMs, wait * (1 + Math.random() * JITTER)))
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR)
}
