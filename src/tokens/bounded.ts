import { recover, then, within, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../terms/outages.js'

const LIMIT_MS = 50

/** The store of revocations or of used assertions failed, or did not answer within 50 ms. `cause` has what it threw. */
export class TokenStoreError extends Error {
  override readonly name = 'TokenStoreError'
}

/** Makes a call of a store. @throws {TokenStoreError} */
export type BoundedCall = <T>(call: () => MaybePromise<T>) => MaybePromise<T>

/** Calls of one store, each of which has its time; and its outages are told. */
export function createBounded(
  part: 'token_revocations' | 'replay_store',
  what: string,
  store: unknown,
): BoundedCall {
  const outage = new OutageReporter(part, { store })
  const late = () => new Error(`It did not answer within ${String(LIMIT_MS)} ms.`)
  return (call) =>
    recover(
      () =>
        // An answer that came while the process was busy is still read.
        then(within(call(), LIMIT_MS, late, setImmediate), (answer) => {
          outage.over()
          return answer
        }),
      (cause) => {
        const error = new TokenStoreError(`The store of ${what} failed.`, { cause })
        outage.begun(error)
        throw error
      },
    )
}
