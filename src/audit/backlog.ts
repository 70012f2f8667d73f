import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import type { BatchSource, Item, Waiter } from './batches.js'
import { createDroppedRecords } from './dropped-records.js'
import type { PendingRecord } from './pending-record.js'
import { createQueues } from './queues.js'
import type { GapRecord } from './record.js'

/** So many of each kind at a time. */
const BATCH = 500

interface Pending {
  readonly pending: PendingRecord
  readonly waiters: readonly Waiter[]
}

export interface BacklogContext {
  readonly clock: Clock
  /** Records begin to be dropped. */
  readonly alarm: (error: AuditError) => void
}

/** What waits to be written, who waits for it, and what was dropped. */
export class Backlog implements BatchSource {
  readonly #queues = createQueues()
  readonly #dropped = createDroppedRecords()
  readonly #waiting = new Map<PendingRecord, Waiter[]>()
  readonly #context: BacklogContext
  #lost = 0

  constructor(context: BacklogContext) {
    this.#context = context
  }

  /** Takes a record in; one that waits already is not taken twice. False: there is no place for it. */
  admit(pending: PendingRecord): boolean {
    if (this.#queues.add(pending)) return true
    // Who fills the queue loses its own records, and not those of others.
    const others = this.#queues.displace(pending)
    const message = 'The audit queue is full: records are dropped and counted.'
    for (const lost of others ?? [pending]) {
      this.refuse({ pending: lost, waiters: this.#waitersOf(lost) }, new AuditError(message))
    }
    return others !== undefined
  }

  /** Somebody waits for a record that was taken in. */
  wait(pending: PendingRecord, waiter: Waiter): void {
    this.#waiting.set(pending, [...(this.#waiting.get(pending) ?? []), waiter])
  }

  refuse({ pending, waiters }: Omit<Item, 'entry'>, error: AuditError): void {
    const { clock, alarm } = this.#context
    if (pending !== undefined && this.#dropped.add(pending.queue, clock())) alarm(error)
    for (const waiter of waiters) waiter.lost(error)
  }

  gap(): GapRecord | undefined {
    const gap = this.#dropped.take()
    if (gap !== undefined) this.#lost += gap.keys + gap.allowed + gap.denied
    return gap
  }

  *records(): Generator<Pending> {
    for (const pending of this.#queues.take(BATCH)) {
      yield { pending, waiters: this.#waitersOf(pending) }
    }
  }

  /** How many were dropped since it was told last, if the trail tells of all of them; then it is told. `undefined`: it does not. */
  takeLost(): number | undefined {
    if (!this.#dropped.isEmpty()) return undefined
    const lost = this.#lost
    this.#lost = 0
    return lost
  }

  isEmpty(): boolean {
    return this.#queues.isEmpty() && this.#dropped.isEmpty()
  }

  /** Somebody waits, or there is enough for a batch. */
  isPressing(): boolean {
    return this.#waiting.size > 0 || this.#queues.has(BATCH)
  }

  #waitersOf(pending: PendingRecord): readonly Waiter[] {
    const waiters = this.#waiting.get(pending) ?? []
    this.#waiting.delete(pending)
    return waiters
  }
}
