import { IdShareError, TokenStoreError } from '../core/errors.js'
import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { OutageReporter } from '../telemetry/outages.js'

const LIMIT_MS = 50

/** Whether a store serves others, and has too much of one owner: the record of that owner's request says so, and nobody else is told. */
export function isOverShare(error: unknown): boolean {
  return error instanceof TokenStoreError && error.cause instanceof IdShareError
}

/** Makes a call of a store. @throws {TokenStoreError} */
export type TimedCall = <T>(call: () => MaybePromise<T>) => MaybePromise<T>

/** Calls of one store, each of which has its time; and its outages are told. */
export function createTimedCall(
  part: 'token_revocations' | 'replay_store',
  what: string,
  store: unknown,
): TimedCall {
  const outage = new OutageReporter(part, { store })
  const late = () => new Error(`It did not answer within ${String(LIMIT_MS)} ms.`)
  return (call) =>
    recover(
      () =>
        // An answer that came while the process was busy is still read.
        then(withTimeout(call(), LIMIT_MS, late, setImmediate), (answer) => {
          outage.over()
          return answer
        }),
      (cause) => {
        const error = new TokenStoreError(`The store of ${what} failed.`, { cause })
        // Of one owner alone: others are served.
        if (!isOverShare(error)) outage.begun(error)
        throw error
      },
    )
}
