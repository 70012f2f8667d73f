import { createHash } from 'node:crypto'
import type { WeekSummary } from '../../audit/summary.js'

/** Rows of a table. */
const MOST_ROWS = 20

type Counts = Readonly<Record<string, number>>
/** Names with their counts, the largest count first. */
export type Ranked = readonly (readonly [name: string, count: number])[]

/** A week of the audit log as a review shows it, and as a signed review keeps it. */
export interface ReviewedWeek {
  /** The first and the last day, of UTC, such as `'2030-01-31'`. */
  readonly from: string
  readonly to: string
  /** Requests by day. */
  readonly allowed: Counts
  readonly denied: Counts
  /** Accesses to health information by kind, the 20 most frequent, and how many other kinds there were. */
  readonly phi: Ranked
  readonly morePhi: number
  /** Requests by caller, the same. */
  readonly callers: Ranked
  readonly moreCallers: number
  /** How many addresses requests came from. */
  readonly addresses: number
  /** Of keys and of access. */
  readonly changes: number
  /** How many records were counted, and how many of them no signature proves. */
  readonly records: number
  readonly unproven: number
  /** False: there were more records, and only the latest were counted. */
  readonly isComplete: boolean
}

/** What is shown of a week. */
export function seenOf(
  { from, to }: Pick<ReviewedWeek, 'from' | 'to'>,
  week: WeekSummary,
): ReviewedWeek {
  const { allowed, denied, addresses, changes, isComplete, verification } = week
  const { records, unproven } = verification
  const [phi, callers] = [ranked(week.phi), ranked(week.callers)]
  return {
    ...{ from, to, allowed, denied },
    ...{ phi: phi.slice(0, MOST_ROWS), morePhi: Math.max(0, phi.length - MOST_ROWS) },
    ...{ callers: callers.slice(0, MOST_ROWS) },
    moreCallers: Math.max(0, callers.length - MOST_ROWS),
    ...{ addresses, changes, records, unproven, isComplete },
  }
}

function ranked(counts: Counts): Ranked {
  return Object.entries(counts).sort(
    ([name, count], [other, than]) => than - count || (name < other ? -1 : 1),
  )
}

/** SHA-256 of what is shown, in base64url: the same for the same figures, whatever order they were read in. */
export function digestOf(week: ReviewedWeek): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(week)))
    .digest('base64url')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return pairs.map(([name, one]) => [name, sorted(one)])
}
