import type { MaybePromise } from '../lib/maybe.js'
import type { AuditFilter } from './filter.js'
import type { AuditHead, ChainedRecord, TornLine } from './record.js'

/** The longest line of a trail, in bytes and without its end. A record that does not fit is not written. */
export const MAX_AUDIT_LINE = 4_194_304

/** How many ends of other chains the first record of a writer names. */
export const MAX_AUDIT_HEADS = 64

/** A record and the line that says it: one line of ASCII JSON, without its end. */
export interface AuditEntry {
  readonly record: ChainedRecord
  /** What is hashed and verified: to be kept as it is, byte by byte. */
  readonly line: string
}

/** What a sink holds of others when a writer starts. */
export interface SinkState {
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
  /** What could not be read, by name and with the reason: the trail begins without it. */
  readonly passed?: readonly string[]
}

/** Where a checkpoint stands, if a line is one that is signed with a known key. */
export type CheckpointCheck = (line: string) => AuditHead | undefined

/** Where records go. */
export interface AuditSink {
  /**
   * Keeps records, in their order. Resolves once all of them are on durable storage, or rejects: with an `AuditError` whose `fault` says
   * what to do about it. What was not acknowledged is written again, with the same `writer` and `seq`; also where a call has not answered
   * for 5 s. To have one twice is the same as to have it once.
   */
  write(entries: readonly AuditEntry[]): MaybePromise<void>
  /**
   * How the chains end that are there already, at most `MAX_AUDIT_HEADS` of them: the latest of those that have a checkpoint that is signed, and then of the others, as anybody
   * who can write to the trail can begin a chain. Asked before the first record.
   * @param check tells which lines are checkpoints that the key of the gate has signed; absent where it has none
   */
  state?(check?: CheckpointCheck): MaybePromise<SinkState>
  /** Called once, when nothing more comes. */
  close?(): MaybePromise<void>
}

/** A line of a trail, as it is kept. */
export interface TrailLine {
  readonly line: string
  /** For people: a file and the number of the line in it, or a row. */
  readonly where: string
  /** Broken off before its end. */
  readonly torn?: true
}

/** A trail that can be read. Readers are handed what was kept and judge it: no line is left out for being wrong. */
export interface TrailReader {
  /** All lines, those of each writer in the order of `seq`. With bounds, those outside of them may be left out. */
  lines(range?: TrailRange): AsyncIterable<TrailLine>
  /**
   * Every line that fits what is looked for, newest first by time, id, writer and number, from an index; also where a later word of its event fits no
   * longer. Who asks judges which word holds. It may find fewer than were asked for, where they are large, and is asked again for what is after the last of
   * them, until it finds none. One whose place is none is damaged, and ends nothing. Without it, a query reads all lines.
   */
  find?(search: TrailSearch): MaybePromise<readonly FoundLine[]>
  /** The lines of one chain from a number on, in the order of `seq`. Without it, what `find` finds is never proven. */
  chain?(writer: string, from: number): AsyncIterable<TrailLine>
  /**
   * Goes on from here: each call of what it resolves with answers the lines that were added since the one before. Without it, who follows a
   * trail reads again what is recent.
   */
  follow?(): MaybePromise<() => Promise<readonly string[]>>
}

/** Where an event is in a list of them. Two chains may have events of one time and id: only one of them is what its writer wrote. */
export interface TrailPosition {
  readonly time: string
  readonly id: string
  readonly writer: string
  readonly seq: number
}

/** What is looked for in a trail. */
export interface TrailSearch extends Omit<AuditFilter, 'proven'> {
  /** Only those of these environments, and those of none in particular. A reader that does not look at this member, or the next one, finds more, which is left out afterwards. */
  readonly environments?: readonly string[]
  /** Of accesses, only those for these tenants, and those that were allowed without one. */
  readonly tenants?: readonly string[]
  /** How many lines at most. */
  readonly limit: number
  /** Only what is after this one in that order. */
  readonly after?: TrailPosition
}

/** A line that was found. */
export interface FoundLine extends TrailLine {
  readonly at: TrailPosition
  /** Lines of the same chain with the same `id` that come after it, at most 16, in their order. */
  readonly later?: readonly TrailLine[]
}

/** By the time of records. */
export interface TrailRange {
  readonly since?: Date
  readonly until?: Date
}
