import { hash } from 'node:crypto'
import type { Clock } from '../lib/clock.js'
import { isSignedBy, openAuditLine, publicKeysOf } from './chain.js'
import type { AuditHead, ChainedRecord, StartRecord } from './record.js'
import { createTally, type TrailReport } from './report.js'
import type { TrailLine } from './sink.js'

/** For how long records are kept: six years and a day more for each leap year there can be. */
export const RETENTION_DAYS = 2_192

export interface VerifyOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. */
  readonly publicKeys?: readonly string[]
  /** How old a chain must be for its beginning to be pruned. Default 2,192 days. */
  readonly retentionDays?: number
  readonly clock?: Clock
}

interface ChainState {
  next: number
  hash: string
  /** Records since the last checkpoint, or the last break. */
  open: number
  readonly gone: Set<number>
  /** The hashes of those that no checkpoint vouches for: another process may have seen how the chain ended. */
  readonly tail: Map<number, string>
}

/** Of so many that are missing, it is remembered which: they may turn up elsewhere. */
const MAX_GONE = 100_000
/** Of so many that no checkpoint vouches for, the hashes are remembered. */
const MAX_TAIL = 100_000
const DAY_MS = 86_400_000

/**
 * Reads a whole trail and holds each record to its chain. It goes on after what is wrong.
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 */
export async function verifyTrail(
  lines: AsyncIterable<TrailLine> | Iterable<TrailLine>,
  options: VerifyOptions = {},
): Promise<TrailReport> {
  const { retentionDays = RETENTION_DAYS, clock = Date.now } = options
  const keys = publicKeysOf(options.publicKeys ?? [])
  const chains = new Map<string, ChainState>()
  const starts: (StartRecord & { readonly where: string })[] = []
  const torn = new Map<string, string>()
  const { counts, findings, tell, blame, miss } = createTally()
  /** Lines that say nothing since the last one that did: they stand where records are missing. */
  let unread = 0
  /** In which file they stand, and whose record is before them. */
  let unreadIn = ''
  let before: string | undefined
  let held = 0
  let missed = 0

  /** What cannot be linked to a later checkpoint stays unproven. */
  function breakOff(chain: ChainState): void {
    counts.unproven += chain.open
    chain.open = 0
  }

  function isPruned(record: ChainedRecord, line: string): boolean {
    const isOld = Date.parse(record.time) <= clock() - retentionDays * DAY_MS
    return isOld && record.kind === 'checkpoint' && signerOf(record, line) === 'known'
  }

  function signerOf(record: ChainedRecord, line: string): 'known' | 'unknown' | 'forged' {
    const key = record.kind === 'checkpoint' ? keys.get(record.signedBy) : undefined
    if (key === undefined) return 'unknown'
    return isSignedBy(line, key) ? 'known' : 'forged'
  }

  function place(record: ChainedRecord, { line, where }: TrailLine): ChainState | undefined {
    const { writer, seq, prev } = record
    const chain = chains.get(writer)
    if (chain === undefined) {
      const [gone, tail] = [new Set<number>(), new Map<number, string>()]
      const begun = { next: seq, hash: prev, open: 0, gone, tail }
      chains.set(writer, begun)
      if (seq > 0 && !isPruned(record, line)) skip(begun, 0, seq, where, writer)
      return begun
    }
    if (seq < chain.next) {
      // One that was moved was missed before; one that was doubled was not.
      if (chain.gone.delete(seq)) counts.missing -= 1
      blame('out_of_place', where, record)
      return undefined
    }
    if (seq > chain.next) {
      breakOff(chain)
      skip(chain, chain.next, seq, where, writer)
    } else if (prev !== chain.hash) {
      breakOff(chain)
      blame('does_not_follow', where, record)
      return undefined
    }
    return chain
  }

  function skip(chain: ChainState, from: number, to: number, where: string, writer: string): void {
    const count = to - from - unread
    miss(where, writer, from, count)
    // Those that say nothing stand first or last among them: nobody can tell which.
    for (let seq = from; seq < to && missed < MAX_GONE && count > 0; seq++, missed++)
      chain.gone.add(seq)
    chain.next = to
  }

  function take(found: TrailLine): void {
    const record = openAuditLine(found.line)
    if (found.torn && record === undefined) {
      counts.torn += 1
      tell({ fault: 'torn', where: found.where })
      const bytes = Buffer.from(found.line, 'latin1')
      torn.set(found.where.replace(/:\d+$/, ''), hash('sha256', bytes, 'base64url'))
      return
    }
    if (record === undefined) {
      const file = fileOf(found)
      unread = unreadIn === file ? unread + 1 : 1
      unreadIn = file
      blame('changed', found.where)
      return
    }
    // At the end of another chain, they stand for nothing of this one.
    if (unread > 0 && record.writer !== before && fileOf(found) !== unreadIn) unread = 0
    const chain = place(record, found)
    unread = 0
    before = record.writer
    if (chain === undefined) {
      const own = chains.get(record.writer)
      // It has the right number, and another past: what follows it is held to it.
      if (own?.next === record.seq) Object.assign(own, { next: record.seq + 1, hash: record.hash })
      return
    }
    chain.next = record.seq + 1
    chain.hash = record.hash
    judge(record, found, chain)
  }

  function judge(record: ChainedRecord, { line, where }: TrailLine, chain: ChainState): void {
    if (record.kind === 'start') starts.push({ ...record, where })
    if (record.kind === 'gap') counts.dropped += record.allowed + record.denied + record.keys
    if (held < MAX_TAIL) {
      chain.tail.set(record.seq, record.hash)
      held += 1
    }
    if (record.kind !== 'checkpoint' || keys.size === 0) {
      chain.open += 1
      return
    }
    const signer = signerOf(record, line)
    if (signer === 'known') {
      counts.valid += chain.open + 1
      chain.open = 0
      held -= chain.tail.size
      chain.tail.clear()
    } else blame(signer === 'forged' ? 'badly_signed' : 'unknown_signer', where, record)
  }

  /** What one writer has seen of another must still be there. */
  function hold(head: AuditHead, start: StartRecord & { readonly where: string }): void {
    const chain = chains.get(head.writer)
    if (chain === undefined) {
      const isOld = Date.parse(start.time) <= clock() - retentionDays * DAY_MS
      if (!isOld) miss(start.where, head.writer, 0, head.seq + 1)
      return
    }
    const left = head.seq + 1 - chain.next
    miss(start.where, head.writer, chain.next, left)
    const there = chain.tail.get(head.seq) ?? (left === 0 ? chain.hash : head.hash)
    if (left <= 0 && there !== head.hash) blame('changed', start.where, head)
    // Others may have seen it too.
    if (left > 0) chain.next = head.seq + 1
    chain.tail.set(head.seq, head.hash)
  }

  for await (const line of lines) take(line)
  for (const start of starts) {
    for (const head of start.heads) hold(head, start)
    for (const { where, hash: kept } of start.torn) {
      if ((torn.get(where) ?? kept) !== kept) blame('changed', where)
    }
  }
  for (const chain of chains.values()) breakOff(chain)
  return { writers: chains.size, ...counts, findings }
}

/** The place of a line without the number at its end. */
function fileOf({ where }: TrailLine): string {
  return where.replace(/\d+$/, '')
}
