import type { AuditHead } from './record.js'

/** What is wrong with a record. */
export type TrailFault =
  | 'changed'
  | 'out_of_place'
  | 'does_not_follow'
  | 'badly_signed'
  | 'unknown_signer'
  | 'missing'
  /** Broken off by a crash: neither invalid nor missing. */
  | 'torn'

export interface TrailFinding {
  readonly fault: TrailFault
  /** The record that is wrong, or the first one that is there after those that are missing. */
  readonly where: string
  readonly writer?: string
  readonly seq?: number
  /** How many are missing. */
  readonly count?: number
}

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
  /** The first hundred, in the order of reading. */
  readonly findings: readonly TrailFinding[]
}

/** Counts what became of a trail, while it is read. */
export interface Tally {
  readonly counts: Record<Exclude<keyof TrailReport, 'writers' | 'findings'>, number>
  readonly findings: readonly TrailFinding[]
  readonly tell: (finding: TrailFinding) => void
  /** A record is not what was written, or not where. */
  readonly blame: (fault: TrailFault, where: string, record?: AuditHead) => void
  /** So many records of a writer are missing, from this `seq` on. */
  readonly miss: (where: string, writer: string, seq: number, count: number) => void
}

const MAX_FINDINGS = 100

export function createTally(): Tally {
  const counts = { valid: 0, invalid: 0, missing: 0, unproven: 0, torn: 0, dropped: 0 }
  const findings: TrailFinding[] = []

  function tell(finding: TrailFinding): void {
    if (findings.length < MAX_FINDINGS) findings.push(finding)
  }

  function blame(fault: TrailFault, where: string, record?: AuditHead): void {
    counts.invalid += 1
    tell({ fault, where, ...(record && { writer: record.writer, seq: record.seq }) })
  }

  function miss(where: string, writer: string, seq: number, count: number): void {
    if (count <= 0) return
    counts.missing += count
    tell({ fault: 'missing', where, writer, seq, count })
  }

  return { counts, findings, tell, blame, miss }
}
