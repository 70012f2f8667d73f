import { MisuseError } from '../core/errors.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { KeyObject } from 'node:crypto'
import { isSignedBy, parseAuditLine, publicKeysOf } from './chain.js'
import type { ChainPoint, ChainState } from './chain-states.js'
import { checkStarts } from './start-records.js'
import {
  createUnprovenRecords,
  unprovenRecord,
  pathTo,
  type UnprovenRecord,
  type ReadRecord,
} from './unproven-records.js'
import { ChainCheck } from './chain-check.js'
import type { ChainedRecord } from './record.js'
import { RETENTION, retentionMs } from './retention.js'
import type { TrailLine } from './sink.js'
import type { TrailFault } from './findings.js'
import { createTally, type TrailReport } from './trail-report.js'
import { createLineCount } from './unread.js'

export interface VerifyOptions {
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. */
  readonly publicKeys?: readonly string[]
  /** How old a chain must be for its beginning to be pruned. Default `'2192d'`. */
  readonly retention?: Duration
  readonly clock?: Clock
}

/** Records of one chain that wait for a checkpoint, which comes after at most 1,000: there may be others among them, which anybody has added. */
const MAX_OPEN = 50_000

/**
 * Reads a whole trail and holds each record to its chain. It goes on after what is wrong.
 * @throws {MisuseError} for a public key that is none @throws what the reader throws
 * @example const { valid, missing, invalid } = await verifyTrail(createAuditFiles('/var/log/api/audit').lines(), { publicKeys })
 */
export async function verifyTrail(
  lines: AsyncIterable<TrailLine> | Iterable<TrailLine>,
  options: VerifyOptions = {},
): Promise<TrailReport> {
  const { retention = RETENTION, clock = Date.now } = options
  checkLines(lines)
  const keptMs = retentionMs(retention, 'verifyTrail')
  const isOld = ({ time }: UnprovenRecord) => Date.parse(time) <= clock() - keptMs
  const verification = new Verification(publicKeysOf(options.publicKeys ?? []), isOld)
  for await (const line of lines) verification.take(line)
  return verification.report()
}

function checkLines(given: unknown): void {
  const isRead =
    typeof given === 'object' &&
    given !== null &&
    (Symbol.asyncIterator in given || Symbol.iterator in given)
  if (isRead) return
  const message =
    "verifyTrail: the lines of a trail must be given; write verifyTrail(createAuditFiles('/var/log/api/audit').lines())"
  throw new MisuseError('invalid_option', message)
}

class Verification {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #isOld: (record: UnprovenRecord) => boolean
  readonly #tally = createTally()
  readonly #lineCount = createLineCount(this.#tally)
  readonly #held = createUnprovenRecords(MAX_OPEN)
  readonly #chainCheck: ChainCheck

  constructor(keys: ReadonlyMap<string, KeyObject>, isOld: (record: UnprovenRecord) => boolean) {
    this.#keys = keys
    this.#isOld = isOld
    this.#chainCheck = new ChainCheck({ tally: this.#tally, isKeyed: keys.size > 0, isOld })
  }

  take(found: TrailLine): void {
    const record = parseAuditLine(found.line)
    const seen = this.#lineCount.take(found, record)
    if (seen === undefined || record === undefined) return
    const signer = this.#signerOf(record, found.line)
    const read = { ...seen, record: unprovenRecord(record), signer }
    const { chains } = this.#chainCheck
    // Without keys, nothing tells what was added.
    if (this.#keys.size === 0 || chains.get(record.writer)?.ended === true)
      this.#chainCheck.settle(read)
    else if (signer === 'known') this.#resolve(this.#held.release(record.writer), read)
    else this.#settleOpen(this.#held.hold(read), true)
  }

  report(): TrailReport {
    const { chains, checkpoints } = this.#chainCheck
    const { counts, blame, findings } = this.#tally
    for (const open of this.#held.rest()) this.#settleOpen(open, false)
    for (const chain of chains.all()) this.#chainCheck.breakOff(chain)
    const { isVouched, doubles, starts } = checkpoints
    const trail = { chains, torn: this.#lineCount.torn, isVouched, isOld: this.#isOld }
    checkStarts(starts.all(), trail, this.#tally)
    for (const { where, writer, seq } of doubles.found()) {
      blame('id_taken', where, { writer, seq })
      counts.unproven -= 1
    }
    return { writers: chains.count(), ...counts, findings: findings() }
  }

  #signerOf(record: ChainedRecord, line: string): ReadRecord['signer'] {
    const key = record.kind === 'checkpoint' ? this.#keys.get(record.signedBy) : undefined
    if (key === undefined) return 'unknown'
    return isSignedBy(line, key) ? 'known' : 'forged'
  }

  /** A checkpoint says what is of its chain: all else was added, wherever it was read. */
  #resolve(open: readonly ReadRecord[], read: ReadRecord): void {
    const chain = this.#chainCheck.chains.get(read.record.writer)
    const { from, path } = pathFromAny(read.record, open, pointsOf(chain))
    if (path === undefined && chain?.overflow !== undefined) {
      this.#chainCheck.resume(chain, open, read)
      return
    }
    if (chain !== undefined && from !== chain) this.#chainCheck.rewind(chain)
    const { next } = from
    for (const one of [...open, read]) {
      const isAdded = path?.has(one.record.hash) === false && one.record.seq >= next
      if (isAdded) this.#blameAdded('out_of_place', one)
      else this.#chainCheck.settle(one)
    }
  }

  #blameAdded(fault: TrailFault, { record, where, at }: ReadRecord): void {
    this.#tally.readTo(at)
    this.#tally.blame(fault, where, record)
  }

  /**
   * What no checkpoint vouches for: where others have one, what does not follow is a side branch, and nothing is missing before it. The same where there was no
   * room for more, as a checkpoint may come yet.
   */
  #settleOpen(open: readonly ReadRecord[], isOverflow: boolean): void {
    const { chains, checkpoints } = this.#chainCheck
    const isStrict = checkpoints.isVouched || isOverflow
    const ends = new Set<string>()
    for (const one of open) {
      const { writer, seq, prev, hash } = one.record
      const known =
        chains.get(writer) ?? (isStrict ? chains.begin(writer, { next: 0, hash: '' }) : undefined)
      if (isOverflow && known !== undefined) known.overflow = { where: one.where, writer, seq }
      const { next, hash: last } = known ?? { next: seq, hash: prev }
      // Lines that cannot be read stand for records.
      const follows = seq > next ? seq - next <= one.unread : seq === next && prev === last
      if (!isStrict || follows) this.#chainCheck.settle(one)
      else if (ends.delete(prev)) checkpoints.leave(one)
      else if (seq < next) this.#chainCheck.settle(one)
      else this.#blameAdded(seq > next || isOverflow ? 'out_of_place' : 'broken_link', one)
      if (!follows) ends.add(hash)
    }
  }
}

/** From where a checkpoint may go on: what was placed since the last one may all have been added. */
function pointsOf(chain: ChainState | undefined): readonly [ChainPoint, ...ChainPoint[]] {
  if (chain === undefined) return [{ next: 0, hash: '' }]
  return chain.overflow === undefined ? [chain] : [chain, chain.anchor]
}

function pathFromAny(
  record: UnprovenRecord,
  open: readonly ReadRecord[],
  points: readonly [ChainPoint, ...ChainPoint[]],
): { readonly from: ChainPoint; readonly path: ReadonlySet<string> | undefined } {
  for (const from of points) {
    const path = pathTo(record, open, from)
    if (path !== undefined) return { from, path }
  }
  return { from: points[0], path: undefined }
}
