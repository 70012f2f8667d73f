import type { KeyObject } from 'node:crypto'
import type { Clock } from '../lib/clock.js'
import { within } from '../lib/maybe.js'
import { createChain, type UnchainedRecord } from './chain.js'
import type { Draft } from './draft.js'
import { createLosses, timeOf } from './losses.js'
import { createQueues } from './queues.js'
import { AuditError, type AuditEntry, type AuditSink } from './sink.js'

/** So many of each lane at a time. */
const BATCH = 500
const FLUSH_MS = 20
const RETRY_MS = 250
/** After so long, a call of a sink that has not answered is made again. */
const HUNG_MS = 5_000
const CHECKPOINT_RECORDS = 1_000
const CHECKPOINT_MS = 60_000
const CLOSE_MS = 5_000

export interface WriterContext {
  readonly sink: AuditSink
  /** The name of its chain. */
  readonly writer: string
  readonly instance: string
  readonly key: KeyObject | undefined
  readonly clock: Clock
  /** An outage has begun, or records are being dropped. */
  readonly alarm: (error: AuditError) => void
  /** All that waited is written; so many records were dropped, of which the trail tells. */
  readonly recovered: (dropped: number) => void
}

/** Brings records to one sink, in one chain, in groups. */
export interface Writer {
  /** Queues a draft; one that waits already is not queued twice. */
  put(draft: Draft): void
  /** The same, at once; resolves when it is on durable storage. @throws {AuditError} where there is no place for it, or nothing to be made of it */
  commit(draft: Draft): Promise<void>
  /** Resolves once everything put so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Somebody who waits for a record to be kept. */
interface Waiter {
  readonly kept: () => void
  readonly lost: (error: AuditError) => void
}

interface Batch {
  readonly entries: readonly AuditEntry[]
  readonly waiters: readonly Waiter[]
}

export function createWriter(context: WriterContext): Writer {
  const { sink, clock, alarm, key } = context
  const chain = createChain(context.writer, key)
  const queues = createQueues()
  const waiting = new Map<Draft, Waiter[]>()
  const losses = createLosses()
  let pending: Batch | undefined
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let signTimer: NodeJS.Timeout | undefined
  let urgent = false
  let down = false
  /** How many were dropped since it was told last. */
  let lost = 0
  let started = false
  let unsigned = 0
  let signDue = false
  let ending = false

  const isEmpty = () => queues.isEmpty() && losses.isEmpty() && !signDue
  const isPressing = () => urgent || waiting.size > 0 || queues.has(BATCH)

  function admit(draft: Draft): boolean {
    if (queues.add(draft)) return true
    drop(draft, new AuditError('The audit queue is full: records are dropped and counted.'))
    return false
  }

  function drop({ lane }: Draft, error: AuditError): void {
    if (losses.add(lane, clock())) alarm(error)
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
        pending ??= await take()
        await deliver(pending.entries)
        for (const { kept } of pending.waiters) kept()
        pending = undefined
        settle()
      } catch (cause) {
        if (!down) alarm(new AuditError('The audit trail cannot be written.', { cause }))
        down = true
        if (ending) break
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    } while (pending !== undefined || isPressing())
    running = undefined
    if (!ending && !isEmpty()) wake(false)
  }

  /** It is over when the trail tells also of what was dropped. */
  function settle(): void {
    if (!losses.isEmpty() || (!down && lost === 0)) return
    context.recovered(lost)
    down = false
    lost = 0
  }

  async function take(): Promise<Batch> {
    const entries: AuditEntry[] = []
    const add = (record: UnchainedRecord) => {
      entries.push(chain.add(record))
      unsigned += 1
      if (unsigned >= CHECKPOINT_RECORDS) checkpoint(entries)
    }
    if (!started) {
      const rest = await withinTime(sink.rest?.() ?? { heads: [], torn: [] })
      started = true
      const { heads, torn } = rest
      add({ kind: 'start', time: timeOf(clock()), instance: context.instance, heads, torn })
    }
    const gap = losses.take()
    if (gap !== undefined) {
      lost += gap.keys + gap.allowed + gap.denied
      add(gap)
    }
    const waiters: Waiter[] = []
    for (const draft of queues.take(BATCH)) {
      const others = waiting.get(draft) ?? []
      waiting.delete(draft)
      try {
        add(draft.compose())
        waiters.push(...others)
      } catch (cause) {
        // It takes no other one with it.
        const error = new AuditError('A record could not be made, and is counted.', { cause })
        drop(draft, error)
        for (const { lost } of others) lost(error)
      }
    }
    if (signDue) checkpoint(entries)
    else if (unsigned > 0) scheduleCheckpoint()
    return { entries, waiters }
  }

  function checkpoint(entries: AuditEntry[], last = false): void {
    clearTimeout(signTimer)
    signTimer = undefined
    signDue = false
    unsigned = 0
    if (key === undefined) return
    const time = timeOf(clock())
    entries.push(chain.add({ kind: 'checkpoint', time, ...(last && { last }) }))
  }

  function scheduleCheckpoint(): void {
    if (key === undefined) return
    signTimer ??= setTimeout(() => {
      signTimer = undefined
      signDue = unsigned > 0
      if (signDue) wake(true)
    }, CHECKPOINT_MS).unref()
  }

  async function deliver(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length > 0) await withinTime(sink.write(entries))
  }

  async function flush(): Promise<void> {
    const late = () => new AuditError('The audit trail could not be written within 5 s.')
    const done = (async () => {
      while (!ending && (!isEmpty() || pending !== undefined)) {
        wake(true)
        await running
      }
    })()
    await within(done, CLOSE_MS, late)
  }

  return {
    put(draft) {
      if (admit(draft)) wake(false)
    },
    async commit(draft) {
      if (!admit(draft)) throw new AuditError('The audit queue is full.')
      await new Promise<void>((kept, lost) => {
        waiting.set(draft, [...(waiting.get(draft) ?? []), { kept, lost }])
        wake(true)
      })
    },
    flush,
    async close() {
      try {
        await flush()
        const entries: AuditEntry[] = []
        if (started) checkpoint(entries, true)
        await deliver(entries)
      } finally {
        ending = true
        for (const each of [timer, signTimer]) clearTimeout(each)
        await sink.close?.()
      }
    },
  }
}

async function withinTime<T>(value: T | Promise<T>): Promise<T> {
  const late = () => new AuditError(`A sink did not answer within ${String(HUNG_MS)} ms.`)
  return await within(value, HUNG_MS, late)
}
