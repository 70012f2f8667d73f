import type { MaybePromise } from '../lib/maybe.js'
import type { AuditFilter } from './filter.js'
import type { AuditHead, ChainedRecord, TornLine } from './record.js'

/** A record and the line that says it: one line of ASCII JSON, without its end. */
export interface AuditEntry {
  readonly record: ChainedRecord
  /** What is hashed and verified: to be kept as it is, byte by byte. */
  readonly line: string
}

/** What a sink holds of others when a writer starts. */
export interface AuditRest {
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
}

/** Where records go. */
export interface AuditSink {
  /**
   * Keeps records, in their order. Resolves once all of them are on durable storage, or rejects. What was not acknowledged is
   * written again, with the same `writer` and `seq`; also where a call has not answered for 5 s. To have one twice is the same as to have it once.
   */
  write(entries: readonly AuditEntry[]): MaybePromise<void>
  /** How the chains end that are there already, at most 64 of them, the latest. Asked before the first record. */
  rest?(): MaybePromise<AuditRest>
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
   * The lines of the events that are looked for, newest first by time and id, each as it was written last: from an index. Without it, a query
   * reads all lines.
   */
  find?(search: TrailSearch): MaybePromise<readonly FoundLine[]>
  /**
   * Goes on from here: each call of what it resolves with answers the lines that were added since the one before. Without it, who follows a
   * trail reads again what is recent.
   */
  follow?(): MaybePromise<() => Promise<readonly string[]>>
}

/** Where an event stands in a list of them. */
export interface TrailPosition {
  readonly time: string
  readonly id: string
}

/** What is looked for in a trail. */
export interface TrailSearch extends AuditFilter {
  /** How many lines at most. */
  readonly limit: number
  /** Only events that are older than this one, or of the same time with a lesser id. */
  readonly after?: TrailPosition
}

/** A line that was found. */
export interface FoundLine extends TrailLine {
  readonly at: TrailPosition
}

/** By the time of records. */
export interface TrailRange {
  readonly since?: Date
  readonly until?: Date
}

/** A sink failed, or did not acknowledge a record in time. */
export class AuditError extends Error {
  override readonly name = 'AuditError'
}
