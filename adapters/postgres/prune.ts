import { MisuseError, openAuditLine, RETENTION_DAYS, type TrailLine } from '../../src/index.js'

export interface PruneAuditOptions {
  /** Records before this may go. What is younger than the retention stays, whatever is said here. */
  readonly before: Date
  /** Milliseconds since the epoch. Default: now. */
  readonly now?: number
  /** For how many days records are kept: at least as long as whoever must keep them says. Default 2,192: six years. */
  readonly retentionDays?: number
}

const DAY_MS = 86_400_000

/** @throws {MisuseError} */
export function pruneBound(options: PruneAuditOptions): Date {
  const { before, now = Date.now(), retentionDays = RETENTION_DAYS } = options
  if (before.getTime() <= now - retentionDays * DAY_MS) return before
  throw new MisuseError(
    'invalid_option',
    `prune: 'before' must be at least ${String(retentionDays)} days ago`,
  )
}

/** The number of the last checkpoint among the records that may go. */
export async function anchorOf(
  lines: AsyncIterable<TrailLine>,
  before: string,
): Promise<number | undefined> {
  let anchor: number | undefined
  for await (const { line } of lines) {
    const record = openAuditLine(line)
    // What cannot be read is evidence: it stays, and all that follows it.
    if (record === undefined || record.time >= before) return anchor
    if (record.kind === 'checkpoint') anchor = record.seq
  }
  return anchor
}
