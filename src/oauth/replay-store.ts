import type { Clock } from '../lib/clock.js'
import { then, type MaybePromise } from '../lib/maybe.js'
import { createIdTable, type KeptId } from './id-table.js'

/** What was used once, and must not be used again. What it throws, and an answer that takes longer than 50 ms, is an outage (503). */
export interface ReplayStore {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch by the clock of the gate; `kept` says for how long that is. False where it is kept already. A store
   * that has too many ids of this owner throws an `IdShareError`. Of any number of calls at the same time, in all
   * processes, one is answered with true.
   */
  addIfAbsent(id: string, until: number, kept?: KeptId): MaybePromise<boolean>
}

/**
 * Keeps at most 100,000 ids, for this process alone; of one owner, as many as places are left. When it is full, it takes no more rather than forget one.
 * @example tokens: { issuer, signingKeys, replayStore: createMemoryReplayStore() }
 */
export function createMemoryReplayStore(clock: Clock = Date.now): ReplayStore {
  const table = createIdTable(clock)
  return { addIfAbsent: (id, until, kept) => table.add(id, until, kept) }
}

/** The same store, of which only yes and no count: any other answer would be taken for a first use. */
export function checkedReplayStore(store: ReplayStore): ReplayStore {
  return { addIfAbsent: (...given) => then(store.addIfAbsent(...given), yesOrNo) }
}

/** What is neither yes nor no is not taken for a no. @throws {TypeError} */
export function yesOrNo(answer: unknown): boolean {
  if (typeof answer === 'boolean') return answer
  throw new TypeError('It answered neither true nor false.')
}
