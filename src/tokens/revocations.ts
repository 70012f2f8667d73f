import type { MaybePromise } from '../lib/maybe.js'

/** Which tokens were ended before their time. What it throws is an outage (503): never "not revoked". */
export interface TokenRevocations {
  /** Keeps an id until an instant in milliseconds since the epoch; again is harmless. */
  add(tokenId: string, until: number): MaybePromise<void>
  has(tokenId: string): MaybePromise<boolean>
}
