import type { Draft, Lane } from './draft.js'

/** Each lane has a queue of its own: a flood of refusals takes no place from what was allowed. */
const MAX_WAITING = 10_000
const LANES: readonly Lane[] = ['keys', 'allowed', 'denied']

/** What waits to be written. */
export interface Queues {
  /** One that waits already is not queued twice. False: there is no place. */
  add(draft: Draft): boolean
  /** So many of each lane at most, in the order in which they are written. */
  take(most: number): Iterable<Draft>
  isEmpty(): boolean
  /** Whether a lane has so many or more. */
  has(many: number): boolean
}

export function createQueues(): Queues {
  const queues = { keys: new Set<Draft>(), allowed: new Set<Draft>(), denied: new Set<Draft>() }

  return {
    add(draft) {
      const queue = queues[draft.lane]
      // What has become a denial since may wait among those that were allowed.
      if (queues.allowed.has(draft)) return true
      if (queue.size >= MAX_WAITING && !queue.has(draft)) return false
      queue.add(draft)
      return true
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
    isEmpty: () => LANES.every((lane) => queues[lane].size === 0),
    has: (many) => LANES.some((lane) => queues[lane].size >= many),
  }
}
