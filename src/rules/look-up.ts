import type { ReadValue } from '../core/request-value.js'
import type { GateRequest } from '../core/request.js'
import { isPromise, recover } from '../lib/maybe.js'

/** Looks a value up in a request. What a function of the app throws is told and is no value, and so is a promise: it must answer at once. */
export type LookUp = (read: ReadValue, request: GateRequest | undefined) => unknown

export function createLookUp(onError: (error: unknown) => void): LookUp {
  const fail = (error: unknown): undefined => {
    onError(error)
  }
  return (read, request) =>
    request &&
    recover(() => {
      const value = read(request)
      return isPromise(value) ? Promise.resolve(value).then(late) : value
    }, fail)
}

function late(): never {
  throw new TypeError(
    'A function of a requirement must answer at once, and has returned a promise.',
  )
}
