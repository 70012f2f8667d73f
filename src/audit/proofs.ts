import type { KeyObject } from 'node:crypto'
import { isSignedBy, parseAuditLine } from './chain.js'
import { MAX_AUDIT_LINE, type TrailReader } from './sink.js'
import type { EventRecord } from './words.js'

/** Checkpoints come after at most 1,000 records, and soon after 4 MiB. What is this long without one has none. */
const MAX_SPAN = 4_000
const MAX_SPAN_BYTES = 4 * MAX_AUDIT_LINE

/** Records of a chain that follow each other, up to the checkpoint that vouches for all of them. */
interface Span {
  readonly from: number
  /** The hash of the first record. */
  readonly first: string
  /** The last record that was read. */
  readonly to: number
  readonly isVouchedFor: boolean
  /** The checkpoint said that nothing follows. */
  readonly isLast: boolean
}

/** What checkpoints say of events that an index has found. */
export interface Proofs {
  /** Reads what the next questions need: a chain once, however many of its events are asked for. */
  prepare(events: readonly EventRecord[]): Promise<void>
  isProven(event: EventRecord): Promise<boolean>
  /** Whether a later word of an event, in its chain, holds. */
  holds(event: EventRecord, later: EventRecord): Promise<boolean>
  /** How many characters were read so far. */
  spent(): number
}

/** @param keys whose checkpoints vouch; without any, each one keeps what is before it from being replaced, and proves nothing */
export function createProofs(
  reader: Pick<TrailReader, 'chain'>,
  keys: ReadonlyMap<string, KeyObject>,
): Proofs {
  const known = new Map<string, Span[]>()
  let spent = 0

  async function spanOf({ writer, seq, hash }: EventRecord): Promise<Span> {
    const spans = known.get(writer) ?? []
    known.set(writer, spans)
    const before = spans.find(({ from, to }) => from <= seq && seq <= to)
    if (before !== undefined) return before
    const span = await read(writer, seq, hash, spans)
    spans.push(span)
    return span
  }

  async function read(
    writer: string,
    from: number,
    first: string,
    spans: readonly Span[],
  ): Promise<Span> {
    const none = { from, first, isVouchedFor: false, isLast: false }
    let to = from
    let hash = first
    let bytes = 0
    for await (const { line } of reader.chain?.(writer, from) ?? []) {
      const record = parseAuditLine(line)
      bytes += line.length
      spent += line.length
      const isOver = record === undefined || record.seq - from >= MAX_SPAN || bytes > MAX_SPAN_BYTES
      if (isOver) break
      const follows = record.seq === to + 1 && record.prev === hash
      if (record.seq === from ? record.hash !== first : !follows) break
      const met = spans.find((one) => one.from === record.seq && one.first === record.hash)
      if (met !== undefined) return { ...met, from, first }
      to = record.seq
      hash = record.hash
      if (record.kind === 'checkpoint' && isTrusted(record.signedBy, line)) {
        return { from, first, to, isVouchedFor: true, isLast: record.last === true }
      }
    }
    return { ...none, to }
  }

  function isTrusted(signedBy: string, line: string): boolean {
    const key = keys.get(signedBy)
    return keys.size === 0 || (key !== undefined && isSignedBy(line, key))
  }

  return {
    async prepare(events) {
      if (keys.size === 0) return
      for (const event of [...events].sort((a, b) => a.seq - b.seq)) await spanOf(event)
    },
    isProven: async (event) => keys.size > 0 && (await spanOf(event)).isVouchedFor,
    async holds(event, later) {
      if (reader.chain === undefined) return true
      const span = await spanOf(event)
      if (!span.isVouchedFor || later.seq <= span.to) return true
      return !span.isLast && (await spanOf(later)).isVouchedFor
    },
    spent: () => spent,
  }
}
