import { createPublicKey, type KeyObject } from 'node:crypto'
import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { withTimeout } from '../lib/maybe.js'
import { checkpointCheck } from './chain-end.js'
import { Backlog } from './backlog.js'
import { createBatches } from './batches.js'
import { createDelivery, faultOf, pause, withinTime } from './delivery.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditSink } from './sink.js'

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
  const { sink, key, alarm } = context
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
  const delivery = createDelivery({ sink, batches, refuse, fail, source: backlog })
  let isDown = false

  const isEmpty = () => backlog.isEmpty() && !batches.isCheckpointDue()

  /** Whether it has only begun to fail. */
  function fail(cause: unknown): boolean {
    if (isDown) return false
    const isTold =
      cause instanceof AuditError && ['moved', 'place_taken'].includes(cause.fault ?? '')
    alarm(isTold ? cause : new AuditError('The audit trail cannot be written.', { cause }))
    isDown = true
    return true
  }

  /** It is over when the trail tells also of what was dropped. */
  function settle(): void {
    const lost = backlog.takeLost()
    if (lost === undefined || (!isDown && lost === 0)) return
    context.recovered(lost)
    isDown = false
  }

  async function round(): Promise<RoundOutcome> {
    try {
      await delivery.next()
      settle()
      return 'written'
    } catch (error) {
      return fail(error) && faultOf(error) === 'moved' ? 'again' : 'later'
    }
  }

  const rounds = createRounds({
    round,
    hasMore: () => delivery.isPending() || backlog.isPressing(),
    isEmpty: () => isEmpty() && !delivery.isPending(),
  })

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
      try {
        await rounds.finish()
        batches.end()
        await rounds.finish()
      } finally {
        rounds.stop()
        batches.stop()
        await withinTime(sink.close?.())
      }
    },
  }
}

/** Of one that failed: when it is made again. */
type RoundOutcome = 'written' | 'again' | 'later'

interface RoundsContext {
  /** Writes what there is. */
  readonly round: () => Promise<RoundOutcome>
  /** Whether another round is due. */
  readonly hasMore: () => boolean
  readonly isEmpty: () => boolean
}

/** Makes rounds, one at a time, as long as there is something to write. */
function createRounds({ round, hasMore, isEmpty }: RoundsContext) {
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isUrgent = false
  let isEnding = false

  /** In this very turn others may come: what is urgent goes at its end, and the rest a little later. */
  function wake(now: boolean): void {
    if (now) isUrgent = true
    if (running !== undefined) return
    if (isUrgent) {
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

  const mustGoOn = () => isUrgent || hasMore()

  async function run(): Promise<void> {
    do {
      isUrgent = false
      const outcome = await round()
      if (isEnding && outcome !== 'written') break
      if (outcome === 'later') await pause()
    } while (mustGoOn())
    running = undefined
    if (!isEnding && !isEmpty()) wake(false)
  }

  return {
    wake,
    /** Resolves once everything is written. @throws {AuditError} where that takes more than 5 s */
    async finish(): Promise<void> {
      const late = () => new AuditError('The audit trail could not be written within 5 s.')
      const done = (async () => {
        while (!isEnding && !isEmpty()) {
          wake(true)
          await running
        }
      })()
      await withTimeout(done, CLOSE_MS, late)
    },
    stop() {
      isEnding = true
      clearTimeout(timer)
    },
  }
}

function pemOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}
