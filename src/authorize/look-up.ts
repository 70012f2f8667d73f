import { recover } from '../lib/maybe.js'
import type { GateRequest } from '../terms/request.js'
import type { ReadValue } from '../terms/request-value.js'

/** Looks a value up in a request; what a function of the app throws is told, and is no value. */
export type LookUp = (read: ReadValue, request: GateRequest | undefined) => unknown

export function createLookUp(onError: (error: unknown) => void): LookUp {
  const fail = (error: unknown): undefined => {
    onError(error)
  }
  // A promise is no text, and what it ends with is told all the same.
  return (read, request) => request && recover(() => read(request), fail)
}
