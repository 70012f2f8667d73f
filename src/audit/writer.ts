import { createPublicKey, type KeyObject } from 'node:crypto'
import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { withTimeout } from '../lib/maybe.js'
import { checkpointCheck } from './chain-end.js'
import { createBatches, type Item, type Waiter } from './batches.js'
import { createDelivery, faultOf, pause, withinTime } from './delivery.js'
import { createDroppedRecords } from './dropped-records.js'
import type { PendingRecord } from './pending-record.js'
import { createQueues } from './queues.js'
import type { AuditSink } from './sink.js'

/** So many of each kind at a time. */
const BATCH = 500
const FLUSH_MS = 20
const CLOSE_MS = 5_000

export interface WriterContext {
  readonly sink: AuditSink
  /** A name for a chain, other than all before it. */
  readonly newWriter: () => string
  readonly instance: string
  readonly key: KeyObject | undefined
  readonly clock: Clock
  /** An outage has begun, or records are being dropped. */
  readonly alarm: (error: AuditError) => void
  /** Something that is no outage. */
  readonly tell: (error: AuditError) => void
  /** All that waited is written; so many records were dropped, of which the trail tells. */
  readonly recovered: (dropped: number) => void
}

/** Brings records to one sink, in groups, in a chain that goes on as long as the sink takes it. */
export interface Writer {
  /** Queues a record; one that waits already is not queued twice. */
  put(pending: PendingRecord): void
  /** The same, at once; resolves when it is on durable storage. @throws {AuditError} where there is no place for it, or nothing to be made of it */
  commit(pending: PendingRecord): Promise<void>
  /** Resolves once everything put so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  close(): Promise<void>
}

export function createWriter(context: WriterContext): Writer {
  const { sink, key, clock, alarm } = context
  const check = key && checkpointCheck([pemOf(key)])
  const queues = createQueues()
  const dropped = createDroppedRecords()
  const waiting = new Map<PendingRecord, Waiter[]>()
  const batches = createBatches({
    ...context,
    state: () => withinTime(sink.state?.(check) ?? { heads: [], torn: [] }),
    refuse,
    due() {
      wake(true)
    },
  })
  const delivery = createDelivery({
    ...{ sink, batches, refuse, fail },
    source: {
      gap() {
        const gap = dropped.take()
        if (gap !== undefined) lost += gap.keys + gap.allowed + gap.denied
        return gap
      },
      *records() {
        for (const pending of queues.take(BATCH)) {
          const waiters = waiting.get(pending) ?? []
          waiting.delete(pending)
          yield { pending, waiters }
        }
      },
    },
  })
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let urgent = false
  let down = false
  /** How many were dropped since it was told last. */
  let lost = 0
  let ending = false

  const isEmpty = () => queues.isEmpty() && dropped.isEmpty() && !batches.isCheckpointDue()
  const isPressing = () => urgent || waiting.size > 0 || queues.has(BATCH)

  function admit(pending: PendingRecord): boolean {
    if (queues.add(pending)) return true
    // Who fills the queue loses its own records, and not those of others.
    const other = queues.displace(pending)
    const lost = other ?? pending
    const waiters = waiting.get(lost) ?? []
    waiting.delete(lost)
    const message = 'The audit queue is full: records are dropped and counted.'
    refuse({ pending: lost, waiters }, new AuditError(message))
    return other !== undefined
  }

  function drop({ queue }: PendingRecord, error: AuditError): void {
    if (dropped.add(queue, clock())) alarm(error)
  }

  function refuse({ pending, waiters }: Omit<Item, 'entry'>, error: AuditError): void {
    if (pending !== undefined) drop(pending, error)
    for (const waiter of waiters) waiter.lost(error)
  }

  /** In this very turn others may come: what is urgent goes at its end, and the rest a little later. */
  function wake(now: boolean): void {
    if (now) urgent = true
    if (running !== undefined) return
    if (urgent) {
      clearTimeout(timer)
      timer = undefined
      running = new Promise<void>((resolve) => setImmediate(resolve)).then(run)
    } else {
      timer ??= setTimeout(() => {
        timer = undefined
        wake(true)
      }, FLUSH_MS).unref()
    }
  }

  async function run(): Promise<void> {
    do {
      urgent = false
      try {
        await delivery.next()
        settle()
      } catch (error) {
        const isFirst = fail(error)
        if (ending) break
        if (!isFirst || faultOf(error) !== 'moved') await pause()
      }
    } while (delivery.isPending() || isPressing())
    running = undefined
    if (!ending && !isEmpty()) wake(false)
  }

  /** Whether it has only begun to fail. */
  function fail(cause: unknown): boolean {
    if (down) return false
    const isTold =
      cause instanceof AuditError && ['moved', 'place_taken'].includes(cause.fault ?? '')
    alarm(isTold ? cause : new AuditError('The audit trail cannot be written.', { cause }))
    down = true
    return true
  }

  /** It is over when the trail tells also of what was dropped. */
  function settle(): void {
    if (!dropped.isEmpty() || (!down && lost === 0)) return
    context.recovered(lost)
    down = false
    lost = 0
  }

  async function flush(): Promise<void> {
    const late = () => new AuditError('The audit trail could not be written within 5 s.')
    const done = (async () => {
      while (!ending && (!isEmpty() || delivery.isPending())) {
        wake(true)
        await running
      }
    })()
    await withTimeout(done, CLOSE_MS, late)
  }

  return {
    put(pending) {
      if (admit(pending)) wake(false)
    },
    async commit(pending) {
      if (!admit(pending)) throw new AuditError('The audit queue is full.')
      await new Promise<void>((kept, lost) => {
        waiting.set(pending, [...(waiting.get(pending) ?? []), { kept, lost }])
        wake(true)
      })
    },
    flush,
    async close() {
      try {
        await flush()
        batches.end()
        await flush()
      } finally {
        ending = true
        clearTimeout(timer)
        batches.stop()
        await withinTime(sink.close?.())
      }
    },
  }
}

function pemOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}
