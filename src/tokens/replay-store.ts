import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { createIdTable } from './id-table.js'

/** What was used once, and must not be used again. What it throws, and an answer that takes longer than 50 ms, is an outage (503). */
export interface ReplayStore {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch; false where it is kept already. Of any number of calls at the same time, in all
   * processes, one is answered with true.
   */
  addIfAbsent(id: string, until: number): MaybePromise<boolean>
}

/** Keeps at most 100,000 ids, for this process alone. When it is full, it takes no more rather than forget one. */
export function createMemoryReplayStore(clock: Clock = Date.now): ReplayStore {
  const table = createIdTable(clock)
  return { addIfAbsent: (id, until) => table.add(id, until) }
}
