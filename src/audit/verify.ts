import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import { isSignedBy, parseAuditLine, publicKeysOf } from './chain.js'
import { createDoubles, chainedEventsIn } from './doubles.js'
import { createStarts, holdStarts, type ChainState } from './ends.js'
import { createHeld, heldRecord, pathTo, type HeldRecord, type ReadRecord } from './held.js'
import type { ChainedRecord } from './record.js'
import { RETENTION, retentionMs } from './retention.js'
import type { TrailLine } from './sink.js'
import { createTally, type TrailFault, type TrailReport } from './trail-report.js'
import { createLineCount } from './unread.js'

export interface VerifyOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. */
  readonly publicKeys?: readonly string[]
  /** How old a chain must be for its beginning to be pruned. Default `'2192d'`. */
  readonly retention?: Duration
  readonly clock?: Clock
}

/** Of so many that are missing, it is remembered which: they may turn up elsewhere. */
const MAX_GONE = 100_000
/** Of so many that no checkpoint vouches for, the hashes are remembered. */
const MAX_TAIL = 100_000
/** Checkpoints come after at most 1,000 records: what is further back in its chain will have none. */
const MAX_OPEN = 4_000

/**
 * Reads a whole trail and holds each record to its chain. It goes on after what is wrong.
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 */
export async function verifyTrail(
  lines: AsyncIterable<TrailLine> | Iterable<TrailLine>,
  options: VerifyOptions = {},
): Promise<TrailReport> {
  const { retention = RETENTION, clock = Date.now } = options
  const keptMs = retentionMs(retention, 'verifyTrail')
  const keys = publicKeysOf(options.publicKeys ?? [])
  const chains = new Map<string, ChainState>()
  const starts = createStarts()
  const doubles = createDoubles()
  const tally = createTally()
  const held = createHeld(MAX_OPEN)
  const lineCount = createLineCount(tally)
  const { counts, blame, miss, vouch, readTo, findings } = tally
  let tails = 0
  let missed = 0
  /** Whether a checkpoint vouches for anything here. */
  let isVouched = false as boolean

  /** What cannot be linked to a later checkpoint stays unproven. */
  function breakOff(chain: ChainState): void {
    counts.unproven += chain.open
    chain.open = 0
    chain.events.splice(0).forEach(doubles.leave)
    chain.start = undefined
  }

  function isOld({ time }: HeldRecord): boolean {
    return Date.parse(time) <= clock() - keptMs
  }

  function isPruned({ record, signer }: ReadRecord): boolean {
    return isOld(record) && signer === 'known'
  }

  function signerOf(record: ChainedRecord, line: string): ReadRecord['signer'] {
    const key = record.kind === 'checkpoint' ? keys.get(record.signedBy) : undefined
    if (key === undefined) return 'unknown'
    return isSignedBy(line, key) ? 'known' : 'forged'
  }

  function begin(writer: string, next: number, hash: string): ChainState {
    const [gone, tail] = [new Set<number>(), new Map<number, string>()]
    const state = { next, hash, ended: false, open: 0, gone, tail, events: [], start: undefined }
    chains.set(writer, state)
    return state
  }

  function place(read: ReadRecord): ChainState | undefined {
    const { record, where } = read
    const { writer, seq, prev } = record
    const chain = chains.get(writer)
    if (chain === undefined) {
      const begun = begin(writer, seq, prev)
      if (seq > 0 && !isPruned(read)) skip(begun, 0, seq, read)
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
      skip(chain, chain.next, seq, read)
    } else if (prev !== chain.hash) {
      breakOff(chain)
      blame('broken_link', where, record)
      return undefined
    }
    return chain
  }

  function skip(
    chain: ChainState,
    from: number,
    to: number,
    { where, record, unread }: ReadRecord,
  ) {
    const count = to - from - unread
    miss(where, record.writer, from, count)
    // Those that say nothing stand first or last among them: nobody can tell which.
    for (let seq = from; seq < to && missed < MAX_GONE && count > 0; seq++, missed++)
      chain.gone.add(seq)
    chain.next = to
  }

  function take(found: TrailLine): void {
    const record = parseAuditLine(found.line)
    const seen = lineCount.take(found, record)
    if (seen === undefined || record === undefined) return
    const signer = signerOf(record, found.line)
    const read = { ...seen, record: heldRecord(record), signer }
    // Without keys, nothing tells what was added.
    if (keys.size === 0 || chains.get(record.writer)?.ended === true) settle(read)
    else if (signer === 'known') resolve(held.release(record.writer), read)
    else settleOpen(held.hold(read))
  }

  /** A checkpoint says what is of its chain: all else was added, wherever it was read. */
  function resolve(open: readonly ReadRecord[], read: ReadRecord): void {
    const from = chains.get(read.record.writer) ?? { next: 0, hash: '' }
    const path = pathTo(read.record, open, from)
    const { next } = from
    for (const one of [...open, read]) {
      const isAdded = path?.has(one.record.hash) === false && one.record.seq >= next
      if (isAdded) blameAdded('out_of_place', one)
      else settle(one)
    }
  }

  function blameAdded(fault: TrailFault, { record, where, at }: ReadRecord): void {
    readTo(at)
    blame(fault, where, record)
  }

  /** What no checkpoint vouches for: where others have one, what does not follow is a side branch, and nothing is missing before it. */
  function settleOpen(open: readonly ReadRecord[]): void {
    const ends = new Set<string>()
    for (const one of open) {
      const { writer, seq, prev, hash } = one.record
      const known = chains.get(writer) ?? (isVouched ? begin(writer, 0, '') : undefined)
      const { next, hash: last } = known ?? { next: seq, hash: prev }
      // Lines that cannot be read stand for records.
      const follows = seq > next ? seq - next <= one.unread : seq === next && prev === last
      if (!isVouched || follows) settle(one)
      else if (ends.delete(prev)) {
        counts.unproven += 1
        for (const event of chainedEventsIn(one)) doubles.leave(event)
      } else if (seq < next) settle(one)
      else blameAdded(seq > next ? 'out_of_place' : 'broken_link', one)
      if (!follows) ends.add(hash)
    }
  }

  function settle(read: ReadRecord): void {
    const { record, where } = read
    readTo(read.at)
    const known = chains.get(record.writer)
    if (known?.ended === true && record.seq >= known.next) {
      blame('after_end', where, record)
      return
    }
    const chain = place(read)
    if (chain === undefined) {
      // It has the right number, and another past: what follows it is held to it.
      if (known?.next === record.seq)
        Object.assign(known, { next: record.seq + 1, hash: record.hash })
      return
    }
    chain.next = record.seq + 1
    chain.hash = record.hash
    judge(read, chain)
  }

  function judge({ record, signer, where }: ReadRecord, chain: ChainState): void {
    remember(record, where, chain)
    if (record.kind === 'gap') counts.dropped += record.allowed + record.denied + record.keys
    if (tails < MAX_TAIL) {
      chain.tail.set(record.seq, record.hash)
      tails += 1
    }
    if (record.kind !== 'checkpoint') {
      chain.open += 1
      return
    }
    if (signer === 'known') {
      counts.valid += chain.open + 1
      chain.open = 0
      tails -= chain.tail.size
      chain.tail.clear()
    } else if (keys.size === 0) chain.open += 1
    else blame(signer === 'forged' ? 'badly_signed' : 'unknown_signer', where, record)
    if (signer !== 'known' && keys.size > 0) return
    // Without keys nothing is proven; and what a checkpoint stands behind still comes before what has none.
    prove(chain)
    vouch(record.writer, where)
    chain.ended = record.last === true
  }

  function remember(record: HeldRecord, where: string, chain: ChainState): void {
    if (record.kind === 'start') {
      chain.start = { ...record, where, isProven: false }
      starts.add(chain.start)
      if (record.instead) doubles.link(record.writer, record.instead.writer)
    }
    chain.events.push(...chainedEventsIn({ record, where }))
    if (chain.events.length > 2 * MAX_OPEN) chain.events.splice(0, MAX_OPEN).forEach(doubles.leave)
  }

  function prove(chain: ChainState): void {
    isVouched = true
    chain.events.splice(0).forEach(doubles.prove)
    if (chain.start === undefined) return
    chain.start.isProven = true
    doubles.proveLink(chain.start.writer)
    chain.start = undefined
  }

  for await (const line of lines) take(line)
  for (const open of held.rest()) settleOpen(open)
  for (const chain of chains.values()) breakOff(chain)
  holdStarts(starts.all, { chains, torn: lineCount.torn, isVouched, isOld }, tally)
  for (const { where, writer, seq } of doubles.found()) {
    blame('id_taken', where, { writer, seq })
    counts.unproven -= 1
  }
  return { writers: chains.size, ...counts, findings: findings() }
}
