import { createCrowd, type Crowd } from './full-queue.js'
import type { PendingRecord, RecordQueue } from './pending-record.js'

/** Each kind has a queue of its own: a flood of refusals takes no place from what was allowed. */
const MAX_WAITING = 10_000
/** Of each kind: a few callers whose requests touch very much take no more than this. */
const MAX_WEIGHT = 67_108_864
const QUEUE_ORDER: readonly RecordQueue[] = ['keys', 'allowed', 'denied']

/** What waits to be written. */
export interface Queues {
  /** False: there is no place, also for one that waited already and has grown. */
  add(pending: PendingRecord): boolean
  /** Takes a record in for which there is no place, and answers the one that gave way to it: of the owner that has most of a full queue. */
  displace(pending: PendingRecord): PendingRecord | undefined
  /** So many of each kind at most, in the order in which they are written. */
  take(most: number): Iterable<PendingRecord>
  isEmpty(): boolean
  /** Whether a queue has so many or more. */
  has(many: number): boolean
}

/** Those of one kind, each with the weight that it had when it was put. */
interface Queue {
  readonly records: Map<PendingRecord, number>
  weight: number
  /** While it is full: by whose they are. */
  crowd: Crowd | undefined
}

export function createQueues(): Queues {
  const newQueue = (): Queue => ({ records: new Map(), weight: 0, crowd: undefined })
  const queues = { keys: newQueue(), allowed: newQueue(), denied: newQueue() }

  return {
    add(pending) {
      // What has become a denial since may wait among those that were allowed.
      const queue = queues.allowed.records.has(pending) ? queues.allowed : queues[pending.queue]
      const { weight } = pending
      const before = queue.records.get(pending)
      const isFull = before === undefined && queue.records.size >= MAX_WAITING
      const others = queue.weight - (before ?? 0)
      const isTooMuch = weight > 0 && others + weight > MAX_WEIGHT
      if (isFull || isTooMuch) queue.records.delete(pending)
      else queue.records.set(pending, weight)
      queue.weight = others + (isFull || isTooMuch ? 0 : weight)
      if (!isFull) queue.crowd = undefined
      return !isFull && !isTooMuch
    },
    displace(pending) {
      const queue = queues[pending.queue]
      const { records } = queue
      if (records.size < MAX_WAITING || records.has(pending)) return undefined
      if (queue.weight + pending.weight > MAX_WEIGHT) return undefined
      queue.crowd ??= createCrowd(records.keys())
      const other = queue.crowd.displace(pending)
      if (other === undefined) return undefined
      queue.weight += pending.weight - (records.get(other) ?? 0)
      records.delete(other)
      records.set(pending, pending.weight)
      return other
    },
    *take(most) {
      for (const name of QUEUE_ORDER) {
        const queue = queues[name]
        queue.crowd = undefined
        let left = most
        for (const [pending, weight] of queue.records) {
          if (left-- === 0) break
          queue.records.delete(pending)
          queue.weight -= weight
          yield pending
        }
      }
    },
    isEmpty: () => QUEUE_ORDER.every((queue) => queues[queue].records.size === 0),
    has: (many) => QUEUE_ORDER.some((queue) => queues[queue].records.size >= many),
  }
}
