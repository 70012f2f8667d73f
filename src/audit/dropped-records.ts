import type { RecordQueue } from './pending-record.js'
import type { GapRecord } from './record.js'

/** Records that are not written: there was no place for them, or nothing could be made of them. */
export interface DroppedRecords {
  /** At an instant, in milliseconds since the epoch. Whether it is the first of which the trail does not tell yet. */
  add(queue: RecordQueue, at: number): boolean
  isEmpty(): boolean
  /** What the trail is to tell of them; then they are told. `undefined`: there are none. */
  take(): GapRecord | undefined
}

export function createDroppedRecords(): DroppedRecords {
  let gap: { since: number; last: number; counts: Record<RecordQueue, number> } | undefined

  return {
    add(queue, at) {
      const isFirst = gap === undefined
      gap ??= { since: at, last: at, counts: { keys: 0, allowed: 0, denied: 0 } }
      gap.counts[queue] += 1
      gap.last = at
      return isFirst
    },
    isEmpty: () => gap === undefined,
    take() {
      if (gap === undefined) return undefined
      const { since, last, counts } = gap
      gap = undefined
      return { kind: 'gap', time: timeOf(last), since: timeOf(since), ...counts }
    },
  }
}

/** An instant as records have it. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
