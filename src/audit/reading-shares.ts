import type { Limit } from '../core/limit.js'
import type { Clock } from '../lib/clock.js'
import { createLocalBursts } from '../limits/local-bursts.js'

/** Files of the audit log, and weeks of it, each of thousands of records: a burst of one reader. */
const LARGE: Limit = { name: 'audit', kind: 'burst', limit: 30, windowMs: 60_000 }
/** Readings in progress, of one reader and of one owner. */
const MOST_OF_READER = 2
const MOST_OF_OWNER = 4
/** When to ask again, where others are in progress. */
const BUSY_SECONDS = 5

/** Who reads: a caller, or a person of the console. */
export interface AuditReader {
  /** Which one of the owner's. */
  readonly id: string
  readonly ownerId: string
  /** Whether it reads thousands of records. */
  readonly isLarge: boolean
}

/** Why there is no room for another reading. */
type Full = 'concurrency_exceeded' | 'burst_exceeded'

/** Reads, if the reader and the owner have room for one more reading; otherwise, what `refuse` makes of the seconds to wait. */
export type ShareReading = <T, R>(
  reader: AuditReader,
  read: () => Promise<T>,
  refuse: (seconds: number, why: Full) => R,
) => Promise<T | R>

/**
 * Counts readings of the audit log, in the memory of this process. Each reads a trail in files from one end to the other: without a bound, one reader holds up
 * everybody.
 */
export function createReadingShares(clock: Clock): ShareReading {
  const takeOne = createLocalBursts(clock)
  const inProgress = new Map<string, number>()
  const count = (name: string, more: 1 | -1) => {
    const left = (inProgress.get(name) ?? 0) + more
    if (left > 0) inProgress.set(name, left)
    else inProgress.delete(name)
  }

  return async ({ id, ownerId, isLarge }, read, refuse) => {
    const name = JSON.stringify([ownerId, id])
    const shares: readonly (readonly [name: string, most: number])[] = [
      [`reader ${name}`, MOST_OF_READER],
      [`owner ${ownerId}`, MOST_OF_OWNER],
    ]
    if (shares.some(([one, most]) => (inProgress.get(one) ?? 0) >= most)) {
      return refuse(BUSY_SECONDS, 'concurrency_exceeded')
    }
    for (const [one] of shares) count(one, 1)
    try {
      const wait = isLarge ? await takeOne(name, LARGE) : 0
      return wait > 0 ? refuse(wait, 'burst_exceeded') : await read()
    } finally {
      for (const [one] of shares) count(one, -1)
    }
  }
}
