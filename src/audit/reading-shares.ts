import type { Limit } from '../core/limit.js'
import type { NodeResponse } from '../core/request.js'
import type { Endings } from '../core/request-end.js'
import type { Clock } from '../lib/clock.js'
import { holding } from '../lib/maybe.js'
import { createLocalBursts } from '../limits/local-bursts.js'
import { createReadingTurns } from './reading-turns.js'
import { createSlowAnswers } from './slow-answers.js'

/** Files of the audit log, and weeks of it, each of thousands of records: a burst of one reader, and of all readers of an owner. */
const LARGE: Limit = { name: 'audit', kind: 'burst', limit: 30, windowMs: 60_000 }
const LARGE_OF_OWNER: Limit = { ...LARGE, name: 'audit-owner', limit: 60 }
/** Readings in progress, of one reader and of one owner. */
const MOST_OF_READER = 2
const MOST_OF_OWNER = 4
/** Of all owners together: each may have a page of 32 MiB in memory. Others wait for their turn. */
const MOST_OF_ALL = 8
const MAX_WAIT_MS = 10_000
/** Nobody believes any more that a reading of this age will end, such as one of a disk that hangs: it gives up its turn and its owner's share. */
const MAX_HELD_MS = 120_000
/** For how long an answer that was read keeps its turn while its client takes it. Less than others wait, or clients that take nothing would keep them out. */
const MAX_SENT_MS = 5_000
/** Answers without a turn that are not sent yet, of all owners together: as many as there are turns. */
const MOST_SLOW = 8
/** For how long a client may take such an answer: 32 MiB at half a megabit a second. */
const MAX_SLOW_MS = 600_000
/** When to ask again, where others are in progress. */
const BUSY_SECONDS = 5

type Act = () => void

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
  /** What the answer goes to. Absent: it counts as over once it was read. */
  readonly response?: NodeResponse | undefined
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
 * Counts readings of the audit log, in the memory of this process, until their answers are sent. Each reads a trail in files from one end to the other: without a bound, one reader
 * holds up everybody.
 */
export function createReadingShares(clock: Clock, endings: Endings): ShareReading {
  const takeLarge = createLargeReadings(clock)
  const takeShare = createInProgress()
  const turns = createReadingTurns(MOST_OF_ALL, MAX_WAIT_MS)
  const slow = createSlowAnswers(MOST_SLOW, MAX_SLOW_MS)
  /** Responses that have a share: a page that reads twice takes one. */
  const holders = new WeakSet<NodeResponse>()

  /** Reads, and lets go of turn and share when the answer is sent, not when it was read. */
  function begin<T>({ ownerId, response }: AuditReader, read: () => Promise<T>, endShare: Act) {
    let isRead = false
    let isGivenUp = false
    const reading = () =>
      read().finally(() => {
        isRead = true
        // It was not believed to end any more, and now it has an answer in memory.
        if (isGivenUp && response !== undefined && !endings.isOver(response)) {
          endings.follow(response, slowly(ownerId, response))
        }
      })
    if (response !== undefined) holders.add(response)
    return holding(reading, MAX_HELD_MS, () => {
      const endTurn = once(() => {
        turns.end(ownerId)
      })
      let leave: Act = () => undefined
      const over = () => {
        if (response !== undefined) holders.delete(response)
        clearTimeout(timer)
        leave()
        endTurn()
        endShare()
      }
      const timer = setTimeout(() => {
        endTurn()
        if (response !== undefined) leave = slowly(ownerId, response)
      }, MAX_SENT_MS).unref()
      // A reading that hangs has nothing in memory that could be sent.
      isGivenUp = !isRead
      if (isGivenUp || response === undefined) over()
      else endings.follow(response, over)
    })
  }

  const slowly = (ownerId: string, response: NodeResponse) =>
    slow.add(ownerId, () => {
      endings.end(response)
    })

  return async (reader, read, refuse) => {
    const { ownerId, response } = reader
    const isHeld = response !== undefined && holders.has(response)
    const endShare = isHeld ? () => undefined : takeShare(reader)
    if (endShare === undefined) return refuse(BUSY_SECONDS, 'concurrency_exceeded')
    let isTurn = false
    try {
      const wait = reader.isLarge ? await takeLarge(reader) : 0
      if (wait > 0) return refuse(wait, 'burst_exceeded')
      if (isHeld) return await read()
      isTurn = await turns.take(ownerId, (leave) => {
        if (response !== undefined) endings.follow(response, leave)
      })
      if (!isTurn) return refuse(BUSY_SECONDS, 'concurrency_exceeded')
    } finally {
      if (!isTurn) endShare()
    }
    return begin(reader, read, endShare)
  }
}

/** Answers how many seconds to wait; 0: it is taken. */
function createLargeReadings(clock: Clock): (reader: AuditReader) => Promise<number> {
  const takeOne = createLocalBursts(clock)
  return async (reader) => {
    // What is refused to one reader takes nothing from the others of its owner.
    const wait = await takeOne(nameOf(reader), LARGE)
    return wait > 0 ? wait : takeOne(reader.ownerId, LARGE_OF_OWNER)
  }
}

/** Answers what ends the share that was taken; `undefined`: there is no room. */
function createInProgress(): (reader: AuditReader) => Act | undefined {
  const inProgress = new Map<string, number>()
  const count = (name: string, more: 1 | -1) => {
    const left = (inProgress.get(name) ?? 0) + more
    if (left > 0) inProgress.set(name, left)
    else inProgress.delete(name)
  }
  return (reader) => {
    const shares: readonly (readonly [name: string, most: number])[] = [
      [`reader ${nameOf(reader)}`, MOST_OF_READER],
      [`owner ${reader.ownerId}`, MOST_OF_OWNER],
    ]
    if (shares.some(([one, most]) => (inProgress.get(one) ?? 0) >= most)) return undefined
    for (const [one] of shares) count(one, 1)
    return () => {
      for (const [one] of shares) count(one, -1)
    }
  }
}

function nameOf({ ownerId, id }: AuditReader): string {
  return JSON.stringify([ownerId, id])
}

function once(act: Act): Act {
  let isDone = false
  return () => {
    if (!isDone) act()
    isDone = true
  }
}
