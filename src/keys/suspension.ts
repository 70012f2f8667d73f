import { randomUUID } from 'node:crypto'
import type { Elapsed } from '../lib/elapsed.js'
import { isPromise } from '../lib/maybe.js'
import type { KeyStore } from './key-store.js'

/** Where this process dies, callers can make keys again after that. */
const SUSPENSION_MS = 30_000
const RENEWAL_MS = 10_000
/** A key whose insertion began before the suspension is there after so long: no call of a store takes longer than 250 ms. */
const SETTLING_MS = 300

/** While it lasts, no caller of an owner makes a key. Each call has its own: one that is over leaves those of the others. */
export interface Suspension {
  /** Renews it where that is due. @throws {StoreError} */
  readonly keep: () => Promise<void>
  /** A look that begins then or later finds all keys whose making began before the suspension, or while it had lapsed. */
  settledAt(): number
  /** Ends it now; where the store fails, it ends by itself. */
  lift(): Promise<void>
}

/** With a store that cannot suspend the making of keys, none is made. @throws {StoreError} */
export async function beginSuspension(
  store: KeyStore,
  ownerId: string,
  elapsed: Elapsed,
): Promise<Suspension> {
  const id = randomUUID()
  let renewedAt = -Infinity
  let settledAt = -Infinity

  async function renew(): Promise<void> {
    if (store.suspendCreation === undefined) return
    const begunAt = elapsed()
    const answer = store.suspendCreation(ownerId, id, SUSPENSION_MS)
    await answer
    const now = elapsed()
    if (now - renewedAt >= SUSPENSION_MS) settledAt = now + (isPromise(answer) ? SETTLING_MS : 0)
    renewedAt = begunAt
  }

  await renew()
  return {
    async keep() {
      if (elapsed() - renewedAt >= RENEWAL_MS) await renew()
    },
    settledAt: () => settledAt,
    async lift() {
      try {
        await store.suspendCreation?.(ownerId, id, 0)
      } catch {
        // What the call was to do is done, or has failed with an error of its own.
      }
    },
  }
}
