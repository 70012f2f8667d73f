import { isSignedBy, parseAuditLine, publicKeysOf } from './chain.js'
import type { AuditHead, ChainedRecord } from './record.js'
import type { CheckpointCheck } from './sink.js'

/**
 * Tells checkpoints that some keys have signed from lines that anybody can write.
 * @param publicKeys PEM (SPKI) of Ed25519 keys @throws {MisuseError} for one that is none
 */
export function checkpointCheck(publicKeys: readonly string[]): CheckpointCheck {
  const keys = publicKeysOf(publicKeys)
  return (line) => {
    // Most lines are none, and to open one is dear.
    const record = line.includes('"signature":') ? parseAuditLine(line) : undefined
    if (record?.kind !== 'checkpoint') return undefined
    const key = keys.get(record.signedBy)
    return key !== undefined && isSignedBy(line, key) ? headOf(record) : undefined
  }
}

/** How a chain ends. */
export interface ChainEnd {
  readonly head: AuditHead
  /** There is a signed checkpoint among the lines. */
  readonly isProven: boolean
}

/**
 * How a chain ends: with the last record that follows its last signed checkpoint by number and hash. Where there is none among the lines, with the last one.
 * @param newestFirst the last lines of the chain; those of others among them are left out
 */
export function endOfChain(
  newestFirst: Iterable<string>,
  writer: string,
  check: CheckpointCheck = () => undefined,
): ChainEnd | undefined {
  const records: ChainedRecord[] = []
  for (const line of newestFirst) {
    const record = parseAuditLine(line)
    if (record?.writer !== writer) continue
    records.push(record)
    if (check(line) === undefined) continue
    const last = records.reduceRight((end, one) => (follows(one, end) ? one : end), record)
    return { head: headOf(last), isProven: true }
  }
  const [last] = records
  return last && { head: headOf(last), isProven: false }
}

function follows(record: ChainedRecord, before: ChainedRecord): boolean {
  return record.seq === before.seq + 1 && record.prev === before.hash
}

function headOf({ writer, seq, hash }: AuditHead): AuditHead {
  return { writer, seq, hash }
}
