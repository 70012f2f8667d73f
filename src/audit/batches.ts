import type { KeyObject } from 'node:crypto'
import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { createChain, unchained, type Chain, type UnchainedRecord } from './chain.js'
import { CheckpointSchedule } from './checkpoint-schedule.js'
import { timeOf } from './dropped-records.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditHead, BrokenChain, GapRecord } from './record.js'
import { MAX_AUDIT_HEADS, MAX_AUDIT_LINE, type AuditEntry, type SinkState } from './sink.js'

/** Readers keep what no checkpoint vouches for. */
const CHECKPOINT_BYTES = MAX_AUDIT_LINE
/** What is written at once has little more than the longest record. */
const BATCH_BYTES = MAX_AUDIT_LINE

/** Somebody who waits for a record to be kept. */
export interface Waiter {
  readonly kept: () => void
  readonly lost: (error: AuditError) => void
}

/** A record in its place, and who waits for it. */
export interface Item {
  readonly entry: AuditEntry
  /** Absent: a word of the trail itself. */
  readonly pending?: PendingRecord
  readonly waiters: readonly Waiter[]
}

/** What is to be written. Both are asked only once a chain has begun. */
export interface BatchSource {
  gap(): GapRecord | undefined
  records(): Iterable<{ readonly pending: PendingRecord; readonly waiters: readonly Waiter[] }>
}

export interface BatchContext {
  readonly instance: string
  readonly key: KeyObject | undefined
  readonly clock: Clock
  /** A name for a chain, other than all before it. */
  readonly newWriter: () => string
  /** How other chains end, and what could not be read. */
  readonly state: () => Promise<SinkState>
  /** Nothing can be made of a record, and whoever waits for it is to be told. */
  readonly refuse: (item: Omit<Item, 'entry'>, error: AuditError) => void
  /** The trail begins without something that it cannot read. */
  readonly tell: (error: AuditError) => void
  /** A checkpoint is due. */
  readonly due: () => void
}

/** A chain that has a start, and nothing else yet. */
export interface FreshChain {
  readonly chain: Chain
  readonly start: AuditEntry
}

/** Makes entries of records, in one chain after the other. */
export interface Batches {
  make(source: BatchSource): Promise<readonly Item[]>
  /** The same in the same chain, without the first: it is not kept, and its place is the next one's. */
  withoutFirst(items: readonly Item[]): readonly Item[]
  /** Another chain, for what the one before cannot take. */
  fresh(items: readonly Item[], why: BrokenChain['why']): Promise<FreshChain>
  /** The same records in a fresh chain, behind its start; all that follows goes on there. */
  movedTo(fresh: FreshChain, items: readonly Item[]): readonly Item[]
  isCheckpointDue(): boolean
  /** The next batch ends with the last checkpoint. */
  end(): void
  stop(): void
}

export function createBatches(context: BatchContext): Batches {
  const { clock, refuse } = context
  const schedule = new CheckpointSchedule(context.key !== undefined, CHECKPOINT_BYTES, context.due)
  const entries = createEntries({ clock, refuse, schedule })
  let chain: Chain | undefined

  function goOn(fresh: FreshChain): Chain {
    chain = fresh.chain
    schedule.begin()
    return chain
  }

  async function firstChain(items: Item[]): Promise<Chain> {
    const begun = await begin(context)
    items.push({ entry: begun.start, waiters: [] })
    return goOn(begun)
  }

  return {
    async make(source) {
      const items: Item[] = []
      const current = chain ?? (await firstChain(items))
      const lost = source.gap()
      if (lost !== undefined) items.push(...entries.added(current, lost, { waiters: [] }))
      let bytes = 0
      for (const item of source.records()) {
        const made = entries.composed(current, item)
        items.push(...made)
        for (const { entry } of made) bytes += entry.line.length
        if (bytes >= BATCH_BYTES) break
      }
      return entries.signed(current, items)
    },
    withoutFirst(items) {
      const [first, ...others] = items
      if (first === undefined || chain === undefined) return items
      chain.takeBack(first.entry)
      return entries.again(chain, others)
    },
    fresh(items, why) {
      const { writer = '', seq = 0, prev = '' } = items[0]?.entry.record ?? {}
      const own = seq === 0 ? undefined : { writer, seq: seq - 1, hash: prev }
      return begin(context, { writer, seq, why }, own)
    },
    movedTo(fresh, items) {
      const others = items.filter(({ entry }) => entry.record.kind !== 'start')
      return entries.again(goOn(fresh), others)
    },
    isCheckpointDue: () => schedule.isDue,
    end() {
      entries.end()
      if (chain !== undefined) schedule.demand()
    },
    stop() {
      schedule.stop()
    },
  }
}

/** A chain that begins with how the others end. */
async function begin(
  { instance, key, clock, newWriter, state, tell }: BatchContext,
  instead?: BrokenChain,
  own?: AuditHead,
): Promise<FreshChain> {
  const { heads, torn, passed = [] } = await state()
  if (passed.length > 0) {
    const message = `The audit trail begins without what it cannot read: ${passed.join('; ')}`
    tell(new AuditError(message))
  }
  const others = heads.filter(({ writer }) => writer !== instead?.writer)
  const chain = createChain(newWriter(), key)
  const start = chain.add({
    ...{ kind: 'start', time: timeOf(clock()), instance },
    ...{ heads: own ? [own, ...others].slice(0, MAX_AUDIT_HEADS) : others, torn },
    ...(passed.length > 0 && { passed }),
    ...(instead && { instead }),
  })
  return { chain, start }
}

/** Puts records into a chain, and checkpoints behind them. */
function createEntries({
  clock,
  refuse,
  schedule,
}: Pick<BatchContext, 'clock' | 'refuse'> & { readonly schedule: CheckpointSchedule }) {
  let isEnding = false

  function checkpointIn(current: Chain): Item {
    schedule.signed()
    const last = isEnding && { last: true as const }
    const entry = current.add({ kind: 'checkpoint', time: timeOf(clock()), ...last })
    return { entry, waiters: [] }
  }

  /** The item, and a checkpoint where so many records have none. */
  function added(current: Chain, record: UnchainedRecord, item: Omit<Item, 'entry'>): Item[] {
    const entry = current.add(record)
    if (entry.line.length > MAX_AUDIT_LINE) {
      current.takeBack(entry)
      const bound = `${String(MAX_AUDIT_LINE)} bytes`
      refuse(item, new AuditError(`A record is longer than ${bound}, and is counted.`))
      return []
    }
    const isDue = schedule.count(entry.line.length)
    return isDue ? [{ ...item, entry }, checkpointIn(current)] : [{ ...item, entry }]
  }

  function composed(
    current: Chain,
    item: Omit<Item, 'entry'> & { readonly pending: PendingRecord },
  ): Item[] {
    try {
      return added(current, item.pending.compose(), item)
    } catch (cause) {
      // It takes no other one with it.
      refuse(item, new AuditError('A record could not be made, and is counted.', { cause }))
      return []
    }
  }

  /** Now where one is due, or else later. */
  function signed(current: Chain, items: readonly Item[]): readonly Item[] {
    if (schedule.isDue) return [...items, checkpointIn(current)]
    schedule.plan()
    return items
  }

  function again(current: Chain, items: readonly Item[]): readonly Item[] {
    const kept = items.flatMap(({ entry, ...item }) => {
      const record = unchained(entry)
      if (record.kind === 'checkpoint') schedule.demand()
      return record.kind === 'checkpoint' ? [] : added(current, record, item)
    })
    return signed(current, kept)
  }

  return {
    ...{ added, composed, signed, again },
    end() {
      isEnding = true
    },
  }
}
