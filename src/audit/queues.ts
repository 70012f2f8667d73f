import { createCrowd, type Crowd } from './full-queue.js'
import { heldAs, OwnerWeights, type Held } from './owner-weights.js'
import type { PendingRecord, RecordQueue } from './pending-record.js'

/** Each kind has a queue of its own: a flood of refusals takes no place from what was allowed. */
const MAX_WAITING = 10_000
/** Of each kind: requests that touch very much take no more than this. Where there is more, the owners who weigh most give way. */
const MAX_WEIGHT = 67_108_864
const QUEUE_ORDER: readonly RecordQueue[] = ['keys', 'allowed', 'denied']

/** What waits to be written. */
export interface Queues {
  /** False: there is no place, also for one that waited already and has grown. */
  add(pending: PendingRecord): boolean
  /**
   * Takes a record in for which there is no place, and answers those that gave way to it: of the owner that has most of a full queue, or of those that weigh most. `undefined`: none
   * gives way.
   */
  displace(pending: PendingRecord): readonly PendingRecord[] | undefined
  /** So many of each kind at most, in the order in which they are written. */
  take(most: number): Iterable<PendingRecord>
  isEmpty(): boolean
  /** Whether a queue has so many or more. */
  has(many: number): boolean
}

/** Those of one kind, each with the weight that it had when it was put. */
interface Queue {
  readonly records: Map<PendingRecord, Held>
  readonly weights: OwnerWeights
  /** While it is full: by whose they are. */
  crowd: Crowd | undefined
}

export function createQueues(): Queues {
  const newQueue = (): Queue => ({
    ...{ records: new Map<PendingRecord, Held>(), weights: new OwnerWeights() },
    crowd: undefined,
  })
  const queues = { keys: newQueue(), allowed: newQueue(), denied: newQueue() }

  return {
    add(pending) {
      // What has become a denial since may wait among those that were allowed.
      const queue = queues.allowed.records.has(pending) ? queues.allowed : queues[pending.queue]
      const { weight } = pending
      const before = queue.records.get(pending)?.weight
      const isFull = before === undefined && queue.records.size >= MAX_WAITING
      const others = queue.weights.total - (before ?? 0)
      const isTooMuch = weight > 0 && others + weight > MAX_WEIGHT
      if (!isFull) queue.crowd = undefined
      if (isFull || isTooMuch) remove(queue, pending)
      else put(queue, pending)
      return !isFull && !isTooMuch
    },
    displace(pending) {
      const queue = queues[pending.queue]
      const { records, weights } = queue
      if (records.has(pending)) return undefined
      const isTooMuch = pending.weight > 0 && weights.total + pending.weight > MAX_WEIGHT
      const gone = isTooMuch
        ? weights.givingWay(records, heldAs(pending), MAX_WEIGHT)
        : displaceOne(queue, pending)
      if (gone === undefined) return undefined
      // Whose they are is counted anew.
      if (isTooMuch) queue.crowd = undefined
      for (const other of gone) remove(queue, other)
      put(queue, pending)
      return gone
    },
    *take(most) {
      for (const name of QUEUE_ORDER) {
        const queue = queues[name]
        queue.crowd = undefined
        let left = most
        for (const pending of queue.records.keys()) {
          if (left-- === 0) break
          remove(queue, pending)
          yield pending
        }
      }
    },
    isEmpty: () => QUEUE_ORDER.every((queue) => queues[queue].records.size === 0),
    has: (many) => QUEUE_ORDER.some((queue) => queues[queue].records.size >= many),
  }
}

function put({ records, weights }: Queue, pending: PendingRecord): void {
  const [before, held] = [records.get(pending), heldAs(pending)]
  if (before !== undefined) weights.remove(before)
  weights.add(held)
  records.set(pending, held)
}

function remove({ records, weights }: Queue, pending: PendingRecord): void {
  const held = records.get(pending)
  if (held !== undefined) weights.remove(held)
  records.delete(pending)
}

function displaceOne(queue: Queue, pending: PendingRecord): readonly PendingRecord[] | undefined {
  if (queue.records.size < MAX_WAITING) return []
  queue.crowd ??= createCrowd(queue.records.keys())
  const other = queue.crowd.displace(pending)
  return other && [other]
}
