import { createFindings, type Findings, type TrailFault, type TrailFinding } from './findings.js'
import type { AuditHead } from './record.js'

/** What became of a trail. */
export interface TrailReport {
  readonly writers: number
  /** Records in their place that a signature vouches for. */
  readonly valid: number
  /** Records that are not what was written, or not where. */
  readonly invalid: number
  /** Records that were taken away. */
  readonly missing: number
  /** Records in their place that no signature vouches for: those after the last checkpoint, or all. */
  readonly unproven: number
  /** Lines that were broken off by a crash: they were never acknowledged. */
  readonly torn: number
  /** Accesses and changes that were dropped before they were written, as the trail itself says. */
  readonly dropped: number
  /**
   * The first hundred, in the order of reading: those about chains that a checkpoint vouches for before all others, and claims of starts that none vouches for
   * last. Of several chains and files with faults, no fewer of one than of another that has more.
   */
  readonly findings: readonly TrailFinding[]
}

/** Counts what became of a trail, while it is read. */
export interface Tally {
  readonly counts: Record<Exclude<keyof TrailReport, 'writers' | 'findings'>, number>
  readonly tell: Findings['tell']
  /** A record is not what was written, or not where. */
  readonly blame: (
    fault: TrailFault,
    where: string,
    record?: Pick<AuditHead, 'writer' | 'seq'>,
    isProven?: boolean,
  ) => TrailFinding
  /** So many records of a writer are missing, from this `seq` on. */
  readonly miss: (
    where: string,
    writer: string,
    seq: number,
    count: number,
    isProven?: boolean,
  ) => TrailFinding | undefined
  readonly vouch: Findings['vouch']
  readonly readTo: Findings['readTo']
  /** What is told in the end. */
  readonly findings: () => readonly TrailFinding[]
}

export function createTally(): Tally {
  const counts = { valid: 0, invalid: 0, missing: 0, unproven: 0, torn: 0, dropped: 0 }
  const { tell, vouch, readTo, all: findings } = createFindings()

  function blame(
    fault: TrailFault,
    where: string,
    record?: Pick<AuditHead, 'writer' | 'seq'>,
    isProven = false,
  ) {
    counts.invalid += 1
    const finding = { fault, where, ...(record && { writer: record.writer, seq: record.seq }) }
    tell(finding, isProven)
    return finding
  }

  function miss(where: string, writer: string, seq: number, count: number, isProven = false) {
    if (count <= 0) return undefined
    counts.missing += count
    const finding = { fault: 'missing', where, writer, seq, count } as const
    tell(finding, isProven)
    return finding
  }

  return { counts, tell, blame, miss, vouch, readTo, findings }
}
