import * as v from 'valibot'
import { MisuseError } from '../core/errors.js'
import { checkInput } from '../keys/calls.js'
import type { KeyStore } from '../keys/key-store.js'
import type { OutboxFailure, OutboxFailures } from '../keys/outbox.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import { lazily } from '../lib/lazily.js'
import { repeatedly } from '../lib/repeat.js'
import type { EventOptions } from './check-options.js'
import { createTermsScan, type TermsVersionFound } from './changed-terms.js'
import { createCourier, type Courier } from './courier.js'
import { eventOf, tellEvent } from './event.js'
import { createReminding } from './reminding.js'
import { createEndScan } from './scan.js'
import { timedOutbox } from './timed-outbox.js'
import { createUnusualEvents, type UnusualEvents } from './unusual.js'
import type { EventTarget, GateEvents, Notify } from './types.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

export interface EventsContext extends EventOptions {
  /** Where terms are accepted. */
  readonly access?: { changedTerms?(): Promise<readonly TermsVersionFound[]> } | undefined
  readonly rotateAfter: Duration
  readonly store: KeyStore
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const NOTIFY_MS = 30_000
const SCAN_MS = 300_000
const REMIND_MS = 3_600_000
const UNUSUAL_MS = 5_000
const pageSchema = lazily(() =>
  strictObject({
    limit: v.optional(wholeNumber(1, 200), 50),
    cursor: v.optional(v.pipe(v.string(), v.maxCodePoints(256))),
  }),
)

/** Events, and what a gate tells of. */
export type OwnEvents = GateEvents &
  Pick<Courier, 'close'> & {
    /** Resolves when changes from now on are kept as events. Absent: there are none. */
    readonly begin?: Courier['subscribe']
    readonly tellUnusual: UnusualEvents['tell']
  }

/** Of options that `checkEvents` has seen. */
export function createGateEvents(context: EventsContext): OwnEvents {
  const { notify, webhooks, reminders, isWatched, access, store, clock, onError } = context
  const outbox = store.outbox && timedOutbox(store.outbox)
  const reminding = createReminding(context)
  if (outbox === undefined || (notify === undefined && webhooks === undefined))
    return withoutEvents(reminding)
  const targets = [inProcess(notify), ...(webhooks?.targets ?? [])]
  const courier = createCourier({ outbox, targets, clock, onError })
  const endScan = createEndScan({ store, outbox, clock })
  const termsScan = createTermsScan({
    find: async () => (await access?.changedTerms?.()) ?? [],
    ...{ outbox, clock },
  })
  // What is found while nobody is there to be told would be lost.
  const scan = async () => {
    await courier.subscribe()
    return (await endScan()) + (await termsScan())
  }
  const remindAll = async () => {
    await courier.subscribe()
    return (await reminding.remind()).length
  }
  const unusual = createUnusualEvents(outbox)
  const tellUnusual = async () => {
    await courier.subscribe()
    return unusual.flush()
  }
  const timers = [repeatedly(scan, SCAN_MS, onError)]
  if (isWatched) timers.push(repeatedly(tellUnusual, UNUSUAL_MS, onError))
  if (reminders !== undefined) timers.push(repeatedly(remindAll, REMIND_MS, onError))

  return {
    async run() {
      const reminded = reminders === undefined ? 0 : await remindAll()
      const found = (await scan()) + reminded + (await tellUnusual())
      return { found, ...(await courier.run()) }
    },
    ...reminding,
    begin: courier.subscribe,
    tellUnusual: unusual.tell,
    async failed(page = {}) {
      const { limit, cursor } = checkInput(pageSchema(), page, 'gate.events.failed')
      return shownFailures(await outbox.failures({ limit, ...(cursor && { cursor }) }))
    },
    retry: async (seq) => outbox.retry(seq),
    async close() {
      for (const timer of timers) timer.close()
      await unusual.flush().catch(onError)
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

function withoutEvents(reminding: ReturnType<typeof createReminding>): OwnEvents {
  const refuse = () =>
    Promise.reject(
      new MisuseError('not_supported', "gate.events: give 'notify' or 'webhooks' to createGate"),
    )
  return {
    run: refuse,
    failed: refuse,
    retry: refuse,
    ...reminding,
    tellUnusual: () => undefined,
    close: () => Promise.resolve(),
  }
}
