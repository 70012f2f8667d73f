import * as z from 'zod/mini'
import { MisuseError } from '../core/errors.js'
import { checkInput } from '../keys/input.js'
import type { KeyStore } from '../keys/key-store.js'
import type { OutboxFailure, OutboxFailures } from '../keys/outbox.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { createCourier, type Courier } from './courier.js'
import { eventOf, tellEvent, type GateEvent } from './event.js'
import { createEndScan, type Scan } from './scan.js'
import type { EventTarget, GateWebhooks } from './target.js'

/** Told of each event: for mail, chat, or anything that is no webhook. A promise that is rejected, or takes more than 30 s, is a delivery that failed. */
export type Notify = (event: GateEvent) => MaybePromise<unknown>

/** A delivery that was given up. */
export interface FailedDelivery {
  /** For `retry`. */
  readonly seq: string
  /** `'notify'`, or the name of the endpoint. */
  readonly target: string
  readonly event: GateEvent
  /** Tries that have failed. */
  readonly attempts: number
  readonly endedAt: Date
  /** Why the last try failed. */
  readonly error: string
}

/** What a run has done. */
export interface EventRun {
  /** Events of keys that have ended, end soon or are due, as nobody had noted before. */
  readonly found: number
  readonly delivered: number
  /** Tries that failed. */
  readonly failed: number
}

/** Events: `gate.events`. Each call throws a MisuseError `not_supported` for a gate without `notify` and `webhooks`, and what the store throws. */
export interface GateEvents {
  /**
   * Looks for keys whose time has come and delivers what waits and may be tried now. The gate does the same by itself, every second and every 5 minutes: this is for tests, and for
   * platforms that stop a process between requests.
   */
  run(): Promise<EventRun>
  /** Deliveries that were given up, the latest first, in pages. @param page `limit`: 1 to 200, default 50 */
  failed(page?: { readonly limit?: number; readonly cursor?: string }): Promise<{
    readonly items: readonly FailedDelivery[]
    readonly cursor?: string
  }>
  /** Tries again what was given up: one, or all. Resolves to how many. @param seq of `failed` */
  retry(seq?: string): Promise<number>
}

export interface EventsContext {
  readonly notify?: Notify | undefined
  readonly webhooks?: GateWebhooks | undefined
  readonly store: KeyStore
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const NOTIFY_MS = 30_000
const SCAN_MS = 300_000
const pageSchema = z.strictObject({
  limit: z._default(z.int().check(z.minimum(1), z.maximum(200)), 50),
  cursor: z.optional(z.string().check(z.maxLength(256))),
})

/** @throws {MisuseError} for a store without an outbox */
export function createGateEvents(context: EventsContext): GateEvents & Pick<Courier, 'close'> {
  const { notify, webhooks, store, clock, onError } = context
  const { outbox } = store
  if (notify === undefined && webhooks === undefined) return withoutEvents()
  if (outbox === undefined) {
    const given = notify === undefined ? 'webhooks' : 'notify'
    throw new MisuseError(
      'invalid_option',
      `createGate: '${given}' needs a key store with an outbox, such as those of this package; 'keys.store' has none`,
    )
  }
  const targets = [inProcess(notify), ...(webhooks?.targets ?? [])]
  const courier = createCourier({ outbox, targets, clock, onError })
  const endScan = createEndScan({ store, outbox, clock })
  // What is found while nobody is there to be told would be lost.
  const scan = async () => {
    await courier.subscribe()
    return endScan()
  }
  const timer = createTimer(scan, onError)

  return {
    async run() {
      return { found: await scan(), ...(await courier.run()) }
    },
    async failed(page = {}) {
      const { limit, cursor } = checkInput(pageSchema, page, 'gate.events.failed')
      return shownFailures(await outbox.failures({ limit, ...(cursor && { cursor }) }))
    },
    retry: async (seq) => outbox.retry(seq),
    async close() {
      timer.close()
      await courier.close()
    },
  }
}

/** The channel of this process, and `notify`. */
function inProcess(notify: Notify | undefined): EventTarget {
  return {
    name: 'notify',
    wants: () => true,
    limitMs: NOTIFY_MS,
    async send(event, isFirst) {
      if (isFirst) tellEvent(event)
      await notify?.(event)
    },
  }
}

function shownFailures({ items, cursor }: OutboxFailures) {
  const shown = ({ seq, target, attempts, endedAt, error, ...delivery }: OutboxFailure) => {
    const event = eventOf({ ...delivery, seq, target, attempts })
    return { seq, target, event, attempts, endedAt, error }
  }
  return { items: Array.from(items, shown), ...(cursor !== undefined && { cursor }) }
}

/** Looks once the process has started, and then every 5 minutes. */
function createTimer(scan: Scan, onError: (error: unknown) => void): { close(): void } {
  let isClosed = false
  let timer = setTimeout(look, 1_000).unref()
  function look(): void {
    scan()
      .catch(onError)
      .finally(() => {
        if (!isClosed) timer = setTimeout(look, SCAN_MS).unref()
      })
  }
  return {
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

function withoutEvents(): GateEvents & Pick<Courier, 'close'> {
  const refuse = () =>
    Promise.reject(
      new MisuseError('not_supported', "gate.events: give 'notify' or 'webhooks' to createGate"),
    )
  return { run: refuse, failed: refuse, retry: refuse, close: () => Promise.resolve() }
}
