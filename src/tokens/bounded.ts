import { recover, within, type MaybePromise } from '../lib/maybe.js'

const LIMIT_MS = 50

/** The store of revocations or of used assertions failed, or did not answer within 50 ms. `cause` has what it threw. */
export class TokenStoreError extends Error {
  override readonly name = 'TokenStoreError'
}

/** @throws {TokenStoreError} */
export function bounded<T>(call: () => MaybePromise<T>, what: string): MaybePromise<T> {
  const late = () => new Error(`It did not answer within ${String(LIMIT_MS)} ms.`)
  return recover(
    // An answer that came while the process was busy is still read.
    () => within(call(), LIMIT_MS, late, setImmediate),
    (cause) => {
      throw new TokenStoreError(`The store of ${what} failed.`, { cause })
    },
  )
}
