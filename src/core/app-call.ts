import { recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import type { Refusal } from './denial.js'

/** How long a function of the app may take, in milliseconds. */
export const APP_CALL_MS = 250

/** What becomes of a call that fails. */
export interface AppCallFailure {
  readonly onError: (error: unknown) => void
  /** The answer to the request: an outage, which says nothing of the caller. */
  readonly unavailable: Refusal
}

/**
 * Calls a function of the app for a request. If it throws, or does not answer within 250 ms, `onError` is told, and the request is refused as unavailable.
 * @param name what the message calls it
 */
export function callApp<T, R>(
  name: string,
  call: () => MaybePromise<T>,
  read: (answer: T) => MaybePromise<R>,
  { onError, unavailable }: AppCallFailure,
): MaybePromise<R | Refusal> {
  const late = () => new Error(`${name} did not answer within ${String(APP_CALL_MS)} ms.`)
  return recover<R, Refusal>(
    // An answer that came while the process was busy is still read.
    () => then(withTimeout(call(), APP_CALL_MS, late, setImmediate), read),
    (error) => {
      onError(error)
      return unavailable
    },
  )
}
