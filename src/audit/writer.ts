import { createPublicKey, type KeyObject } from 'node:crypto'
import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { doAll } from '../lib/do-all.js'
import { checkpointCheck } from './chain-end.js'
import { Backlog } from './backlog.js'
import { createBatches } from './batches.js'
import { createDelivery, faultOf, withinTime } from './delivery.js'
import { createOutage, type SinkOutageContext } from './sink-outage.js'
import type { PendingRecord } from './pending-record.js'
import { createWriteLoop } from './write-loop.js'
import type { AuditSink } from './sink.js'

export interface WriterContext extends SinkOutageContext {
  readonly sink: AuditSink
  /** A name for a chain, other than all before it. */
  readonly newWriter: () => string
  readonly instance: string
  readonly key: KeyObject | undefined
  readonly clock: Clock
  /** Something that is no outage. */
  readonly tell: (error: AuditError) => void
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
  const { sink, key } = context
  const check = key && checkpointCheck([pemOf(key)])
  const backlog = new Backlog(context)
  const refuse: Backlog['refuse'] = (item, error) => {
    backlog.refuse(item, error)
  }
  const batches = createBatches({
    ...context,
    state: () => withinTime(sink.state?.(check) ?? { heads: [], torn: [] }),
    refuse,
    due() {
      rounds.wake(true)
    },
  })
  const outage = createOutage(context, () => backlog.takeLost())
  const fail = (error: unknown) => void outage.begun(error)
  const delivery = createDelivery({ sink, batches, refuse, fail, source: backlog })
  const isEmpty = () => backlog.isEmpty() && !batches.isCheckpointDue()

  const rounds = createWriteLoop({
    async round() {
      try {
        await delivery.next()
        outage.over()
        return 'written'
      } catch (error) {
        return outage.begun(error) && faultOf(error) === 'moved' ? 'again' : 'later'
      }
    },
    hasMore: () => delivery.isPending() || backlog.isPressing(),
    isEmpty: () => isEmpty() && !delivery.isPending(),
  })

  async function writeRest(): Promise<void> {
    await rounds.finish()
    batches.end()
    await rounds.finish()
  }

  return {
    put(pending) {
      if (backlog.admit(pending)) rounds.wake(false)
    },
    async commit(pending) {
      if (!backlog.admit(pending)) throw new AuditError('The audit queue is full.')
      await new Promise<void>((kept, lost) => {
        backlog.wait(pending, { kept, lost })
        rounds.wake(true)
      })
    },
    flush: () => rounds.finish(),
    async close() {
      const written = writeRest()
      const end = async () => {
        await Promise.allSettled([written])
        rounds.stop()
        batches.stop()
        await withinTime(sink.close?.())
      }
      await doAll([() => written, end])
    },
  }
}

function pemOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}
