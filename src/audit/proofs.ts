import type { KeyObject } from 'node:crypto'
import { isSignedBy, parseAuditLine } from './chain.js'
import type { TrailReader } from './sink.js'
import type { EventRecord } from './words.js'

/** Checkpoints come after at most 1,000 records. What is this long without one has none. */
const MAX_SPAN = 4_000

/** Records of a chain that follow each other, up to the checkpoint that vouches for all of them. */
interface Span {
  readonly from: number
  /** The last record that was read. */
  readonly to: number
  readonly isVouchedFor: boolean
  /** The checkpoint said that nothing follows. */
  readonly isLast: boolean
}

/** What checkpoints say of events that an index has found. */
export interface Proofs {
  isProven(event: EventRecord): Promise<boolean>
  /** Whether a later word of an event, in its chain, holds. */
  holds(event: EventRecord, later: EventRecord): Promise<boolean>
}

/** @param keys whose checkpoints vouch; without any, each one keeps what is before it from being replaced, and proves nothing */
export function createProofs(
  reader: Pick<TrailReader, 'chain'>,
  keys: ReadonlyMap<string, KeyObject>,
): Proofs {
  const known = new Map<string, Span[]>()

  async function spanOf({ writer, seq, hash }: EventRecord): Promise<Span> {
    const spans = known.get(writer) ?? []
    known.set(writer, spans)
    const before = spans.find(({ from, to }) => from <= seq && seq <= to)
    if (before !== undefined) return before
    const span = await read(writer, seq, hash)
    spans.push(span)
    return span
  }

  async function read(writer: string, from: number, first: string): Promise<Span> {
    const none = { from, isVouchedFor: false, isLast: false }
    let to = from
    let hash = first
    for await (const { line } of reader.chain?.(writer, from) ?? []) {
      const record = parseAuditLine(line)
      if (record === undefined || record.seq - from >= MAX_SPAN) break
      const follows = record.seq === to + 1 && record.prev === hash
      if (record.seq === from ? record.hash !== first : !follows) break
      to = record.seq
      hash = record.hash
      if (record.kind !== 'checkpoint') continue
      const key = keys.get(record.signedBy)
      const isTrusted = keys.size === 0 || (key !== undefined && isSignedBy(line, key))
      if (isTrusted) return { from, to, isVouchedFor: true, isLast: record.last === true }
    }
    return { ...none, to }
  }

  return {
    isProven: async (event) => keys.size > 0 && (await spanOf(event)).isVouchedFor,
    async holds(event, later) {
      if (reader.chain === undefined) return true
      const span = await spanOf(event)
      if (!span.isVouchedFor || later.seq <= span.to) return true
      return !span.isLast && (await spanOf(later)).isVouchedFor
    },
  }
}
