import type { Limit } from '../core/limit.js'
import type { Clock } from '../lib/clock.js'
import { holding } from '../lib/maybe.js'
import { createLocalBursts } from '../limits/local-bursts.js'
import { createReadingTurns } from './reading-turns.js'

/** Files of the audit log, and weeks of it, each of thousands of records: a burst of one reader. */
const LARGE: Limit = { name: 'audit', kind: 'burst', limit: 30, windowMs: 60_000 }
/** Readings in progress, of one reader and of one owner. */
const MOST_OF_READER = 2
const MOST_OF_OWNER = 4
/** Of all owners together: each may have a page of 32 MiB in memory. Others wait for their turn. */
const MOST_OF_ALL = 8
const MAX_WAIT_MS = 10_000
/** Nobody believes any more that a reading of this age will end, such as one of a disk that hangs: it keeps its owner's share, and no turn of others. */
const MAX_HELD_MS = 120_000
/** When to ask again, where others are in progress. */
const BUSY_SECONDS = 5

/** Names a person of the app: one and the same over HTTP, in all environments, and on the console. No id of another caller is like it. */
export function personReader(subject: string): string {
  return `person ${subject}`
}

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

/** Reads, if the reader and the owner have room for one more reading, once it is their turn; otherwise, what `refuse` makes of the seconds to wait. */
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
  const turns = createReadingTurns(MOST_OF_ALL, MAX_WAIT_MS)
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
      if (wait > 0) return refuse(wait, 'burst_exceeded')
      if (!(await turns.take(ownerId))) return refuse(BUSY_SECONDS, 'concurrency_exceeded')
      return await holding(read, MAX_HELD_MS, () => {
        turns.end(ownerId)
      })
    } finally {
      for (const [one] of shares) count(one, -1)
    }
  }
}
