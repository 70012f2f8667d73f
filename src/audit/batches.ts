import type { KeyObject } from 'node:crypto'
import { AuditError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import { createChain, unchained, type Chain, type UnchainedRecord } from './chain.js'
import { timeOf } from './dropped-records.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditHead, BrokenChain, GapRecord } from './record.js'
import { MAX_AUDIT_HEADS, MAX_AUDIT_LINE, type AuditEntry, type SinkState } from './sink.js'

const CHECKPOINT_RECORDS = 1_000
const CHECKPOINT_MS = 60_000
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
  const { instance, key, clock, newWriter, refuse } = context
  let chain: Chain | undefined
  let unsigned = 0
  let unsignedBytes = 0
  let due = false
  let ending = false
  let timer: NodeJS.Timeout | undefined

  async function begin(instead?: BrokenChain, own?: AuditHead): Promise<FreshChain> {
    const { heads, torn, passed = [] } = await context.state()
    if (passed.length > 0) {
      const message = `The audit trail begins without what it cannot read: ${passed.join('; ')}`
      context.tell(new AuditError(message))
    }
    const others = heads.filter(({ writer }) => writer !== instead?.writer)
    const next = createChain(newWriter(), key)
    const start = next.add({
      ...{ kind: 'start', time: timeOf(clock()), instance },
      ...{ heads: own ? [own, ...others].slice(0, MAX_AUDIT_HEADS) : others, torn },
      ...(passed.length > 0 && { passed }),
      ...(instead && { instead }),
    })
    return { chain: next, start }
  }

  function checkpointIn(current: Chain): Item {
    clearTimeout(timer)
    timer = undefined
    due = false
    unsigned = 0
    unsignedBytes = 0
    const last = ending && { last: true as const }
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
    unsigned += 1
    unsignedBytes += entry.line.length
    const isMuch = unsigned >= CHECKPOINT_RECORDS || unsignedBytes >= CHECKPOINT_BYTES
    const isDue = key !== undefined && isMuch
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
    if (key === undefined) {
      due = false
      return items
    }
    if (due) return [...items, checkpointIn(current)]
    if (unsigned > 0) {
      timer ??= setTimeout(() => {
        timer = undefined
        due = unsigned > 0
        if (due) context.due()
      }, CHECKPOINT_MS).unref()
    }
    return items
  }

  function again(current: Chain, items: readonly Item[]): readonly Item[] {
    const kept = items.flatMap(({ entry, ...item }) => {
      const record = unchained(entry)
      if (record.kind === 'checkpoint') due = true
      return record.kind === 'checkpoint' ? [] : added(current, record, item)
    })
    return signed(current, kept)
  }

  return {
    async make(source) {
      const items: Item[] = []
      if (chain === undefined) {
        const begun = await begin()
        chain = begun.chain
        unsigned = 1
        unsignedBytes = 0
        items.push({ entry: begun.start, waiters: [] })
      }
      const lost = source.gap()
      if (lost !== undefined) items.push(...added(chain, lost, { waiters: [] }))
      let bytes = 0
      for (const item of source.records()) {
        const made = composed(chain, item)
        items.push(...made)
        for (const { entry } of made) bytes += entry.line.length
        if (bytes >= BATCH_BYTES) break
      }
      return signed(chain, items)
    },
    withoutFirst(items) {
      const [first, ...others] = items
      if (first === undefined || chain === undefined) return items
      chain.takeBack(first.entry)
      return again(chain, others)
    },
    fresh(items, why) {
      const { writer = '', seq = 0, prev = '' } = items[0]?.entry.record ?? {}
      const own = seq === 0 ? undefined : { writer, seq: seq - 1, hash: prev }
      return begin({ writer, seq, why }, own)
    },
    movedTo(fresh, items) {
      chain = fresh.chain
      unsigned = 1
      unsignedBytes = 0
      return again(
        fresh.chain,
        items.filter(({ entry }) => entry.record.kind !== 'start'),
      )
    },
    isCheckpointDue: () => due,
    end() {
      ending = true
      due = chain !== undefined && key !== undefined
    },
    stop() {
      clearTimeout(timer)
    },
  }
}
