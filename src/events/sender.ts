import type { KeyOutbox, OutboxDelivery } from '../keys/outbox.js'
import type { Clock } from '../lib/clock.js'
import { withTimeout } from '../lib/maybe.js'
import { eventOf } from './event.js'
import { DeliveryError } from './target.js'
import type { EventTarget } from './types.js'
import { messageOf } from '../lib/message-of.js'

const [S, M, H] = [1_000, 60_000, 3_600_000]
/** The waits between tries, as Standard Webhooks has them. After the last, a delivery is given up. */
const WAITS_MS = [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H]
/** Up to so much is added to a wait, so that what failed together is not tried again together. */
const JITTER = 0.1
const MAX_ERROR = 500

interface SenderContext {
  readonly outbox: KeyOutbox
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  readonly isClosing: () => boolean
}

/** Hands deliveries to their targets, and tells the outbox what became of them. */
export function createSender({ outbox, clock, onError, isClosing }: SenderContext) {
  /** One for each delivery in progress: many listeners of one would be a warning. */
  const sendings = new Set<AbortController>()

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

  return {
    /** Whether it was delivered. */
    async attempt(target: EventTarget, delivery: OutboxDelivery, holder: string): Promise<boolean> {
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
        await outbox.failed(seq, holder, {
          at,
          error: messageOf(error).slice(0, MAX_ERROR),
          ...next,
        })
        return false
      }
      await outbox.delivered(seq, holder)
      return true
    },
    /** Interrupts what is in progress. */
    abort: () => {
      for (const sending of sendings) sending.abort()
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
