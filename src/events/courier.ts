import { randomUUID } from 'node:crypto'
import type { Clock } from '../lib/clock.js'
import { doAll } from '../lib/do-all.js'
import { settledWithin, type MaybePromise } from '../lib/maybe.js'
import type { KeyOutbox } from '../keys/outbox.js'
import { createSender } from './sender.js'
import type { EventTarget } from './types.js'

/** Deliveries of one target that are in progress at once. */
const AT_ONCE = 16
/** How long nobody else gets what is claimed, beyond the time that a delivery may take: clocks of instances differ. */
const SPARE_MS = 30_000
const POLL_MS = 1_000
/** After a failure of the store. */
const REST_MS = 5_000
/** Targets are named again so often. */
const SUBSCRIBE_MS = 24 * 3_600_000
/** How long deliveries in progress have to end when the gate is closed. */
const CLOSE_MS = 2_000

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
  readonly subscribe: () => MaybePromise<void>
  /** Delivers what can be delivered now. @throws what the store throws */
  run(): Promise<Delivered>
  close(): Promise<void>
}

/** Brings events from the outbox to their targets: at least once, those of one key in order. */
export function createCourier(context: CourierContext): Courier {
  const { outbox, targets, clock, onError } = context
  let isClosed = false
  const isClosing = () => isClosed
  const sender = createSender({ outbox, clock, onError, isClosing })
  const holders = new Set<string>()
  const inProgress = new Map<EventTarget, Promise<Delivered>>()
  let subscribedAt = -Infinity
  let subscribing: Promise<void> | undefined

  function subscribe(): MaybePromise<void> {
    if (performance.now() - subscribedAt < SUBSCRIBE_MS) return undefined
    subscribing ??= Promise.resolve()
      .then(() => outbox.subscribe(targets.map(({ name }) => name)))
      .then(() => {
        subscribedAt = performance.now()
      })
      .finally(() => {
        subscribing = undefined
      })
    return subscribing
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
        const done = await Promise.all(claimed.map((one) => sender.attempt(target, one, holder)))
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

  const polls = startPolls(targets, onError, async (target) => {
    await subscribe()
    await runOnce(target)
  })

  return {
    subscribe,
    run,
    async close() {
      polls.stop()
      isClosed = true
      const running = [...inProgress.values()]
      sender.abort()
      await settledWithin(running, CLOSE_MS)
      await doAll([...holders].map((holder) => () => outbox.release(holder)))
    },
  }
}

/** Looks for what is due, again and again. Each target has looks of its own: what one takes its time for, no other waits for. */
function startPolls(
  targets: readonly EventTarget[],
  onError: (error: unknown) => void,
  look: (target: EventTarget) => Promise<void>,
): { stop(): void } {
  const timers = new Set<NodeJS.Timeout>()
  /** Targets whose last look has failed. */
  const failing = new Set<EventTarget>()
  let isStopped = false

  function later(target: EventTarget, restMs: number): void {
    if (isStopped) return
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
      await look(target)
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
    stop() {
      isStopped = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
