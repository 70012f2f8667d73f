import { StoreError } from '../core/errors.js'
import { recover, then, type MaybePromise } from '../lib/maybe.js'

/** What is loaded once, while everybody who needs it waits. */
export interface Opening<T> {
  /** Absent: it is not here yet. */
  readonly opened: T | undefined
  /** @param ready told of it before all who wait */
  readonly begin: (ready: (opened: T) => void) => void
  /** What has failed is tried again with the next call. @throws {StoreError} while it cannot be loaded */
  readonly get: () => MaybePromise<T>
  /** Resolves once nothing is under way. */
  readonly settled: () => Promise<void>
}

export function createOpening<T>(
  open: () => MaybePromise<T>,
  onError: (error: unknown) => void,
): Opening<T> {
  let opened: T | undefined
  let attempt: MaybePromise<T> | undefined
  let tell: ((opened: T) => void) | undefined

  const keep = (value: T): T => {
    opened = value
    tell?.(value)
    return value
  }
  const fail = (cause: unknown): never => {
    attempt = undefined
    const failure = new StoreError('A part of the gate could not be loaded.', { cause })
    onError(failure)
    throw failure
  }
  const get = () => opened ?? (attempt ??= recover(() => then(open(), keep), fail))

  return {
    get opened() {
      return opened
    },
    begin(ready) {
      tell = ready
      // `onError` is told, and so is whoever waits.
      void recover(get, () => undefined)
    },
    get,
    async settled() {
      await Promise.allSettled([attempt])
    },
  }
}
