import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { createIdTable, type KeptId } from './id-table.js'

/**
 * Which tokens were ended before their time. Every method may answer at once or with a promise. What it throws, and an answer that takes longer than
 * 50 ms, is an outage (503), and never "not revoked".
 */
export interface TokenRevocations {
  /**
   * Keeps an id until an instant, in milliseconds since the epoch by the clock of the gate; `kept` says for how long that is. Again is harmless. A store that has
   * too many ids of this owner throws an `IdShareError`.
   */
  add(tokenId: string, until: number, kept?: KeptId): MaybePromise<void>
  has(tokenId: string): MaybePromise<boolean>
}

/**
 * Keeps at most 100,000 ids, for this process alone; of one owner, as many as places are left. When it is full, it takes no more rather than forget one.
 * @example tokens: { issuer, signingKeys, revocations: createMemoryRevocations() }
 */
export function createMemoryRevocations(clock: Clock = Date.now): TokenRevocations {
  const table = createIdTable(clock)
  return {
    add(tokenId, until, kept) {
      table.add(tokenId, until, kept)
    },
    has: (tokenId) => table.has(tokenId),
  }
}
