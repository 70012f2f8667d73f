import type { Clock } from '../lib/clock.js'
import type { Draft, Lane } from './draft.js'
import type { GapRecord } from './record.js'

/** Each lane has a queue of its own: a flood of refusals takes no place from what was allowed. */
const MAX_WAITING = 10_000
const LANES: readonly Lane[] = ['keys', 'allowed', 'denied']

/** What waits to be written, and what there was no place for. */
export interface Queues {
  /** False: there is no place. It is counted. */
  add(draft: Draft): boolean
  /** So many of each lane at most, in the order in which they are written. */
  take(most: number): Iterable<Draft>
  /** What was dropped since it was taken last. */
  takeGap(): GapRecord | undefined
  isDropping(): boolean
  isEmpty(): boolean
  /** Whether a lane has so many or more. */
  has(many: number): boolean
}

interface Dropped {
  readonly since: number
  last: number
  readonly counts: Record<Lane, number>
}

/** @param full told when the first record is dropped, and again with the first one after each gap that was taken */
export function createQueues(clock: Clock, full: () => void): Queues {
  const queues = { keys: new Set<Draft>(), allowed: new Set<Draft>(), denied: new Set<Draft>() }
  let dropped: Dropped | undefined

  return {
    add(draft) {
      const queue = queues[draft.lane]
      // What has become a denial since may wait among those that were allowed.
      if (queues.allowed.has(draft)) return true
      if (queue.size < MAX_WAITING || queue.has(draft)) {
        queue.add(draft)
        return true
      }
      const now = clock()
      if (dropped === undefined) {
        dropped = { since: now, last: now, counts: { keys: 0, allowed: 0, denied: 0 } }
        full()
      }
      dropped.counts[draft.lane] += 1
      dropped.last = now
      return false
    },
    *take(most) {
      for (const lane of LANES) {
        let left = most
        for (const draft of queues[lane]) {
          if (left-- === 0) break
          queues[lane].delete(draft)
          yield draft
        }
      }
    },
    takeGap() {
      if (dropped === undefined) return undefined
      const { since, last, counts } = dropped
      dropped = undefined
      const time = new Date(last).toISOString()
      return { kind: 'gap', time, since: new Date(since).toISOString(), ...counts }
    },
    isDropping: () => dropped !== undefined,
    isEmpty: () => LANES.every((lane) => queues[lane].size === 0) && dropped === undefined,
    has: (many) => LANES.some((lane) => queues[lane].size >= many),
  }
}
