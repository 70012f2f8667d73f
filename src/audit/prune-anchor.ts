import { checkpointCheck } from './chain-end.js'
import { parseAuditLine } from './chain.js'
import type { AuditHead } from './record.js'

/** What may go of a chain. */
export interface PruneBounds {
  readonly writer: string
  /** Records before this may go. */
  readonly before: Date
  /** PEM (SPKI) of the Ed25519 keys whose checkpoints count. Without it, every checkpoint that follows what is before it counts, whoever wrote it. */
  readonly publicKeys?: readonly string[]
}

/**
 * The last checkpoint among the records that may go: it counts, is in its place in the chain, and vouches for what is before it. What cannot be read is
 * evidence: it stays, and all that follows it.
 * @param lines of one chain, in their order @throws {MisuseError} for a public key that is none @throws what the lines throw
 */
export async function pruneAnchor<T extends { readonly line: string }>(
  lines: AsyncIterable<T>,
  { writer, before, publicKeys }: PruneBounds,
): Promise<T | undefined> {
  const check = publicKeys && checkpointCheck(publicKeys)
  const bound = before.toISOString()
  let anchor: T | undefined
  /** How far records follow each other. */
  let end: Pick<AuditHead, 'seq' | 'hash'> = { seq: -1, hash: '' }
  for await (const found of lines) {
    const record = parseAuditLine(found.line)
    if (record === undefined || record.time >= bound) break
    const follows = record.seq === end.seq + 1 && record.prev === end.hash
    // What was pruned before begins with a checkpoint.
    const isInPlace = follows || end.seq === -1
    const counts = check ? check(found.line) : record.kind === 'checkpoint' && isInPlace
    // One that was copied to a later place vouches for nothing there.
    if (counts && record.writer === writer && record.seq > end.seq) anchor = found
    if (follows || anchor === found) end = record
  }
  return anchor
}
