import { bytesOf, weightOfJson } from '../lib/weight.js'
import type {
  ChainedRecord,
  ChainPlace,
  CheckpointRecord,
  GapRecord,
  StartRecord,
} from './record.js'
import { isComplete, type EventRecord } from './words.js'

/** Records of all chains together that wait for a checkpoint, and how many bytes they take by estimate. */
const MAX_HELD = 200_000
const MAX_WEIGHT = 134_217_728

/** The place of an event in its chain, without what it tells: that may be much, and verifies by its hash. */
export interface UnprovenEvent extends ChainPlace {
  readonly kind: EventRecord['kind']
  readonly id: string
  readonly time: string
  readonly isComplete: boolean
}

/** As much of a record as its chain is held to. */
export type UnprovenRecord =
  UnprovenEvent | (ChainPlace & (Omit<CheckpointRecord, 'signature'> | GapRecord | StartRecord))

/** The start of a chain, where it was read. */
export type ReadStart = StartRecord &
  ChainPlace & { readonly where: string; /** A checkpoint vouches for it. */ isProven: boolean }

/** A record where it was read. */
export interface ReadRecord {
  readonly record: UnprovenRecord
  /** Who has signed it, if it is a checkpoint. */
  readonly signer: 'known' | 'unknown' | 'forged'
  readonly where: string
  /** How many lines are before it in the order of reading, and how many of them, directly before it, say nothing. */
  readonly at: number
  readonly unread: number
}

/** Keeps records until a checkpoint says which of them its chain has: others may have been added, and read first. */
export interface UnprovenRecords {
  /** Answers with the oldest ones, if there are too many. */
  readonly hold: (one: ReadRecord) => readonly ReadRecord[]
  /** All of a chain, in the order of reading; none of them is held any more. */
  readonly release: (writer: string) => readonly ReadRecord[]
  /** Those that are left, chain by chain. */
  readonly rest: () => Iterable<readonly ReadRecord[]>
}

interface OfChain {
  readonly records: ReadRecord[]
  weight: number
}

/** @param most of one chain */
export function createUnprovenRecords(most: number): UnprovenRecords {
  /** Those first that were begun first. */
  const chains = new Map<string, OfChain>()
  let count = 0
  let weight = 0

  function release(writer: string): readonly ReadRecord[] {
    const own = chains.get(writer) ?? { records: [], weight: 0 }
    chains.delete(writer)
    count -= own.records.length
    weight -= own.weight
    return own.records
  }

  /** Half of a chain: those of its writer are among the last ones, until a checkpoint comes. */
  function releaseOldest(own: OfChain): readonly ReadRecord[] {
    const oldest = own.records.splice(0, Math.ceil(own.records.length / 2))
    const less = oldest.reduce((sum, one) => sum + weightOf(one), 0)
    own.weight -= less
    count -= oldest.length
    weight -= less
    return oldest
  }

  /** Anybody can add chains: one that is read just now gives way last. */
  function oldest(current: string): string {
    for (const writer of chains.keys()) if (writer !== current) return writer
    return current
  }

  return {
    hold(one) {
      const { writer } = one.record
      const own = chains.get(writer) ?? { records: [], weight: 0 }
      const more = weightOf(one)
      chains.set(writer, own)
      own.records.push(one)
      own.weight += more
      count += 1
      weight += more
      if (own.records.length > most) return releaseOldest(own)
      const released: ReadRecord[] = []
      while (count > MAX_HELD || weight > MAX_WEIGHT) {
        const other = oldest(writer)
        released.push(...(other === writer ? releaseOldest(own) : release(other)))
      }
      return released
    },
    release,
    *rest() {
      for (const writer of [...chains.keys()]) yield release(writer)
    },
  }
}

function weightOf({ record, where }: ReadRecord): number {
  return weightOfJson(record) + bytesOf(where)
}

export function unprovenRecord(record: ChainedRecord): UnprovenRecord {
  const { v, writer, seq, prev, hash, time } = record
  const place = { v, writer, seq, prev, hash, time }
  switch (record.kind) {
    case 'access':
    case 'key':
    case 'enrollment':
      return { ...place, kind: record.kind, id: record.id, isComplete: isComplete(record) }
    case 'gap': {
      const { kind, allowed, denied, keys, since } = record
      return { ...place, kind, allowed, denied, keys, since }
    }
    case 'checkpoint': {
      const { kind, signedBy, last } = record
      return { ...place, kind, signedBy, ...(last && { last }) }
    }
    case 'start':
      return record
  }
}

/**
 * The hashes of the records that lead to a checkpoint, if all of them are there.
 * @param from where the chain had come to before
 */
export function pathTo(
  checkpoint: UnprovenRecord,
  records: readonly ReadRecord[],
  from: { readonly next: number; readonly hash: string },
): ReadonlySet<string> | undefined {
  const byHash = new Map(records.map(({ record }) => [record.hash, record]))
  const path = new Set<string>()
  let one: UnprovenRecord | undefined = checkpoint
  while (one !== undefined && !path.has(one.hash)) {
    path.add(one.hash)
    if (one.seq === from.next && one.prev === from.hash) return path
    const before = byHash.get(one.prev)
    one = before?.seq === one.seq - 1 ? before : undefined
  }
  return undefined
}
